"""The digest of a base image, read from its registry over the OCI distribution API."""

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

from scaffold.errors import Failed, OutsideFailure
from scaffold.runtime.patience import within

if TYPE_CHECKING:
    from dxf import DXFBase

# The platform's builder pulls names without a host from Docker Hub, and accepts no others.
DOCKER_HUB = "https://registry-1.docker.io"
PLATFORM = {"os": "linux", "architecture": "amd64"}
# The specification wants registries to take manifests of 4 MB.
MAX_BYTES = 4 * 2**20
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

    def ask() -> bytes:
        insecure = scheme == "http"
        with DXF(host, name, _anonymous, insecure=insecure, timeout=timeout) as client:
            session = client._sessions[0]
            assert isinstance(session, requests.Session)
            session.stream = True
            session.hooks["response"].append(_whole)
            _, response = client.get_manifest_and_response(tag)
            return bytes(response.content)

    for attempt in range(1, attempts + 1):
        try:
            # The first asks for a token, too.
            return within(2 * timeout, ask)
        except (requests.RequestException, DXFError, TimeoutError) as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            if status in _MISSING:
                raise Failed(f"{host} has no public image {name}:{tag}") from error
            problem = f"status {status}" if status else type(error).__name__
        if attempt < attempts:
            time.sleep(2 ** (attempt - 1))
    raise OutsideFailure(
        f"The registry {host} did not answer: {problem}", hint="Check the network and try again."
    )


def _whole(response: Any, **_: Any) -> None:
    """Read an answer, but no more of it than a manifest may have."""
    import requests

    content = bytearray()
    with response:
        for part in response.iter_content(65536):
            content += part
            if len(content) > MAX_BYTES:
                raise requests.exceptions.ContentDecodingError("more than a manifest")
    # Where requests itself keeps what it has read.
    response._content = bytes(content)


def _anonymous(client: "DXFBase", response: Any) -> None:
    """Fetch a token that needs no account, as Docker Hub wants one even for public images."""
    client.authenticate(response=response)
