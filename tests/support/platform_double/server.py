"""The server: who may do what, which faults strike, and what was asked."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from support.platform_double import access, chutes, deployments, gateway, images
from support.platform_double.authentication import asker
from support.platform_double.faults import Fault
from support.platform_double.identity import Identity
from support.platform_double.instances import Processes
from support.platform_double.replies import DOUBLE, OWNER, PROCESS, refuse
from support.platform_double.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Double:
    """The platform on a local port, in a thread of its own."""

    def __init__(self, identity: Identity, testing: Path, python: str = sys.executable) -> None:
        self.identity = identity
        self.world = World()
        self.faults: list[Fault] = []
        self.asked: list[tuple[str, str, str]] = []
        self.processes = Processes(testing, python)
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Double:
        self._thread.start()
        if not self._ready.wait(timeout=30):
            raise RuntimeError("the double did not start")
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self.processes.end()

    def application(self) -> web.Application:
        """The application with all its routes."""
        app = web.Application(middlewares=[self._guard], client_max_size=2**28)
        app[DOUBLE] = self
        for module in (images, deployments, chutes, access):
            app.add_routes(module.routes)
        return app

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        self._loop.run_until_complete(site.start())
        self.port = runner.addresses[0][1]
        self._ready.set()
        self._loop.run_forever()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        agent = request.headers.get("User-Agent", "")
        self.asked.append((request.method, request.path, "cli" if "aiohttp" in agent else "ops"))
        for fault in self.faults:
            if fault.strikes(request):
                return await fault.fail(request)
        request[PROCESS] = self.world.next_process()
        if called := gateway.called(request):
            return await gateway.call(request, *called)
        if request.match_info.http_exception is not None:
            # The API hands what it has no route for to its gateway, which asks who calls.
            return refuse(401, "Authentication required.")
        asking = await asker(request, self)
        if asking.refusal:
            return refuse(401, asking.refusal)
        request[OWNER] = asking.owner
        return await handler(request)
