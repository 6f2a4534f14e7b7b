"""The cache in Redis: one that is down, slow or talks rubbish is a miss, never an error."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from chutekit.caches import redis as module
from chutekit.caches.redis import Cache, frame, unframe


class Impostor:
    """Listens where Redis should and answers each message with `reply`, or never."""

    def __init__(self, reply: bytes | None) -> None:
        self.reply = reply
        self.connections = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.socket.getsockname()[1]}/0"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        held = []
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            held.append(connection)
            threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        while self.reply is not None and connection.recv(4096):
            connection.sendall(self.reply)


@pytest.fixture(params=["silent", "rubbish", "error"])
def impostor(request: pytest.FixtureRequest) -> Iterator[Impostor]:
    """Something that is not a working Redis."""
    replies = {"silent": None, "rubbish": b"\x00\xffHTTP/1.1 200 OK\r\n", "error": b"-LOADING\r\n"}
    impostor = Impostor(replies[request.param])
    yield impostor
    impostor.socket.close()


@pytest.mark.whole
def test_a_redis_that_does_not_work_is_a_miss_and_then_left_alone(impostor: Impostor) -> None:
    cache = Cache(impostor.url)
    started = time.monotonic()
    assert cache.get("a") is None
    assert time.monotonic() - started < 1.5
    tried = impostor.connections
    started = time.monotonic()
    for _ in range(100):
        cache.put("a", b"1")
        assert cache.get("a") is None
    assert time.monotonic() - started < 0.5
    assert impostor.connections == tried


@pytest.mark.whole
def test_a_redis_is_tried_again_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.05)
    impostor = Impostor(b"-LOADING\r\n")
    cache = Cache(impostor.url)
    assert cache.get("a") is None
    tried = impostor.connections
    time.sleep(0.1)
    assert cache.get("a") is None
    assert impostor.connections > tried
    impostor.socket.close()


@pytest.mark.whole
@pytest.mark.parametrize("url", ["", "not an address", "redis://127.0.0.1:1/0"])
def test_no_redis_is_a_miss(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    cache = Cache()
    cache.put("a", b"1")
    assert cache.get("a") is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda framed: framed[:-1],
        lambda framed: framed[:-1] + bytes([framed[-1] ^ 1]),
        lambda framed: b"",
        lambda framed: b"CN2\0",
        lambda framed: b"something else altogether, and long enough",
    ],
)
def test_damaged_values_are_not_taken_for_ours(damage: object) -> None:
    framed = frame(b"a picture", "a", b"key")
    assert unframe(framed, "a", b"key") == b"a picture"
    assert unframe(damage(framed), "a", b"key") is None  # type: ignore[operator]
