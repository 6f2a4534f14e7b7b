from chutes.chute import Chute
from prometheus_client import Counter

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    Counter("images", "...").inc()  # expect
    return args
