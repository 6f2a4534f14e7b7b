from chutes.chute import Chute
from prometheus_client import Counter

IMAGES = Counter("images", "...")
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    IMAGES.inc()
    return args
