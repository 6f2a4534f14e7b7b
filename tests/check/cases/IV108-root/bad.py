from typing import Any

from chutes.chute import Chute
from pydantic import BaseModel

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Body(BaseModel):
    __root__: dict[str, Any]  # expect
