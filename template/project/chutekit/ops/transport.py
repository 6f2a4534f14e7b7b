"""Requests to the platform: signed by the SDK, tried again where safe, refusals in words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from chutekit.ops.command import NO, OUTSIDE, USAGE, Problem, say, seconds

CREDENTIALS = "Check the credentials, and this machine's clock: signatures hold the time."
BALANCE = "Top up the balance of the account; `make cost` shows it."
LIMIT = (
    "The platform allows 24 deployments in 24 hours, and 24 changes of images: a build is three or "
    "four, so six to eight builds. Try again later."
)
#: How often one request may be sent on to another place of the same host.
REDIRECTS = 4
AGAIN = "When the reason is gone, run the command again."
#: Words of the platform's reasons, the telling ones first, with what helps.
KNOWN = {
    "balance": BALANCE,
    "api key": CREDENTIALS,
    "credentials": CREDENTIALS,
    "signature": CREDENTIALS,
    "nonce": CREDENTIALS,
    "per 24 hours": LIMIT,
    "tee": "What the platform lets an account deploy: README.md, Settings.",
    "gpu": "What the platform lets an account deploy: README.md, Settings.",
    "immutable": "It can only be deleted: .venv/bin/chutes chutes delete ID",
    "time was up": "Run it again; OPS_BUILD_SECONDS and OPS_DEPLOY_SECONDS allow it more.",
    "fee": "Run it again with ACCEPT_FEE=yes to accept the fee.",
}
SERVER_ERRORS = (500, 502, 503, 504)
HINTS = {
    401: CREDENTIALS,
    402: BALANCE,
    403: "The account may not do this; the platform's words above say why.",
    429: LIMIT,
}


@dataclass(frozen=True)
class Call:
    """One request. What is signed is its payload or, without one, its purpose."""

    method: str
    path: str
    purpose: str | None = None
    payload: dict[str, Any] | None = None
    params: dict[str, str] | None = None
    stream: bool = False
    #: Seconds without an answer, or without more of it, after which to give up.
    limit: float | None = None


class Transport:
    """A connection to the API, in the name of whom the SDK signs for."""

    def __init__(self, api_url: str) -> None:
        self.api_url = api_url
        self._session = requests.Session()

    def send(self, call: Call) -> requests.Response:
        """Return the answer of a call that the platform granted."""
        answer = self.find(call)
        if answer.status_code == 404:
            raise _refused(call, answer)
        return answer

    def find(self, call: Call) -> requests.Response:
        """Return the answer of a call that the platform granted, or a 404."""
        # Creating something twice is not the same as once; all other calls may be repeated.
        tries = _tries() if call.method != "POST" else iter([True])
        for last in tries:
            try:
                answer = self._send(call)
            except requests.RequestException as error:
                if last:
                    raise _unreachable(self.api_url, error) from error
                continue
            if answer.ok or answer.status_code == 404:
                return answer
            if last or not _may_pass(answer):
                raise _refused(call, answer)
        raise AssertionError("the last try returns or raises")

    def _send(self, call: Call) -> requests.Response:
        from chutes.util.auth import sign_request

        headers, body = sign_request(payload=call.payload, purpose=call.purpose)
        url, params = self.api_url + call.path, call.params
        for _ in range(REDIRECTS):
            answer = self._session.request(
                call.method,
                url,
                headers=headers,
                data=body,
                params=params,
                stream=call.stream,
                timeout=call.limit or seconds("OPS_REQUEST_SECONDS"),
                allow_redirects=False,
            )
            if not answer.is_redirect:
                return answer
            answer.close()
            # The place that is named has the parameters in it.
            url, params = _next_place(call, answer), None
        raise Problem(f"{self.api_url} answers {call.path} with one redirect after the other.")


def secure(url: str, source: str) -> str:
    """Return the address of an API without a slash at its end; Problem when it can be overheard.

    Signatures and keys go there: in the clear only within this machine. `source` names who said so.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url.rstrip("/")
    if parts.scheme == "http" and _is_here(parts.hostname or ""):
        return url.rstrip("/")
    raise Problem(
        f"{source} is no address that signatures can be sent to: {url!r}",
        "It must begin with https://; http:// is for this machine alone, as http://127.0.0.1.",
        USAGE,
    )


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _next_place(call: Call, answer: requests.Response) -> str:
    """Return where an answer redirects to; Problem when a signature would go somewhere else."""
    there = urljoin(answer.url, answer.headers["Location"])
    same = _origin(there) == _origin(answer.url)
    if same and (call.method == "GET" or answer.status_code in (307, 308)):
        return there
    name = urlsplit(there).netloc.rpartition("@")[2]
    raise Problem(
        f"{call.method} {call.path} is redirected to {name!r}, where its signature is not sent.",
        "CHUTES_API_URL, or base_url in the configuration file, may be wrong.",
    )


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    ports = {"https": 443, "http": 80}
    return parts.scheme, parts.hostname, parts.port or ports.get(parts.scheme)


def advice(reason: str) -> str:
    """Return what helps against a reason that the platform gave."""
    lower = reason.lower()
    known = (hint for word, hint in KNOWN.items() if word in lower)
    return next(known, AGAIN)


def document(answer: requests.Response) -> dict[str, Any]:
    """Return the JSON object of an answer."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Problem(
            f"{answer.url} answered {answer.status_code} without JSON.",
            "CHUTES_API_URL, or base_url in the configuration file, may be wrong.",
        )
    return found


def detail(answer: requests.Response) -> str:
    """Return the platform's own words about an error, without what was sent."""
    try:
        said = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return ""
    if isinstance(said, list):
        said = "; ".join(
            f"{'.'.join(map(str, item.get('loc', ())))}: {item.get('msg', '')}" for item in said
        )
    return re.sub(r"\s+", " ", str(said)).strip()[:1000]


def _tries() -> Iterator[bool]:
    """Yield once for every try, False while there is another one; sleeps in between."""
    limit, pause = seconds("OPS_RETRY_SECONDS"), 0.5
    started = time.monotonic()
    while time.monotonic() - started + pause < limit:
        yield False
        say(f"The platform did not answer properly; trying again in {pause:.1f} s.")
        time.sleep(pause)
        pause = min(pause * 2, 20)
    yield True


def _may_pass(answer: requests.Response) -> bool:
    """Tell whether an error is one of the server's, other than its word for a stopped chute."""
    return answer.status_code in SERVER_ERRORS and not _is_disabled(answer)


def _is_disabled(answer: requests.Response) -> bool:
    return answer.status_code == 503 and "disabled" in detail(answer)


def _unreachable(url: str, error: requests.RequestException) -> Problem:
    kind = "did not answer in time" if isinstance(error, requests.Timeout) else "cannot be reached"
    return Problem(f"{url} {kind}.", "Check the network and run the command again.")


def _refused(call: Call, answer: requests.Response) -> Problem:
    status = answer.status_code
    said = detail(answer)
    hint = HINTS.get(status, AGAIN)
    if _is_disabled(answer):
        hint = "It was stopped. To let it run again: make stop ARGS=--undo, with CHUTE as before."
    message = f"The platform answered {status} to {call.method} {call.path}"
    message += f": {said}" if said else "."
    return Problem(message, hint, NO if status in (400, 409, 422) else OUTSIDE)
