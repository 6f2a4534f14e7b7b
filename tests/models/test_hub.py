"""The model hub is asked within bounds, and its token goes nowhere else."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from scaffold.errors import Failed, OutsideFailure
from scaffold.models import hub
from support.listening import listening
from support.model_configs import QWEN3_8B
from support.model_hub import COMMIT, Repository, model_hub

pytestmark = pytest.mark.path
TOKEN = "hf_" + "Aa1" * 12


@contextmanager
def moved(to: str, tokens: list[str | None]) -> Iterator[str]:
    """A server that redirects everything to another place and notes the tokens it is shown."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(self.headers.get("Authorization"))
            self.send_response(307)
            self.send_header("Location", to + self.path if to else self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with listening(Handler) as url:
        yield url


@contextmanager
def dripping(*, head: bool = False) -> Iterator[str]:
    """A server that never comes to an end, of its answer or of the head of one."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.flush_headers() if head else self.end_headers()
            while not ended.wait(0.02):
                try:
                    self.wfile.write(b"X" if head else b" ")
                except OSError:
                    return

    with listening(Handler) as url:
        yield url
        ended.set()


def test_a_commit_with_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {
        "gated": "manual",
        "pipeline_tag": "text-generation",
        "cardData": {"license": "apache-2.0"},
    }
    with model_hub({"a/b": Repository.of(QWEN3_8B, facts=facts)}) as (url, _):
        monkeypatch.setenv("HF_ENDPOINT", url)
        found = hub.newest("a/b")
        text = hub.file("a/b", COMMIT, "config.json", 10_000)
        assert hub.file("a/b", COMMIT, "missing.json", 10_000) is None
        with pytest.raises(Failed, match="larger than"):
            hub.file("a/b", COMMIT, "config.json", 10)
        with pytest.raises(Failed, match="a/c is not on the hub, or needs an HF_TOKEN"):
            hub.newest("a/c")
    assert (found.commit, found.gated, found.license) == (COMMIT, True, "apache-2.0")
    assert [file.size for file in found.files] == [3_000_000_000]
    assert json.loads(text or b"") == QWEN3_8B


def test_a_commit_is_asked_for_once_and_a_branch_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`create` needs it twice: for its answers, and for the list of files in chute.py."""
    with model_hub({"somebody/model": Repository.of(QWEN3_8B)}) as (url, asked):
        monkeypatch.setenv("HF_ENDPOINT", url)
        newest = hub.newest("somebody/model")
        assert hub.at("somebody/model", newest.commit) is newest
        assert len(asked) == 1
        hub.newest("somebody/model")
        assert len(asked) == 2


def test_a_token_is_not_shown_to_another_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    first: list[str | None] = []
    second: list[str | None] = []
    with moved("", second) as elsewhere, moved(elsewhere, first) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        with pytest.raises(OutsideFailure):
            hub.newest("a/b")
    assert first == [f"Bearer {TOKEN}"]
    assert second
    assert set(second) == {None}


def test_a_model_that_moved_is_found_with_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    tokens: list[str | None] = []
    with moved("", tokens) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        with pytest.raises(OutsideFailure):
            hub.newest("a/b")
    # It goes round in a circle, a few times only.
    assert 1 < len(tokens) <= hub.REDIRECTS + 1
    assert set(tokens) == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("to", ["file:///etc/hostname#", "ftp://127.0.0.1:9", "data:,"])
def test_only_the_web_is_redirected_to(to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with moved(to, []) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        with pytest.raises(OutsideFailure):
            hub.newest("a/b")


@pytest.mark.parametrize("head", [False, True], ids=["its body", "its head"])
def test_an_answer_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch, head: bool) -> None:
    monkeypatch.setattr(hub, "SECONDS", 0.3)
    with dripping(head=head) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        with pytest.raises(OutsideFailure, match="TimeoutError"):
            hub.newest("a/b")


@pytest.mark.parametrize(
    "facts",
    [
        {"sha": None, "siblings": 3},
        {"siblings": ["x"]},
        {"siblings": [{"lfs": {"size": "x"}}]},
        {"siblings": [{"rfilename": "x", "lfs": {"size": float("inf"), "sha256": ""}}]},
    ],
)
def test_an_answer_that_is_no_answer(
    facts: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with model_hub({"a/b": Repository.of(QWEN3_8B, facts=facts)}) as (url, _):
        monkeypatch.setenv("HF_ENDPOINT", url)
        with pytest.raises(OutsideFailure, match="did not answer about a/b"):
            hub.newest("a/b")
