"""A hub of models that stalls, lies about what it sends, or sends the reader elsewhere."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from support.listening import listening
from support.places import TEMPLATE

pytestmark = pytest.mark.path

MODEL, COMMIT, FILE = "a/model", "1" * 40, "model.safetensors"
CONTENT = b"w" * 100_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
TOKEN = "hf_" + "x" * 30
PART = b"\0" * 2**20
#: What the download may become larger by: in the chute it is more than a test can wait for.
SLACK = 4 * 2**20
PROGRAM = """
import sys, time
from chutekit.serving import checksums, lifecycle, weights
weights.ATTEMPTS, weights.SPARE_BYTES, weights.SLACK_BYTES = 1, 0, int(sys.argv[1])
time.sleep = lambda seconds: None
try:
    folder = weights.download("a/model", "1" * 40, ["*.safetensors"])
    checksums.check(folder, sys.argv[2])
    print("taken")
except lifecycle.StartupError as error:
    print("refused:", error)
"""


class Hub(BaseHTTPRequestHandler):
    """Answers for one model of one file; `lie` says how."""

    lie = ""
    seen: list[tuple[str, str | None]]
    other = ""
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        """What the client asks about a file before it fetches it."""
        self._head(len(CONTENT))

    def do_GET(self) -> None:
        """The model's description, or its file."""
        self.seen.append((self.path, self.headers.get("Authorization")))
        if self.path.startswith("/api/"):
            name = "../../../stolen.safetensors" if self.lie == "path" else FILE
            size = {"size": len(CONTENT)}
            lfs = {**size, "sha256": SHA256, "oid": SHA256, "pointerSize": 1}
            file = {**size, "rfilename": name, "path": name, "blobId": "1", "oid": "1", "lfs": lfs}
            document: Any = {"id": MODEL, "sha": COMMIT, "siblings": [file]}
            if "/tree/" in self.path:
                document = [{"type": "file", **file}]
            self._answer(json.dumps(document).encode(), {"Content-Type": "application/json"})
        elif self.lie == "redirect" and not self.path.startswith("/there"):
            self.send_response(302)
            self.send_header("Location", f"{self.other}/there")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.lie == "endless":
            self._head(None)
            self._endless()
        elif self.lie == "short":
            self._head(len(CONTENT))
            self.wfile.write(CONTENT[:-1])
            self.close_connection = True
        else:
            content = b"v" + CONTENT[1:] if self.lie == "hash" else CONTENT
            self._answer(content, {})

    def _endless(self) -> None:
        try:
            while True:
                self.wfile.write(b"%x\r\n" % len(PART) + PART + b"\r\n")
        except OSError:
            self.close_connection = True

    def _head(self, length: int | None) -> None:
        self.send_response(200)
        self.send_header("ETag", f'"{SHA256}"')
        self.send_header("X-Repo-Commit", COMMIT)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _answer(self, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def hub(lie: str, other: str = "") -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """Its address, and what was asked for with which authorization."""
    seen: list[tuple[str, str | None]] = []
    handler = type("Lying", (Hub,), {"lie": lie, "seen": seen, "other": other})
    with listening(handler) as url:
        yield url, seen


def downloaded(url: str, home: Path, listed: str = f"{SHA256} {len(CONTENT)} {FILE}") -> str:
    """What the start of a chute says that downloads the model from this hub."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(SLACK), listed],
        cwd=TEMPLATE / "project",
        env={
            "PATH": os.environ["PATH"],
            "HF_ENDPOINT": url,
            "HF_HOME": str(home),
            "HF_TOKEN": TOKEN,
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def stored(home: Path) -> int:
    """Bytes below a folder."""
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())


def test_an_honest_one_is_believed(tmp_path: Path) -> None:
    with hub("") as (url, _):
        assert downloaded(url, tmp_path) == "taken"


def test_a_body_without_end_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    with hub("endless") as (url, _):
        assert "does not end where its commit says" in downloaded(url, tmp_path)
    assert stored(tmp_path) < SLACK


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ("short", "RemoteProtocolError"),
        ("hash", "are not those that WEIGHTS in chute.py lists"),
        ("path", "cannot contain a '..' path segment"),
    ],
)
def test_what_is_not_the_file_is_not_loaded(tmp_path: Path, lie: str, said: str) -> None:
    home = tmp_path / "a" / "b" / "c"
    with hub(lie) as (url, _):
        assert said in downloaded(url, home)
    assert not [*tmp_path.rglob("stolen*")]
    if lie == "hash":
        assert not [*home.rglob("blobs/" + SHA256)]


def test_a_token_does_not_follow_a_redirect(tmp_path: Path) -> None:
    with hub("") as (other, there), hub("redirect", other) as (url, here):
        downloaded(url, tmp_path)
    assert f"Bearer {TOKEN}" in [authorization for _, authorization in here]
    assert there
    assert {authorization for _, authorization in there} == {None}
