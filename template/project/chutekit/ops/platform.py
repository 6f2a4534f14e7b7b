"""The platform's HTTP API in the words of this repository: chutes, images, keys, secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from chutekit.ops.transport import Call, Transport, document


class Platform:
    """The API as one account sees it."""

    def __init__(self, api_url: str) -> None:
        self.api_url = api_url
        self._transport = Transport(api_url)

    def chute(self, chute_id: str, name: str) -> dict[str, Any] | None:
        """Return a chute of the account as the platform has it, None when there is none.

        That there is none may come from a cache that is older than the chute; the list, which is
        asked then, comes from the database.
        """
        found = self._found(Call("GET", f"/chutes/{chute_id}", "chutes"))
        if found is None:
            listed = self._all("/chutes/", "chutes", name=name)
            found = next((chute for chute in listed if chute["chute_id"] == chute_id), None)
        return found

    def code(self, chute_id: str) -> str | None:
        """Return the module that was deployed for a chute minutes ago, None when there is none."""
        answer = self._transport.find(Call("GET", f"/chutes/code/{chute_id}", "chutes"))
        return None if answer.status_code == 404 else answer.content.decode()

    def image(self, image_id: str) -> dict[str, Any] | None:
        """Return an image as the platform has it, None when there is none."""
        return self._found(Call("GET", f"/images/{image_id}", "images"))

    def me(self) -> dict[str, Any]:
        """Return the account, with its balance in US dollars."""
        return document(self._transport.send(Call("GET", "/users/me", "me")))

    def delete_image(self, image_id: str) -> None:
        """Remove an image that no chute uses."""
        self._transport.find(Call("DELETE", f"/images/{image_id}", "images"))

    def disable(self, chute_id: str, disabled: bool) -> bool:
        """Stop a chute's instances and keep them stopped, or let it run again.

        False when the platform does not know the chute, or not yet, soon after its deployment.
        """
        payload = {"disabled": disabled}
        answer = self._transport.find(Call("PUT", f"/chutes/{chute_id}", payload=payload))
        return answer.status_code != 404

    def create_key(self, name: str, chute_id: str) -> dict[str, Any]:
        """Make an API key that may call that chute and nothing else."""
        scope = {"object_type": "chutes", "object_id": chute_id, "action": "invoke"}
        payload = {"name": name, "admin": False, "scopes": [scope]}
        return document(self._transport.send(Call("POST", "/api_keys/", payload=payload)))

    def delete_key(self, key_id: str) -> None:
        """Remove an API key."""
        self._transport.find(Call("DELETE", f"/api_keys/{key_id}", "api_keys"))

    def keys(self) -> Iterator[dict[str, Any]]:
        """Return all API keys of the account; their secrets are never shown again."""
        return self._all("/api_keys/", "api_keys")

    def secrets(self) -> Iterator[dict[str, Any]]:
        """Return all secrets of the account, without their values."""
        return self._all("/secrets/", "secrets")

    def create_secret(self, chute_id: str, key: str, value: str) -> None:
        """Set an environment variable for a chute's instances."""
        payload = {"purpose": chute_id, "key": key, "value": value}
        self._transport.send(Call("POST", "/secrets/", payload=payload))

    def delete_secret(self, secret_id: str) -> None:
        """Remove a secret."""
        self._transport.find(Call("DELETE", f"/secrets/{secret_id}", "secrets"))

    def wake(self, chute_id: str) -> None:
        """Ask for an instance. The answer may be a stream that lasts minutes; it is not read."""
        path, params = f"/chutes/warmup/{chute_id}", {"quick": "true"}
        self._transport.send(Call("GET", path, "chutes", params=params, stream=True)).close()

    def instance_logs(self, instance_id: str, lines: int, quiet: float) -> requests.Response:
        """Return the endless stream of an instance's log, beginning with so many past lines.

        Reading it raises an error of requests when nothing comes for `quiet` seconds.
        """
        path, params = f"/instances/{instance_id}/logs", {"backfill": str(lines)}
        call = Call("GET", path, "logs", params=params, stream=True, limit=quiet)
        return self._transport.send(call)

    def _found(self, call: Call) -> dict[str, Any] | None:
        answer = self._transport.find(call)
        return None if answer.status_code == 404 else document(answer)

    def _all(self, path: str, purpose: str, **filters: str) -> Iterator[dict[str, Any]]:
        page = seen = 0
        while True:
            params = {"limit": "100", "page": str(page), **filters}
            found = document(self._transport.send(Call("GET", path, purpose, params=params)))
            yield from found["items"]
            seen += len(found["items"])
            if not found["items"] or seen >= found["total"]:
                return
            page += 1
