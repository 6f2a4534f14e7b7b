from chutes.chute import Chute
from pydantic import BaseModel, Field

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Args(BaseModel):
    steps: int = Field(20, ge=1, le=50)


@chute.cord(public_api_path="/draw")
async def draw(self, args: Args):
    return {"steps": args.steps}
