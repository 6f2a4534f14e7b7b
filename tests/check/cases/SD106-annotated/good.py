from __future__ import annotations

import json

from chutes.chute import Chute
from pydantic import BaseModel, Field

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Args(BaseModel):
    text: Optional[str] = None
    n: int = Field(1, ge=1, le=5)


def first():
    local: Unknown = json.dumps(1)
    return local


def second(text: str, *rest, **more) -> Never:
    match text:
        case [one, *others]:
            return [one, others, rest, more]
    try:
        return unicode(text)
    except NameError:
        return [found := part for part in json.loads(text)], found
