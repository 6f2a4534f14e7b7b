from chutes.chute import Chute
from fastapi import HTTPException

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    try:
        return args
    except Exception as error:
        raise HTTPException(429, detail="the engine failed") from error  # expect
