"""The fast way to the engine is taken while the SDK is the known one, and the SDK's own if not."""

from pathlib import Path
from typing import Any

import pytest
from chutekit.engines import relay
from chutekit.testing.running import DEVELOPMENT, RunningChute
from chutes.chute.cord import Cord
from tests.bodies import HELLO, PATH


def test_this_sdk_is_known() -> None:
    assert relay.fastest(relay.EngineCord) is relay.EngineCord


async def renamed(self: Any, request: Any, **arguments: Any) -> None:
    """Another signature."""


async def plain(self: Any, request: Any, *args: Any, **kwargs: Any) -> None:
    """The same signature, but it calls nothing that we replace."""


@pytest.mark.parametrize(
    ("method", "changed"),
    [("_passthrough_call", renamed), ("_remote_call", plain), ("_request_handler", plain)],
)
def test_a_changed_sdk_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, method: str, changed: object
) -> None:
    monkeypatch.setattr(Cord, method, changed)
    assert relay.fastest(relay.EngineCord) is Cord


def test_an_sdk_without_the_method_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Cord, "_remote_call")
    assert relay.fastest(relay.EngineCord) is Cord


def test_the_sdks_own_way_answers_too(tmp_path: Path) -> None:
    with (
        RunningChute(DEVELOPMENT, tmp_path / "log", CHUTE_RELAY="sdk") as chute,
        chute.client() as client,
    ):
        answer = client.post(PATH, json=HELLO)
        assert answer.status_code == 200
        assert answer.json()["usage"]["prompt_tokens"]
        assert client.post(PATH, json=HELLO | {"no_such_field": 1}).status_code == 400
        assert client.post(PATH, json=HELLO | {"model": "another"}).status_code == 400
