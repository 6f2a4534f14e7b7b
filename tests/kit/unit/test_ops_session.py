"""Credentials: complete, or one clear sentence; and the platform's errors in words."""

import argparse
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from chutekit.ops.account import NEEDED, VARIABLE
from chutekit.ops.cli import Output
from chutekit.ops.command import Problem
from chutekit.ops.logs import lines
from chutekit.ops.platform import Platform
from chutekit.ops.session import Account, sign_in

COMPLETE = {**dict.fromkeys(NEEDED, "alice"), "hotkey_seed": "0" * 64}


def configuration(**values: str) -> str:
    return "[auth]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())


@pytest.fixture(autouse=True)
def no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hide the credentials of whoever runs the tests; returns where others may be put."""
    path = tmp_path / "config.ini"
    monkeypatch.setenv("CHUTES_CONFIG_PATH", str(path))
    for name in (VARIABLE, "CHUTES_API_URL"):
        monkeypatch.delenv(name, raising=False)
    return path


def test_the_configuration_file_of_the_sdk_is_read(no_account: Path) -> None:
    no_account.write_text(configuration(**COMPLETE) + "[api]\nbase_url = https://there/\n")
    assert sign_in() == Account("alice", "https://there")


def test_its_text_in_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, configuration(**COMPLETE))
    assert sign_in() == Account("alice", "https://api.chutes.ai")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (configuration(), "user_id"),
        (configuration(**COMPLETE | {"hotkey_seed": "%(oops)s"}), "64 hex digits"),
        ("username = alice", "not a configuration file"),
    ],
)
def test_what_is_wrong_with_it_is_said_without_showing_it(
    no_account: Path, text: str, word: str
) -> None:
    no_account.write_text(text)
    with pytest.raises(Problem, match=word) as problem:
        sign_in()
    assert "oops" not in problem.value.message
    assert "another account" in problem.value.hint


def test_only_where_nothing_is_an_account_is_to_be_made(no_account: Path) -> None:
    with pytest.raises(Problem, match="does not exist") as absent:
        sign_in()
    assert "chutes register` makes an account" in absent.value.hint
    no_account.mkdir()
    with pytest.raises(Problem, match="is a folder") as folder:
        sign_in()
    assert "another account" in folder.value.hint


class Unwell(http.server.BaseHTTPRequestHandler):
    """Answers with the errors it is given, then with an empty object."""

    errors: list[tuple[int, str]] = []

    def do_GET(self) -> None:
        status, text = self.errors.pop(0) if self.errors else (200, "{}")
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """A platform that fails as told, without signatures."""
    signed = ({}, None)
    monkeypatch.setattr("chutes.util.auth.sign_request", lambda **_: signed)
    monkeypatch.setenv("OPS_RETRY_SECONDS", "3")
    with http.server.HTTPServer(("127.0.0.1", 0), Unwell) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Platform(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


@pytest.mark.whole
def test_a_passing_failure_is_sat_out(platform: Platform) -> None:
    Unwell.errors = [(502, "<html>")]
    assert platform.me() == {}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (401, {"detail": "who?"}, "credentials"),
        (402, {"detail": "poor"}, "balance"),
        (429, {"detail": "slow down"}, "24 hours"),
        (503, {"detail": "This chute is currently disabled."}, "--undo"),
    ],
)
def test_a_refusal_is_told_at_once_with_what_helps(
    platform: Platform, status: int, body: dict[str, str], word: str
) -> None:
    Unwell.errors = [(status, json.dumps(body))]
    with pytest.raises(Problem, match=body["detail"]) as problem:
        platform.me()
    assert word in problem.value.hint


@pytest.mark.whole
def test_a_validation_error_does_not_repeat_what_was_sent(platform: Platform) -> None:
    wrong = [{"loc": ["body", "value"], "msg": "too long", "input": "secret"}]
    Unwell.errors = [(422, json.dumps({"detail": wrong}))]
    with pytest.raises(Problem, match=r"body\.value: too long") as problem:
        platform.me()
    assert "secret" not in problem.value.message


def test_the_sdk_commands_complaints_are_found() -> None:
    log = (
        "confirm? (y/n) 2026-01-01 00:00:00.000 | ERROR    | chutes.entrypoint.deploy:_deploy:117"
        " - DEPLOYMENT FEE NOTICE:\n===\nThere is a fee\n"
    )
    assert Output(log).complaint == "DEPLOYMENT FEE NOTICE: === There is a fee"
    assert Output(log).refused
    assert Output("boom\nContentTypeError: 500, url=...\n").complaint == (
        "the platform answered 500 without a reason"
    )
    assert Output("2026-01-01 00:00:00.000 | SUCCESS  | a:b:1 - done\n").complaint == ""
    assert "its time was up" in Output("", late=True).complaint


@pytest.mark.parametrize(
    "said",
    [
        "aiohttp.client_exceptions.ServerDisconnectedError: Server disconnected",
        "ContentTypeError: 504, message='unexpected mimetype: text/html'",
        '2026-01-01 00:00:00.000 | ERROR    | a:b:1 - Unexpected error: {"detail": "Internal '
        'Server Error"}',
    ],
)
def test_a_broken_connection_or_server_is_no_refusal(said: str) -> None:
    assert Output(f"{said}\n").complaint
    assert not Output(f"{said}\n").refused


@pytest.mark.parametrize(
    ("text", "good"), [("1", True), ("10000", True), ("0", False), ("10001", False)]
)
def test_logs_begin_no_further_back_than_the_platform_allows(text: str, good: bool) -> None:
    if good:
        assert lines(text) == int(text)
    else:
        with pytest.raises(argparse.ArgumentTypeError, match="between"):
            lines(text)
