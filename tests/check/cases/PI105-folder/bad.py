from pathlib import Path

from chutes.chute import Chute
from diffusers import DiffusionPipeline
from huggingface_hub import snapshot_download

COMMIT = "71153311d3dbb46851df1931d3ca6e939de83304"
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
def load(self):
    folder = Path("/app") / "weights/model"
    snapshot_download("acme/model", revision=COMMIT, local_dir=folder)
    self.pipe = DiffusionPipeline.from_pretrained("acme/model")  # expect
