"""Calls a deployed chute the way its clients do, through the platform, and wakes it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from chutekit.ops import notes
from chutekit.ops.command import Problem, say, seconds, wait
from chutekit.ops.declared import Declared
from chutekit.ops.live import live
from chutekit.ops.platform import Platform
from chutekit.ops.transport import HINTS

KEY_VARIABLE = "CHUTES_API_KEY"
#: How often the platform is asked again for an instance; its own request lapses after an hour.
ASK_AGAIN_SECONDS = 600
#: How long a key that was just made may be unknown to the part of the platform that takes calls.
KEY_SECONDS = 20
COLD = (0, 404, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Answer:
    """What a client got; `status` is 0 when the connection broke."""

    status: int
    body: bytes
    content_type: str
    seconds: float

    def json(self) -> Any:
        """Return the body as JSON, None when it is not."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def error(self) -> dict[str, Any]:
        """Return the chute's own error; the platform hands it on as a text inside of `detail`."""
        document = self.json() or {}
        detail = str(document.get("detail") or "")
        try:
            document = json.loads(detail[detail.index("{") :]) if detail else document
        except ValueError:
            return {}
        return document.get("error") or {}


@dataclass(frozen=True)
class Gateway:
    """One chute's address and a key that may call it."""

    url: str
    key: str
    #: The name to ask for where it is not the one in the address, as without a DNS entry for it.
    host: str = ""

    def headers(self) -> dict[str, str]:
        """Return what every request carries; the key is a secret."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return headers | ({"Host": self.host} if self.host else {})

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """Send one request and read its whole answer."""
        return self._sent(method, path, json=body)

    def send_bytes(self, path: str, body: bytes) -> Answer:
        """Post JSON that is encoded already and read the whole answer."""
        return self._sent("POST", path, data=body, kind="application/json")

    def _sent(self, method: str, path: str, kind: str = "", **body: Any) -> Answer:
        started = time.monotonic()
        headers = self.headers() | ({"Content-Type": kind} if kind else {})
        limit = seconds("OPS_REQUEST_SECONDS")
        try:
            # A redirect is an answer: followed, it could take the key to another host.
            answer = requests.request(
                method,
                self.url + path,
                **body,
                headers=headers,
                timeout=limit,
                allow_redirects=False,
            )
        except requests.RequestException:
            return Answer(0, b"", "", time.monotonic() - started)
        content_type = answer.headers.get("Content-Type", "")
        elapsed = time.monotonic() - started
        return Answer(answer.status_code, answer.content, content_type, elapsed)


def address(api_url: str, chute: dict[str, Any]) -> str:
    """Return where clients reach a chute: a host of its own beside the API's host."""
    parts = urlsplit(api_url)
    return f"{parts.scheme}://{chute['slug']}.{parts.netloc.removeprefix('api.')}"


def _reached(api_url: str, chute: dict[str, Any], key: str) -> Gateway:
    url = address(api_url, chute)
    if urlsplit(api_url).netloc.startswith("api."):
        return Gateway(url, key)
    return Gateway(api_url, key, host=urlsplit(url).netloc)


@contextmanager
def gateway(platform: Platform, chute: dict[str, Any], purpose: str) -> Iterator[Gateway]:
    """Open a chute's gateway with CHUTES_API_KEY, or with a key that lasts as long as this."""
    api_url = platform.api_url
    if given := os.environ.get(KEY_VARIABLE):
        yield _reached(api_url, chute, given)
        return
    name = f"{purpose}-{chute['chute_id'][:8]}"
    for key in list(platform.keys()):
        if key["name"] == name:  # left behind by a run that was killed
            platform.delete_key(key["api_key_id"])
    key = platform.create_key(name, chute["chute_id"])
    try:
        yield _reached(api_url, chute, key["secret_key"])
    finally:
        try:
            platform.delete_key(key["api_key_id"])
        except Problem:
            say(f"The key of this test is still there: chutes keys delete {key['api_key_id']}")


def wake(platform: Platform, gateway: Gateway, wanted: Declared) -> dict[str, Any]:
    """Return what /health says as soon as an instance with the wanted code answers it."""
    say(f"Waking {wanted.name}. Finding a GPU and loading the model can take many minutes.")
    began = time.monotonic()
    asked = float("-inf")
    facts: dict[str, Any] = {}

    def look() -> tuple[bool, str]:
        nonlocal asked, facts
        if time.monotonic() - asked > ASK_AGAIN_SECONDS:
            platform.wake(wanted.chute_id)
            asked = time.monotonic()
        answer = gateway.call("GET", "/health")
        if answer.status == 401 and time.monotonic() - began < KEY_SECONDS:
            return False, "not open to its new key yet"
        if answer.status in COLD:
            return False, _state(platform, wanted, answer.status)
        if answer.status != 200:
            hint = HINTS.get(answer.status, "`make logs` shows what its instances do.")
            raise Problem(f"/health of {wanted.name} answered {answer.status}.", hint)
        last = notes.sent(wanted.variant)
        if last and (old := last.still_answering(live(platform, wanted))):
            return False, f"{old} instances of the old version still answer"
        facts = answer.json() or {}
        return True, "awake"

    hint = "`make logs CHUTE=staging` shows what an instance does; run the command again to go on."
    wait(wanted.name, "OPS_WAKE_SECONDS", look, hint)
    return facts


def _state(platform: Platform, wanted: Declared, status: int) -> str:
    if status == 429:
        return "busy"
    found = live(platform, wanted)
    if not found or not found.instances:
        return "cold, waiting for a GPU"
    return (
        f"{len(found.instances)} starting, {found.active} active, "
        f"/health answers {status or 'nothing'}"
    )
