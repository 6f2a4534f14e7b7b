from chutes.chute import Chute
from fastapi.responses import JSONResponse

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    return JSONResponse(args, status_code=413)  # expect
