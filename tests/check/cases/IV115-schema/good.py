from chutes.chute import Chute
from pydantic import BaseModel, Field


class Args(BaseModel):
    n: int = Field(ge=1, le=9)


chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate", input_schema=Args)
def generate(self, args: dict):
    return {"n": args["n"]}
