"""Bodies that grow, through the SDK's own middleware: sealed by the platform, and end to end.

Only the cryptography is replaced, which needs the platform's native library.
"""

import asyncio
import base64
import gzip
import json
import tracemalloc
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from chutekit.serving import unpacking
from chutekit.serving.edge import Edge
from chutekit.serving.instance import Instance
from chutes.entrypoint import run
from starlette.requests import Request

# The SDK's refusals are made by a class that its FastAPI calls old.
pytestmark = pytest.mark.filterwarnings("ignore::fastapi.exceptions.FastAPIDeprecationWarning")

LIMIT = 64 * 1024
PATH = "/generate"
#: Of 64 MB it makes 65 kB.
BOMB = gzip.compress(b"[" + b"0," * 2**25 + b"0]")
Answered = tuple[int, Any]


class Native:
    """The native library's part in a request that is sealed from end to end."""

    def __init__(self) -> None:
        self.held = 0

    def e2e_new_ctx(self) -> object:
        """What holds its keys."""
        self.held += 1
        return object()

    def e2e_free_ctx(self, ctx: object) -> None:
        """Gives it back."""
        self.held -= 1

    def e2e_decrypt_request(self, ctx: object, sealed: bytes) -> bytes:
        """The body as it was packed."""
        return sealed


@pytest.fixture
def native(monkeypatch: pytest.MonkeyPatch) -> Native:
    """The SDK's middleware as it is on the platform, bounded as a chute bounds it."""
    native = Native()

    async def authenticated(request: Request) -> tuple[bytes, None]:
        return await request.body(), None

    monkeypatch.setattr(run, "gzip", run.gzip)
    monkeypatch.setattr(run, "authenticate_request", authenticated)
    monkeypatch.setattr(run, "aegis_decrypt", lambda sealed: sealed)
    monkeypatch.setattr(run, "get_aegis_handle", lambda: native)
    unpacking.bound(LIMIT)
    return native


def asked(body: bytes, *, end_to_end: bool, found: list[Any]) -> Answered:
    """What a chute answers on the platform; `found` is what reaches what is served."""

    async def served(scope: Any, receive: Any, send: Any) -> None:
        found.append(scope["state"]["decrypted"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    sent: list[Any] = []
    left = [{"type": "http.request", "body": base64.b64encode(body)}]

    async def receive() -> Any:
        return left.pop() if left else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/" + PATH.encode().hex(),
        "query_string": b"",
        "client": ("10.0.0.9", 1),
        "headers": [(b"x-e2e-encrypted", b"true")] if end_to_end else [],
    }
    middleware = run.GraValMiddleware(served, concurrency=2)
    edge = Edge(middleware, Instance(2), LIMIT, encrypted=True)
    call: Callable[..., Awaitable[None]] = edge
    asyncio.run(asyncio.wait_for(call(scope, receive, send), 60))
    content = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(content)


@pytest.mark.parametrize("end_to_end", [False, True], ids=["by the platform", "end to end"])
def test_a_bomb_is_a_mistake_of_its_sender(native: Native, end_to_end: bool) -> None:
    assert len(BOMB) * 4 / 3 < 2 * LIMIT < len(gzip.decompress(BOMB)) / 100
    found: list[Any] = []
    tracemalloc.start()
    try:
        status, answer = asked(BOMB, end_to_end=end_to_end, found=found)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert status == 400, answer
    assert not found
    assert most < 16 * LIMIT
    assert native.held == 0


@pytest.mark.parametrize("end_to_end", [False, True], ids=["by the platform", "end to end"])
@pytest.mark.parametrize(
    "packed",
    [b"\x1f\x8b", b"[" * 60_000, gzip.compress(b"[" * 60_000), gzip.compress(b"{}")[:-1], b""],
    ids=["the mark alone", "brackets", "packed brackets", "cut", "nothing"],
)
def test_other_rubbish_is_one_too(native: Native, packed: bytes, end_to_end: bool) -> None:
    found: list[Any] = []
    assert asked(packed, end_to_end=end_to_end, found=found)[0] == 400
    assert not found
    assert native.held == 0


def test_a_body_of_the_largest_size_arrives(native: Native) -> None:
    found: list[Any] = []
    body = json.dumps({"prompt": "x" * (LIMIT - 20)}).encode()
    assert asked(gzip.compress(body), end_to_end=False, found=found)[0] == 200
    assert found == [json.loads(body)]


@pytest.mark.parametrize("end_to_end", [False, True], ids=["by the platform", "end to end"])
def test_nothing_else_unpacks(
    native: Native, monkeypatch: pytest.MonkeyPatch, end_to_end: bool
) -> None:
    given: list[bytes] = []

    def decompress(data: bytes) -> bytes:
        given.append(data)
        return b'{"prompt": "x"}'

    monkeypatch.setattr(run, "gzip", SimpleNamespace(compress=gzip.compress, decompress=decompress))
    asked(BOMB, end_to_end=end_to_end, found=[])
    assert given == [BOMB]
