from chutes.chute import Chute
from pydantic import BaseModel, Field

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Args(BaseModel):
    a: str = Field(pattern='^a$')
