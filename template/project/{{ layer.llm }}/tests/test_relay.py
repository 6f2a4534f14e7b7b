"""The fast way to the engine is taken while the SDK is the known one, and the SDK's own if not."""

from pathlib import Path
from typing import Any

import openai
import pytest
from chutes.chute.cord import Cord

from serving import relay
from tests.running import DEVELOPMENT, RunningChute


def test_this_sdk_is_known() -> None:
    assert relay.sdk_is_known()
    assert relay.cord_class() is relay.EngineCord


async def renamed(self: Any, request: Any, **arguments: Any) -> None:
    """Another signature."""


async def plain(self: Any, request: Any, *args: Any, **kwargs: Any) -> None:
    """The same signature, but it does not look for `_encrypt` on the request."""


@pytest.mark.parametrize(
    ("method", "changed"),
    [
        ("_passthrough_call", renamed),
        ("_remote_stream_call", renamed),
        ("_remote_stream_call", plain),
        ("_remote_call", plain),
        ("_request_handler", plain),
    ],
)
def test_a_changed_sdk_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, method: str, changed: object
) -> None:
    monkeypatch.setattr(Cord, method, changed)
    assert not relay.sdk_is_known()
    assert relay.cord_class() is Cord


def test_an_sdk_without_the_method_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Cord, "_remote_call")
    assert relay.cord_class() is Cord


def test_the_sdks_own_way_gives_the_same_answers(tmp_path: Path) -> None:
    with (
        RunningChute(DEVELOPMENT, tmp_path / "log", CHUTE_RELAY="sdk") as chute,
        openai.OpenAI(base_url=f"{chute.url}/v1", api_key="none", max_retries=0) as ask,
    ):
        said = {"model": chute.client().get("/v1/models").json()["data"][0]["id"]}

        def messages(text: str) -> dict[str, Any]:
            return said | {"messages": [{"role": "user", "content": text}]}

        answer = ask.chat.completions.create(**messages("stub: tokens=3"))
        assert answer.choices[0].message.content == "word0 word1 word2 "
        chunks = list(ask.chat.completions.create(**messages("stub: tokens=3"), stream=True))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        assert text == "word0 word1 word2 "
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError, match="context length"):
                ask.chat.completions.create(**messages("stub: tokens=9999999"), stream=stream)
            with pytest.raises(openai.BadRequestError):
                ask.chat.completions.create(**messages("x"), temperature=9, stream=stream)
