from chutes.chute import Chute

MODEL = "a/b"
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    from diffusers import FluxPipeline

    pipe = FluxPipeline.from_pretrained(MODEL)  # expect
    return pipe(args)
