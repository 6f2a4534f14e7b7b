from chutes.chute import Chute
from pydantic import BaseModel

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Args(BaseModel):
    text: Optional[str] = None  # expect
    n: int = Field(1, ge=1, le=5)  # expect


def first():
    import json

    local: Unknown = json.dumps(1)
    return local


def second(text: str) -> "Never":
    return json.loads(text)  # expect
