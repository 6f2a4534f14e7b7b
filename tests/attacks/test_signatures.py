"""Answers and settings that would have signatures, keys and secrets sent or kept elsewhere."""

import argparse
import ast
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from chutekit.ops import children, cli, gateway, key, session, setup
from chutekit.ops.account import NEEDED, VARIABLE
from chutekit.ops.command import REFUSED, Problem
from chutekit.ops.gateway import Gateway
from chutekit.ops.platform import Platform
from chutekit.ops.transport import secure
from requests.adapters import BaseAdapter

from support.places import ROOT

OPS = ROOT / "template/project/chutekit/ops"
SIGNED = {"X-Chutes-Signature": "signature", "X-Chutes-Hotkey": "hotkey"}
API = "https://api.chutes.ai"


class Answers(BaseAdapter):
    """Answers what it is told, and remembers every request."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        self.asked.append(request)
        status, place = self.answers.pop(0) if self.answers else (200, "")
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = status, request, str(request.url)
        answer._content = b'{"items": [], "total": 0}'
        if place:
            answer.headers["Location"] = place
        return answer

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.setattr("chutes.util.auth.sign_request", lambda **_: (dict(SIGNED), "{}"))
    monkeypatch.setenv("OPS_RETRY_SECONDS", "0.1")
    return Platform(API)


def answering(platform: Platform, *answers: tuple[int, str]) -> Answers:
    adapter = Answers(*answers)
    for scheme in ("https://", "http://"):
        platform._transport._session.mount(scheme, adapter)
    return adapter


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/users/me",
        "http://api.chutes.ai/users/me",
        "https://api.chutes.ai:8443/users/me",
        "https://api.chutes.ai.evil.example/",
        "https://api.chutes.ai@evil.example/",
        "//evil.example/users/me",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_signature_does_not_follow_a_redirect_elsewhere(
    platform: Platform, place: str, status: int
) -> None:
    adapter = answering(platform, (status, place))
    with pytest.raises(Problem, match="its signature is not sent"):
        platform.me()
    assert [request.url for request in adapter.asked] == [f"{API}/users/me"]


def test_nor_does_it_after_one_that_stays(platform: Platform) -> None:
    adapter = answering(platform, (307, "/users/me/"), (307, "https://evil.example/"))
    with pytest.raises(Problem, match=r"evil\.example"):
        platform.me()
    assert [request.url for request in adapter.asked] == [f"{API}/users/me", f"{API}/users/me/"]


def test_what_is_sent_is_not_sent_as_something_else(platform: Platform) -> None:
    adapter = answering(platform, (302, "/elsewhere"))
    with pytest.raises(Problem, match="is redirected"):
        platform.create_key("name", "chute")
    assert len(adapter.asked) == 1


def test_a_redirect_on_the_same_host_is_followed(platform: Platform) -> None:
    adapter = answering(platform, (307, "/users/me/"))
    platform.me()
    assert [request.url for request in adapter.asked] == [f"{API}/users/me", f"{API}/users/me/"]


def test_redirects_without_end_end(platform: Platform) -> None:
    adapter = answering(platform, *[(307, "/users/me")] * 50)
    with pytest.raises(Problem, match="one redirect after the other"):
        platform.me()
    assert len(adapter.asked) < 50


def test_a_key_does_not_follow_one_either(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = Answers((307, "https://evil.example/health"))

    class Session(requests.Session):
        def __init__(self) -> None:
            super().__init__()
            self.mount("https://", adapter)

    monkeypatch.setattr("requests.sessions.Session", Session)
    assert Gateway("https://my.chutes.ai", "key").call("GET", "/health").status == 307
    assert [request.url for request in adapter.asked] == ["https://my.chutes.ai/health"]


@pytest.mark.parametrize(
    "url",
    [
        "http://api.chutes.ai",
        "http://10.0.0.1:8000",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "ftp://api.chutes.ai",
        "file:///etc/passwd",
        "api.chutes.ai",
        "https://",
        "",
    ],
)
def test_an_address_that_can_be_overheard_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Problem, match="no address that signatures can be sent to"):
        secure(url, "CHUTES_API_URL")
    path = tmp_path / "config.ini"
    known = {**dict.fromkeys(NEEDED, "alice"), "hotkey_seed": "0" * 64}
    path.write_text("[auth]\n" + "".join(f"{name}={value}\n" for name, value in known.items()))
    monkeypatch.setenv("CHUTES_CONFIG_PATH", str(path))
    monkeypatch.delenv(VARIABLE, raising=False)
    if url:
        monkeypatch.setenv("CHUTES_API_URL", url)
        with pytest.raises(Problem, match="signatures"):
            session.sign_in()
        path.write_text(path.read_text() + f"[api]\nbase_url = {url}\n")
        monkeypatch.delenv("CHUTES_API_URL")
        with pytest.raises(Problem, match="signatures"):
            session.sign_in()


@pytest.mark.parametrize(
    "url",
    ["https://api.chutes.ai/", "http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:80"],
)
def test_others_are_taken(url: str) -> None:
    assert secure(url, "CHUTES_API_URL") == url.rstrip("/")


class Redirecting(http.server.BaseHTTPRequestHandler):
    """Sends every request on to another host."""

    def do_GET(self) -> None:
        self.server.seen.append(dict(self.headers))  # type: ignore[attr-defined]
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(307)
        self.send_header("Location", self.server.place)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.do_GET
        raise AttributeError(name)

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


@pytest.fixture
def hosts() -> Iterator[tuple[http.server.HTTPServer, http.server.HTTPServer]]:
    """One that redirects to the other."""
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as first,
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as other,
    ):
        for server in (first, other):
            server.seen, server.place = [], f"http://localhost:{other.server_port}/"  # type: ignore[attr-defined]
            threading.Thread(target=server.serve_forever, daemon=True).start()
        yield first, other
        first.shutdown()
        other.shutdown()


@pytest.mark.path
def test_the_sdks_own_commands_follow_none(
    hosts: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = hosts
    seed, url = "1" * 64, f"http://127.0.0.1:{first.server_port}"
    config = tmp_path / "config.ini"
    config.write_text(
        f"[auth]\nuser_id=a\nusername=alice\nhotkey_seed={seed}\nhotkey_name=h\n"
        f"hotkey_ss58address=a\n[api]\nbase_url={url}\n"
    )
    monkeypatch.setenv("CHUTES_CONFIG_PATH", str(config))
    command = ("keys", "list")
    subprocess.run([sys.executable, "-m", "chutes.cli", *command], capture_output=True)
    assert other.seen, "the attack itself does not work"
    other.seen.clear()
    first.seen.clear()
    cli.chutes(*command, limit=120)
    assert first.seen
    assert not other.seen


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An account on a platform; returns the names of the keys that were made."""
    made: list[str] = []

    def create(name: str, chute_id: str) -> dict[str, str]:
        made.append(name)
        return {"secret_key": "cpk_secret", "api_key_id": "id"}

    platform = SimpleNamespace(api_url=API, create_key=create)
    wanted = SimpleNamespace(name="my-chute", chute_id="1")
    monkeypatch.setattr(key, "session", lambda variant: (platform, wanted))
    monkeypatch.setattr(key, "deployed", lambda *_: SimpleNamespace(chute={"slug": "alice"}))
    monkeypatch.delenv("CI", raising=False)
    return made


def asked(**given: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"chute": "prod", "name": None, "output": None, **given})


@pytest.mark.parametrize(("terminal", "pipeline"), [(False, ""), (False, "true"), (True, "true")])
def test_a_key_is_not_made_where_it_would_be_kept(
    account: list[str], monkeypatch: pytest.MonkeyPatch, terminal: bool, pipeline: str
) -> None:
    monkeypatch.setattr(sys, "__stdout__", SimpleNamespace(isatty=lambda: terminal))
    monkeypatch.setenv("CI", pipeline)
    with pytest.raises(Problem, match="terminal only") as problem:
        key.key(asked())
    assert problem.value.status == REFUSED
    assert account == []


def test_a_key_is_shown_on_a_terminal(account: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stdout__", SimpleNamespace(isatty=lambda: True))
    assert "cpk_secret" in key.key(asked()).text


def test_a_key_goes_into_a_file_of_its_owners_alone(account: list[str], tmp_path: Path) -> None:
    path = tmp_path / "key"
    before = os.umask(0)
    try:
        result = key.key(asked(output=path))
    finally:
        os.umask(before)
    assert path.read_text() == "cpk_secret\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "cpk_secret" not in result.text + json.dumps(result.facts)


@pytest.mark.parametrize("kind", ["file", "link", "dangling link"])
def test_a_file_that_is_there_gets_no_key(account: list[str], tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "key", tmp_path / "other"
    if kind == "file":
        path.write_text("mine")
    else:
        path.symlink_to(other)
        if kind == "link":
            other.write_text("mine")
    with pytest.raises(Problem, match="file exists"):
        key.key(asked(output=path))
    assert account == []
    assert not other.exists() or other.read_text() == "mine"


def test_a_key_that_was_not_made_leaves_no_file(
    account: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str, chute_id: str) -> None:
        raise Problem("no")

    platform, wanted = key.session("prod")  # type: ignore[attr-defined]
    platform.create_key = refuse  # type: ignore[method-assign, assignment]
    monkeypatch.setattr(key, "session", lambda variant: (platform, wanted))
    with pytest.raises(Problem):
        key.key(asked(output=tmp_path / "key"))
    assert not (tmp_path / "key").exists()


SECRETS = (
    "CHUTES_CONFIG_INI",
    "CHUTES_API_KEY",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "UPDATE_TOKEN",
    "HF_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "DB_PASSWORD",
    "OPENAI_API_KEY",
    "github_token",
)


def test_children_get_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {
        "PATH",
        "CHUTES_CONFIG_PATH",
        "PYTHONHASHSEED",
        "PIP_INDEX_URL",
    }
    for name in {*SECRETS, *kept}:
        monkeypatch.setenv(name, os.environ.get(name, "value"))
    for found in (children.environment(), setup.environment()):
        assert found.keys() & set(SECRETS) == set()
        assert kept <= found.keys()


def test_every_command_that_starts_a_process_says_what_it_gets() -> None:
    """`pin` hands over to chute-new, which asks a hub and an index of packages."""
    silent = [
        f"{path.name}:{node.lineno}"
        for path in sorted(OPS.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).startswith("subprocess.")
        and not any(keyword.arg == "env" for keyword in node.keywords)
    ]
    assert {each.partition(":")[0] for each in silent} <= {"pin.py", "setup.py"}
    assert gateway.KEY_VARIABLE not in children.environment()
