from chutes.chute import Chute
from pydantic import BaseModel, Field

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Base(BaseModel):
    prompt: str = Field(max_length=100)
    image_b64: str = Field(max_length=9_000_000)


class Args(Base):
    steps: int = Field(30, ge=1, le=50)


@chute.cord(public_api_path="/generate")
def generate(self, args: Args):
    return {"ok": True}
