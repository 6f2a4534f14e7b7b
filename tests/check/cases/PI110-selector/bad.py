from chutes.chute import Chute, NodeSelector
from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0", readme="x")
image.run_command("pip install torch==2.5.1")  # expect
chute = Chute(
    username="alice", name="demo", image=image, node_selector=NodeSelector(include=["pro_6000"])
)
other = Chute(
    username="alice", name="other", image=image, node_selector=NodeSelector(include=["h100"])
)
