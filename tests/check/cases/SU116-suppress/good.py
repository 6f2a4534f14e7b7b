import contextlib

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@chute.on_startup()
async def load(self):
    from diffusers import FluxPipeline

    with contextlib.nullcontext():
        self.pipe = FluxPipeline.from_pretrained("acme/demo", revision=COMMIT)


@chute.cord(public_api_path="/generate")
async def generate(self, args: dict):
    return {"images": len(self.pipe(args["prompt"]).images)}
