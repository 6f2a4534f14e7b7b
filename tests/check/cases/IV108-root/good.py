from typing import Any

from chutes.chute import Chute
from pydantic import RootModel

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Body(RootModel[dict[str, Any]]):
    pass
