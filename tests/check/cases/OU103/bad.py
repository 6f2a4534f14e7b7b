from chutes.chute import Chute
from fastapi.responses import StreamingResponse
from pictures import chunks

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    return StreamingResponse(chunks())  # expect
