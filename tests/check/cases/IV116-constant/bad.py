import os

from chutes.chute import Chute

CACHE = os.environ.get("HF_HOME", "")
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/size")
def size(self):
    return {"size": os.system(f"du -s {CACHE}/hub")}  # expect
