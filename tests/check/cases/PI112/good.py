from chutes.chute import Chute
from transformers import AutoModel

COMMIT = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
MODEL = "a/b"
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def load(self):
    AutoModel.from_pretrained(MODEL, trust_remote_code=True, revision=COMMIT)
