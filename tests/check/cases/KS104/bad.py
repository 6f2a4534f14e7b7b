from chutes.chute import Chute
from fastapi import Depends
from keys import verify

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict, user=Depends(verify)):  # expect
    return args
