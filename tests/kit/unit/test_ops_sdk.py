"""The SDK's command line as `make build` and `make deploy` run it, on a machine behind a proxy."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from chutekit.ops import sdk

pytestmark = pytest.mark.path


async def _asked(proxied: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What arrives at a proxy when the SDK asks a platform that only the proxy can reach."""
    lines: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines.extend(head.strip().split("\r\n"))
        writer.write(
            b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\n"
            b"Content-Length: 0\r\nConnection: close\r\n\r\n"
        )
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for name, value in proxied.items():
        monkeypatch.setenv(name, value.format(port=port))
    async with (
        server,
        aiohttp.ClientSession(base_url="http://platform.invalid") as session,
        session.post("/images/", data=b"") as response,
    ):
        assert response.status == 302
    return lines


@pytest.fixture(autouse=True)
def _changed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("__init__", "_request"):  # given back afterwards
        monkeypatch.setattr(aiohttp.ClientSession, name, getattr(aiohttp.ClientSession, name))
    monkeypatch.setenv("NETRC", "")  # which it sets: given back, too
    monkeypatch.delenv("NETRC")
    for name in ("HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    sdk.change()


def test_its_requests_go_through_the_proxy_and_follow_no_redirect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = asyncio.run(_asked({"http_proxy": "http://127.0.0.1:{port}"}, monkeypatch))
    assert asked[0] == "POST http://platform.invalid/images/ HTTP/1.1"


def test_no_password_of_the_machine_goes_with_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login alice password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    asked = asyncio.run(_asked({"http_proxy": "http://127.0.0.1:{port}"}, monkeypatch))
    assert not [line for line in asked if line.lower().startswith("authorization")]


def test_what_no_proxy_names_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    proxied = {"http_proxy": "http://127.0.0.1:{port}", "no_proxy": "platform.invalid"}
    with pytest.raises(aiohttp.ClientConnectorError):
        asyncio.run(_asked(proxied, monkeypatch))
