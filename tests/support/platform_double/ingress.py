"""What stands before the gateway and gives up on it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from aiohttp import web

from support.platform_double.calls import Client
from support.platform_double.world import World

PAGE = """<html>
<head><title>504 Gateway Time-out</title></head>
<body>
<center><h1>504 Gateway Time-out</h1></center>
</body>
</html>
"""


_going_on: set[asyncio.Task[web.StreamResponse]] = set()


async def bounded(
    world: World, client: Client, work: Coroutine[Any, Any, web.StreamResponse]
) -> web.StreamResponse:
    """The answer of some work, or a page in HTML when it has not begun in time.

    The work itself goes on: nobody tells the instance that its client was sent away.
    """
    task = asyncio.ensure_future(work)
    late = asyncio.ensure_future(world.clock.reach(world.clock.now() + world.ingress_seconds))
    begun = asyncio.ensure_future(client.begun.wait())
    await asyncio.wait({task, late, begun}, return_when=asyncio.FIRST_COMPLETED)
    late.cancel()
    begun.cancel()
    if task.done() or client.begun.is_set():
        return await task
    client.gone = True
    _going_on.add(task)
    task.add_done_callback(_going_on.discard)
    return web.Response(status=504, text=PAGE, content_type="text/html")
