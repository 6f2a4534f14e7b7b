from chutes.chute import Chute

MODEL = "a/b"
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def load(self):
    from diffusers import FluxPipeline

    self.pipe = FluxPipeline.from_pretrained(MODEL)


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    return self.pipe(args)
