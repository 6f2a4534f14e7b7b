from chutes.chute import Chute, NodeSelector
from chutes.image import Image

def script():
    text = "echo a"
    text += "\necho b"
    return text


image = Image(username="alice", name="demo", tag="1.0").run_command(script())
chute = Chute(username="alice", name="demo", image=image, tee=True, node_selector=NodeSelector(gpu_count=1))  # expect
