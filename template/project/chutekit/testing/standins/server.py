"""What every stub engine does: start as told, guard its key, tell its name and its counts."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Stub:
    """A server without a model; `ROUTES` of a subclass name what it answers."""

    ROUTES: tuple[str, ...] = ()

    def __init__(self, name: str, longest: int, api_key: str) -> None:
        self.name = name
        self.longest = longest
        self.api_key = api_key
        self.counts: Counter[str] = Counter()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one of `ROUTES`."""
        raise NotImplementedError

    async def health(self, request: web.Request) -> web.Response:
        """GET /health"""
        return web.Response()

    async def metrics(self, request: web.Request) -> web.Response:
        """GET /metrics, as text for Prometheus"""
        names = ("prompt_tokens_total", "generated_tokens_total", "requests_running")
        lines = [f'stub:{name}{{model_name="{self.name}"}} {self.counts[name]}' for name in names]
        return web.Response(text="\n".join(lines) + "\n")

    async def models(self, request: web.Request) -> web.Response:
        """GET /v1/models"""
        self.check_key(request)
        return web.json_response({"object": "list", "data": [{"id": self.name, "object": "model"}]})

    def check_key(self, request: web.Request) -> None:
        """Refuse everybody but the chute."""
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            raise web.HTTPUnauthorized


def settings(text: str) -> dict[str, str]:
    """Read `name=value` pairs."""
    pairs = (word.partition("=") for word in text.split())
    return {name: value for name, equals, value in pairs if equals}


def refusal(status: int, message: str, param: str | None) -> web.Response:
    """Return an error as OpenAI's servers write them."""
    error = {"message": message, "type": "BadRequestError", "param": param, "code": status}
    return web.json_response({"error": error}, status=status)


def too_long(longest: int, tokens: int, param: str | None) -> web.Response:
    """Refuse a prompt that does not fit, in vLLM's words."""
    return refusal(
        400,
        f"This model's maximum context length is {longest} tokens. However, your prompt contains "
        f"{tokens} input tokens. Please reduce the length of the input prompt.",
        param,
    )


def serve(kind: type[Stub]) -> None:
    """Serve until killed.

    `--start` takes settings for the process: exit (with this code), never (be ready), slow
    (seconds), child (start a child process).
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--served-model-name", required=True)
    parser.add_argument("--max-model-len", type=int, required=True)
    parser.add_argument("--start", default="")
    options = parser.parse_args()
    start = settings(options.start)
    if "exit" in start:
        print("stub: cannot start", file=sys.stderr)
        sys.exit(int(start["exit"]))
    if "child" in start:
        subprocess.Popen(["sleep", "600"])
    time.sleep(float(start.get("slow", 0)))
    if "never" in start:
        time.sleep(600)
    stub = kind(options.served_model_name, options.max_model_len, os.environ["STUB_API_KEY"])
    app = web.Application(client_max_size=2**28)
    app.router.add_get("/health", stub.health)
    app.router.add_get("/metrics", stub.metrics)
    app.router.add_get("/v1/models", stub.models)
    for route in kind.ROUTES:
        app.router.add_post(route, stub.answer)
    # Without this the death of a client is noticed only at the next write.
    web.run_app(app, host="127.0.0.1", port=options.port, print=None, handler_cancellation=True)
