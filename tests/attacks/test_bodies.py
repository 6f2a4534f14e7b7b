"""Bodies that grow when they are unpacked, or that never end."""

import asyncio
import gzip
import importlib.util
import json
import sys
import tracemalloc
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from chutekit.serving import edge, unpacking
from chutekit.serving.edge import Edge
from chutekit.serving.instance import Instance

LIMIT = 2**20
BOMB = gzip.compress(b"0" * 64 * 2**20)


def test_a_bomb_is_refused_before_it_has_grown() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="must be at most"):
            unpacking.unpacked(BOMB, LIMIT)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * LIMIT


def test_a_bomb_of_many_members_is_refused() -> None:
    with pytest.raises(ValueError, match="must be at most"):
        unpacking.unpacked(gzip.compress(b"0" * (LIMIT // 2)) * 3, LIMIT)


@pytest.mark.parametrize("plain", [b"", b"{}", b"x" * LIMIT], ids=["nothing", "little", "most"])
def test_what_fits_is_unpacked(plain: bytes) -> None:
    packed = gzip.compress(plain)
    assert unpacking.unpacked(packed, LIMIT) == gzip.decompress(packed) == plain
    twice = gzip.compress(plain[:10]) + gzip.compress(plain[10:]) + b"\0\0"
    assert unpacking.unpacked(twice, LIMIT) == gzip.decompress(twice) == plain


@pytest.mark.parametrize(
    "damaged",
    [b"x", BOMB[:100], BOMB[:-1], b"\x1f\x8b"],
    ids=["another", "cut", "one byte short", "the mark alone"],
)
def test_what_is_damaged_is_no_body(damaged: bytes) -> None:
    with pytest.raises((EOFError, zlib.error)):
        unpacking.unpacked(damaged, 2**30)


def test_the_sdk_unpacks_within_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    sdk: Any = ModuleType(unpacking.MODULE)
    sdk.gzip = gzip
    monkeypatch.setitem(sys.modules, unpacking.MODULE, sdk)
    unpacking.bound(LIMIT)
    with pytest.raises(ValueError, match="must be at most"):
        sdk.gzip.decompress(BOMB)
    assert sdk.gzip.decompress(sdk.gzip.compress(b"{}")) == b"{}"
    assert gzip.decompress(BOMB)


def test_the_sdk_unpacks_by_the_name_that_is_bounded() -> None:
    spec = importlib.util.find_spec("chutes")
    assert spec is not None
    assert spec.origin is not None
    source = (Path(spec.origin).parent / "entrypoint" / "run.py").read_text(encoding="utf-8")
    assert source.count("gzip.decompress(") == 2
    assert "\nimport gzip\n" in source
    assert "zlib" not in source


def test_a_body_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "BODY_SECONDS", 0.05)
    sent: list[Any] = []

    async def never(*_: Any) -> None:
        raise AssertionError("the body was not complete")

    async def drip() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/x", "headers": []}
    asyncio.run(Edge(never, Instance(1), LIMIT, encrypted=True)(scope, drip, send))
    assert sent[0]["status"] == 400
    assert json.loads(sent[1]["body"])["error"]["code"] == "timeout"
