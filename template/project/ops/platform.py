"""The platform's HTTP API: signed requests, tried again where that is safe, errors in words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import requests

from ops.account import Account
from ops.advice import BALANCE, CREDENTIALS, LIMIT
from ops.errors import NO, OUTSIDE, Problem
from ops.patience import seconds
from ops.progress import say

SERVER_ERRORS = (500, 502, 503, 504)
HINTS = {
    401: CREDENTIALS,
    402: BALANCE,
    403: "The account may not do this; the platform's words above say why.",
    429: LIMIT,
}


class Platform:
    """The API as one account sees it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._session = requests.Session()

    def chute(self, chute_id: str) -> dict[str, Any] | None:
        """Return a chute as the platform has it, None when there is none."""
        return self._find(f"/chutes/{chute_id}", "chutes")

    def code(self, chute_id: str) -> str | None:
        """Return the module that was deployed for a chute, None when there is none."""
        answer = self._request("GET", f"/chutes/code/{chute_id}", purpose="chutes", absent=True)
        return None if answer is None else answer.text

    def image(self, image_id: str) -> dict[str, Any] | None:
        """Return an image as the platform has it, None when there is none."""
        return self._find(f"/images/{image_id}", "images")

    def me(self) -> dict[str, Any]:
        """Return the account, with its balance in US dollars."""
        return self._json(self._request("GET", "/users/me", purpose="me"))

    def delete_image(self, image_id: str) -> None:
        """Remove an image that no chute uses."""
        self._request("DELETE", f"/images/{image_id}", purpose="images", absent=True)

    def disable(self, chute_id: str, disabled: bool) -> None:
        """Stop a chute's instances and keep them stopped, or let it run again."""
        self._request("PUT", f"/chutes/{chute_id}", payload={"disabled": disabled})

    def create_key(self, name: str, chute_id: str) -> dict[str, Any]:
        """Make an API key that may call that chute and nothing else."""
        scope = {"object_type": "chutes", "object_id": chute_id, "action": "invoke"}
        payload = {"name": name, "admin": False, "scopes": [scope]}
        return self._json(self._request("POST", "/api_keys/", payload=payload))

    def delete_key(self, key_id: str) -> None:
        """Remove an API key."""
        self._request("DELETE", f"/api_keys/{key_id}", purpose="api_keys", absent=True)

    def keys(self) -> Iterator[dict[str, Any]]:
        """Return all API keys of the account; their secrets are never shown again."""
        return self._all("/api_keys/", "api_keys")

    def secrets(self) -> Iterator[dict[str, Any]]:
        """Return all secrets of the account, without their values."""
        return self._all("/secrets/", "secrets")

    def create_secret(self, chute_id: str, key: str, value: str) -> None:
        """Set an environment variable for a chute's instances."""
        payload = {"purpose": chute_id, "key": key, "value": value}
        self._request("POST", "/secrets/", payload=payload)

    def delete_secret(self, secret_id: str) -> None:
        """Remove a secret."""
        self._request("DELETE", f"/secrets/{secret_id}", purpose="secrets", absent=True)

    def wake(self, chute_id: str) -> None:
        """Ask for an instance. The answer may be a stream that lasts minutes; it is not read."""
        path = f"/chutes/warmup/{chute_id}"
        self._request("GET", path, purpose="chutes", params={"quick": "true"}, stream=True).close()

    def instance_logs(self, instance_id: str, lines: int, quiet: float) -> requests.Response:
        """Return the endless stream of an instance's log, beginning with so many past lines.

        Reading it raises an error of requests when nothing comes for `quiet` seconds.
        """
        path = f"/instances/{instance_id}/logs"
        params = {"backfill": str(lines)}
        return self._request("GET", path, purpose="logs", params=params, stream=True, limit=quiet)

    def _find(self, path: str, purpose: str) -> dict[str, Any] | None:
        answer = self._request("GET", path, purpose=purpose, absent=True)
        return None if answer is None else self._json(answer)

    def _all(self, path: str, purpose: str) -> Iterator[dict[str, Any]]:
        page = seen = 0
        while True:
            params = {"limit": "100", "page": str(page)}
            found = self._json(self._request("GET", path, purpose=purpose, params=params))
            yield from found["items"]
            seen += len(found["items"])
            if not found["items"] or seen >= found["total"]:
                return
            page += 1

    def _request(
        self,
        method: str,
        path: str,
        *,
        purpose: str | None = None,
        payload: dict[str, Any] | None = None,
        params: dict[str, str] | None = None,
        stream: bool = False,
        limit: float | None = None,
        absent: bool = False,
    ) -> Any:
        # Creating something twice is not the same as once, everything else here is.
        tries = _tries() if method != "POST" else iter([True])
        for last in tries:
            try:
                answer = self._send(method, path, purpose, payload, params, stream, limit)
            except requests.RequestException as error:
                if last:
                    raise _unreachable(self.account.api_url, error) from error
                continue
            if absent and answer.status_code == 404:
                return None
            if answer.ok:
                return answer
            if last or not _may_pass(answer):
                raise _refused(method, path, answer)
        raise AssertionError("the last try returns or raises")

    def _send(
        self,
        method: str,
        path: str,
        purpose: str | None,
        payload: dict[str, Any] | None,
        params: dict[str, str] | None,
        stream: bool,
        limit: float | None,
    ) -> requests.Response:
        from chutes.util.auth import sign_request

        headers, body = sign_request(payload=payload, purpose=purpose)
        limit = limit or seconds("OPS_REQUEST_SECONDS")
        url = self.account.api_url + path
        return self._session.request(
            method, url, headers=headers, data=body, params=params, stream=stream, timeout=limit
        )

    @staticmethod
    def _json(answer: requests.Response) -> dict[str, Any]:
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise Problem(
                f"{answer.url} answered {answer.status_code} without JSON.",
                "CHUTES_API_URL, or base_url in the configuration file, may be wrong.",
            )
        return document


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


def _refused(method: str, path: str, answer: requests.Response) -> Problem:
    status = answer.status_code
    said = detail(answer)
    hint = HINTS.get(status, "Run the command again later." if status >= 500 else "")
    if _is_disabled(answer):
        hint = "It was stopped. To let it run again: make stop ARGS=--undo, with CHUTE as before."
    message = f"The platform answered {status} to {method} {path}" + (f": {said}" if said else ".")
    return Problem(message, hint, NO if status in (400, 409, 422) else OUTSIDE)


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
