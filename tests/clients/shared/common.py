"""What the programs of clients share: where the chutes are, what to ask, and how to tell.

A program uses one client in its default way, a function for each feature, and prints one JSON
object: for each feature "works", or what happened instead.
"""

import asyncio
import inspect
import json
import os
import traceback
from collections.abc import Callable
from typing import Any

#: The chute's address without `/v1`, that of one that makes vectors, and a key.
ROOT = os.environ["CLIENT_CHUTE"]
URL = f"{ROOT}/v1"
VECTORS = f"{os.environ['CLIENT_VECTORS']}/v1"
KEY = os.environ["CLIENT_KEY"]
#: Whether errors are the chute's own, or in the platform's words.
PLATFORM = os.environ["CLIENT_WAY"] == "platform"
MODEL = os.environ["CLIENT_MODEL"]
VECTORS_MODEL = os.environ["CLIENT_VECTORS_MODEL"]
#: Of a vector.
SIZE = 1024

HELLO = "Hello"
ANSWER = " ".join(f"word{number}" for number in range(8))
#: Makes the stub call a tool of this name, with a text for each argument that is required.
CALL = "stub: call=weather"
THINK = "stub: reason=2"
THOUGHT = "thought0 thought1"
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
RESULT = "It is sunny."
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}

_features: dict[str, Callable[[], Any]] = {}


def feature(name: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Make a function, or a coroutine, the trial of a feature."""

    def register(trial: Callable[[], Any]) -> Callable[[], Any]:
        _features[name] = trial
        return trial

    return register


def same(found: object, wanted: object) -> None:
    """Fail when two things differ; texts may begin and end with spaces."""
    if isinstance(found, str):
        found = found.strip()
    assert found == wanted, f"{found!r} instead of {wanted!r}"


def raises(kind: type[BaseException], trial: Callable[[], Any]) -> None:
    """Fail when a mistake is not told by this kind of exception."""
    try:
        trial()
    except kind:
        return
    raise AssertionError(f"no {kind.__name__}")


def run() -> None:
    """Try all features, and print what came of them."""
    told = {}
    for name, trial in _features.items():
        try:
            asyncio.run(trial()) if inspect.iscoroutinefunction(trial) else trial()
            told[name] = "works"
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)
            line = next(at.lineno for at in reversed(where) if "/clients/python/" in at.filename)
            told[name] = f"line {line}: {type(error).__name__}: {error}"[:1500]
    print()
    print(json.dumps(told))
