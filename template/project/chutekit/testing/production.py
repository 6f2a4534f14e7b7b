"""The chute as `chutes run` serves it on the platform, with its cryptography stubbed.

The SDK's own production middleware, cord paths and server; only what needs the platform's native
library or an account is replaced. Run as `python -m chutekit.testing.production --port N`.
"""

import argparse
import asyncio
import os
from typing import Any
from unittest import mock

from chutes.chute.cord import init_user_code_executor
from chutes.entrypoint import run
from chutes.entrypoint._shared import load_chute
from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.requests import Request

from chutekit.testing.gateway import seal, unseal


async def authenticated(request: Request) -> tuple[bytes | None, None]:
    """What the SDK's check of the validator's signature returns when it is right."""
    return (await request.body() if request.method == "POST" else None), None


def from_elsewhere(app: Any) -> Any:
    """The SDK trusts connections from 127.0.0.1; the platform's come from another machine."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["client"] = ("10.0.0.9", 40000)
        await app(scope, receive, send)

    return application


async def main(reference: str, port: int) -> None:
    """Serve until the process is ended."""
    _, chute = load_chute(reference, config_path=None, debug=False)
    if os.environ.get("SIMULATE_STUB_ALLOWED") == "1":
        mock.patch("chutekit.serving.backend.development", return_value=True).start()
    if seconds := os.environ.get("SIMULATE_REQUEST_SECONDS"):
        chute.instance.request_seconds = float(seconds)
    # The packages here are not the image's.
    mock.patch("chutekit.serving.drift.development", return_value=True).start()
    mock.patch("chutekit.serving.lifecycle.LINGER_SECONDS", 0).start()
    mock.patch.object(run, "authenticate_request", authenticated).start()
    mock.patch.object(run, "aegis_decrypt", unseal).start()
    mock.patch.object(run, "aegis_encrypt", seal).start()
    await chute.initialize()
    chute.add_middleware(run.GraValMiddleware, concurrency=chute.concurrency)
    chute.add_api_route("/_ping", run.pong, methods=["POST"])
    init_user_code_executor(chute.concurrency)
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    await serve(from_elsewhere(chute), config, shutdown_trigger=asyncio.Event().wait)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--reference", default="chute:prod")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--logging-port", help="for likeness with `chutes run`; unused")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.reference, arguments.port))
