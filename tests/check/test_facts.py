"""What checks say of the SDK is so, on the SDK itself."""

import asyncio
import contextvars
import importlib
from typing import Any

import pytest

pytestmark = [pytest.mark.path, pytest.mark.usefixtures("sdk_here")]
user = contextvars.ContextVar("user", default="nobody")


@pytest.fixture
def chute(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A chute as an instance has it, with a cord that calls another by its name."""
    monkeypatch.setenv("CHUTES_ALLOW_MISSING", "true")
    monkeypatch.setenv("CHUTES_EXECUTION_CONTEXT", "REMOTE")
    importlib.import_module("chutes.chute.cord").init_user_code_executor(1)
    made = importlib.import_module("chutes.chute").Chute("alice", "demo", "alice/demo:1.0")

    async def one(self: Any, args: dict[str, Any]) -> dict[str, str]:
        return {"user": user.get()}

    named = made.cord()(one)  # what @made.cord() leaves under the name

    async def two(self: Any, args: dict[str, Any]) -> Any:
        return await named(self, args)

    made.cord()(two)
    return made


def asked(cord: Any) -> Any:
    """What a cord answers to a request in whose context the user is named."""
    from starlette.requests import Request

    async def stays() -> dict[str, str]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def answer() -> Any:
        user.set("alice")
        request = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, stays)
        request.state.decrypted = {"n": 1}
        return await cord._request_handler(request)

    return asyncio.run(answer())


def test_a_context_variable_does_not_reach_a_cord(chute: Any) -> None:
    assert asked(chute.cords[0]) == {"user": "nobody"}


def test_a_cord_called_like_a_function_fails(chute: Any) -> None:
    with pytest.raises(AttributeError, match="_receive"):
        asked(chute.cords[1])
