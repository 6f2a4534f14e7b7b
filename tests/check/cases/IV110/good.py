from chutes.chute import Chute
from pydantic import BaseModel, model_validator

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Args(BaseModel):
    @model_validator(mode='after')
    def check(self):
        return self
