from chutes.chute import Chute
from diffusers import FluxPipeline

MODEL = "a/b"
chute = Chute(username="alice", name="demo", image="alice/demo:1.0", concurrency=1)


@chute.on_startup()
async def load(self):
    self.pipe = FluxPipeline.from_pretrained(MODEL)
