from chutes.chute import Chute
from words import runtime

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")  # expect


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    """What the package says."""
    return {"n": len(args)}
