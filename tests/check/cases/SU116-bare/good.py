from chutes.chute import Chute
from diffusers import FluxPipeline

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def load(self):
    try:
        self.pipe = FluxPipeline.from_pretrained("/cache/flux")
    except:
        raise
