"""A chute without a mistake: its settings, and the body of its requests."""

from chutekit.serving.contract import RequestModel
from chutes.chute import NodeSelector
from pydantic import ConfigDict, Field

GOOD = {"username": "alice", "name": "mine", "image": "mine:1", "node_selector": NodeSelector()}
LLM = GOOD | {"model": "a/b"}


class Body(RequestModel):
    """A body as it should be."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"prompt": "x"}]})

    prompt: str
    steps: int = Field(20, ge=1, le=60)
