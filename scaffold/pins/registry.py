"""The digest of a base image, read from its registry over the OCI distribution API."""

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

from scaffold.errors import Failed, OutsideFailure

if TYPE_CHECKING:
    from dxf import DXFBase

# The platform's builder pulls names without a host from Docker Hub, and accepts no others.
DOCKER_HUB = "https://registry-1.docker.io"
PLATFORM = {"os": "linux", "architecture": "amd64"}
_MISSING = (401, 403, 404)


def address() -> str:
    """The registry to ask: Docker Hub, or a mirror of it that CHUTE_NEW_REGISTRY names."""
    return os.environ.get("CHUTE_NEW_REGISTRY", DOCKER_HUB)


def pinned(image: str, *, timeout: float = 10.0, attempts: int = 3) -> str:
    """`NAME:TAG` with the digest that the tag has now: `NAME:TAG@sha256:DIGEST`.

    A digest already in `image` is replaced. An image for several platforms keeps the digest of
    its index, which must list linux/amd64. Each attempt has `timeout` seconds.
    """
    reference = image.partition("@")[0]
    name, _, tag = reference.partition(":")
    manifest = _manifest(name, tag or "latest", timeout, attempts)
    platforms = [entry.get("platform", {}) for entry in json.loads(manifest).get("manifests", [])]
    if platforms and not any(PLATFORM.items() <= platform.items() for platform in platforms):
        raise Failed(f"{reference} has no image for linux/amd64")
    return f"{reference}@sha256:{hashlib.sha256(manifest).hexdigest()}"


def _manifest(name: str, tag: str, timeout: float, attempts: int) -> bytes:
    import requests
    from dxf import DXF
    from dxf.exceptions import DXFError

    scheme, _, host = address().partition("://")
    client = DXF(host, name, _anonymous, insecure=scheme == "http", timeout=timeout)
    for attempt in range(1, attempts + 1):
        try:
            _, response = client.get_manifest_and_response(tag)
            return bytes(response.content)
        except (requests.RequestException, DXFError) as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            if status in _MISSING:
                raise Failed(f"{host} has no public image {name}:{tag}") from error
            problem = f"status {status}" if status else type(error).__name__
        if attempt < attempts:
            time.sleep(2 ** (attempt - 1))
    raise OutsideFailure(
        f"The registry {host} did not answer: {problem}", hint="Check the network and try again."
    )


def _anonymous(client: "DXFBase", response: Any) -> None:
    """Fetch a token that needs no account, as Docker Hub wants one even for public images."""
    client.authenticate(response=response)
