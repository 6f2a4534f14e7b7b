from chutes.chute import Chute
from pydantic import BaseModel, root_validator

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Args(BaseModel):
    @root_validator  # expect
    def check(cls, values):
        return values
