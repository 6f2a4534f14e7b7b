from chutes.chute import Chute, NodeSelector
from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0", readme="x")
image.run_command("pip install torch==2.5.1")
chute = Chute(
    username="alice", name="demo", image=image, node_selector=NodeSelector(min_vram_gb_per_gpu=140)
)
other = Chute(
    username="alice", name="other", image=image, node_selector=NodeSelector(exclude=["pro_6000"])
)
