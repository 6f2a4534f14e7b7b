"""What a container registry is asked, and what its answers come to."""

import contextlib
import hashlib
import json
import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from scaffold.errors import Failed, OutsideFailure
from scaffold.pins import registry
from support.harness import free_port
from support.listening import listening
from support.registries import (
    AMD64,
    ARM64,
    MANIFEST,
    Registry,
    answering,
    self_signed,
    token_server,
)


@pytest.mark.path
def test_tag_of_one_image_gets_its_digest(hub: Registry) -> None:
    digest = hub.push("parachutes/base", "1.2.3")
    assert registry.pinned("parachutes/base:1.2.3") == f"parachutes/base:1.2.3@{digest}"


@pytest.mark.whole
def test_image_for_several_platforms_keeps_the_digest_of_its_index(hub: Registry) -> None:
    digest = hub.push("parachutes/base", "1.2.3", ARM64, AMD64)
    assert registry.pinned("parachutes/base:1.2.3") == f"parachutes/base:1.2.3@{digest}"


@pytest.mark.whole
def test_moved_tag_replaces_an_old_digest(hub: Registry) -> None:
    old = hub.push("parachutes/base", "1.2.3")
    new = hub.push("parachutes/base", "1.2.3", AMD64)
    assert registry.pinned(f"parachutes/base:1.2.3@{old}") == f"parachutes/base:1.2.3@{new}"


@pytest.mark.whole
def test_image_for_other_platforms_only_is_refused(hub: Registry) -> None:
    hub.push("parachutes/base", "1.2.3", ARM64)
    with pytest.raises(Failed, match="linux/amd64"):
        registry.pinned("parachutes/base:1.2.3")


@pytest.mark.whole
def test_missing_tag_is_named(hub: Registry) -> None:
    hub.push("parachutes/base", "1.2.3")
    with pytest.raises(Failed, match=r"no public image parachutes/base:9\.9\.9"):
        registry.pinned("parachutes/base:9.9.9")


@pytest.mark.whole
def test_registry_that_is_not_there_is_an_outside_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUTE_NEW_REGISTRY", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(OutsideFailure, match="did not answer"):
        registry.pinned("parachutes/base:1.2.3", attempts=2, timeout=1)


@pytest.mark.whole
def test_registry_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(OutsideFailure, match="Timeout"):
            registry.pinned("parachutes/base:1.2.3", attempts=2, timeout=0.5)


@pytest.mark.whole
def test_failing_registry_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST}).encode()
    with answering((503, b"{}"), (200, manifest)) as (url, paths):
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", url)
        pinned = registry.pinned("parachutes/base:1.2.3")
    assert pinned.endswith(hashlib.sha256(manifest).hexdigest())
    assert paths == ["/v2/parachutes/base/manifests/1.2.3"] * 2


@pytest.mark.whole
def test_anonymous_token_is_fetched_where_one_is_wanted(
    start_registry: Callable[..., Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed(tmp_path)
    open_one = start_registry(free_port())
    digest = open_one.push("parachutes/base", "1.2.3")
    scopes: list[str] = []
    with token_server(certificate, key, scopes) as realm:
        closed = start_registry(
            free_port(),
            http={"tls": {"certificate": str(certificate), "key": str(key)}},
            auth={
                "token": {
                    "realm": realm,
                    "service": "test",
                    "issuer": "test",
                    "rootcertbundle": str(certificate),
                }
            },
        )
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", f"https://{closed.address}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert registry.pinned("parachutes/base:1.2.3").endswith(digest)
    assert scopes == ["repository:parachutes/base:pull"]


@pytest.mark.path
@pytest.mark.parametrize("head", [False, True], ids=["its body", "its head"])
def test_a_registry_whose_answer_does_not_end_is_given_up(
    monkeypatch: pytest.MonkeyPatch, head: bool
) -> None:
    monkeypatch.setattr(registry, "MAX_BYTES", 2**16)

    class Endless(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.flush_headers() if head else self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"X" if head else b"X" * 2**14)
                    time.sleep(0.01 if head else 0)

    error = "TimeoutError" if head else "ContentDecodingError"
    with listening(Endless) as url:
        monkeypatch.setenv("CHUTE_NEW_REGISTRY", url)
        with pytest.raises(OutsideFailure, match=error):
            registry.pinned("a/b:1", timeout=0.5, attempts=1)
