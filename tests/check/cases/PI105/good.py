from chutes.chute import Chute

COMMIT = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def load(self):
    from diffusers import FluxPipeline

    self.pipe = FluxPipeline.from_pretrained("a/b", revision=COMMIT)
