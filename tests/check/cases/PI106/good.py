from chutes.chute import Chute
from huggingface_hub import snapshot_download

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def load(self):
    snapshot_download("a/b", revision="a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1")
