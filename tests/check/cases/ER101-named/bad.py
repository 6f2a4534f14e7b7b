from chutes.chute import Chute
from fastapi import HTTPException, status

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    raise HTTPException(status_code=status.HTTP_404_NOT_FOUND)  # expect
