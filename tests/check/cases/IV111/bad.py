from chutes.chute import Chute
from pydantic import BaseModel, ConfigDict, Field

class Args(BaseModel):
    model_config = ConfigDict(extra='forbid')

    prompt: str = Field(max_length=2000)


chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate", minimal_input_schema=Args)  # expect
def generate(self, args: dict):
    return Args.model_validate(args).model_dump()
