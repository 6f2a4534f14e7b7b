from chutes.chute import Chute
from pydantic import BaseModel, ConfigDict, Field

class Args(BaseModel):
    model_config = ConfigDict(extra='forbid')

    prompt: str = Field(max_length=2000)


chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: Args):
    return {'n': 1}


@chute.exception_handler(IndexError)
async def empty_body(request, error):
    return None
