from chutes.chute import Chute
from pydantic import BaseModel, ConfigDict

class Args(BaseModel):  # expect
    model_config = ConfigDict(extra='forbid')

    prompt: str


chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: Args):
    return {'n': 1}


@chute.exception_handler(IndexError)
async def empty_body(request, error):
    return None
