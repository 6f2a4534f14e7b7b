"""Descriptors: as many as there may be, and none kept for clients that have left."""

from __future__ import annotations

import inspect
import resource
from typing import Any

from hypercorn.asyncio.tcp_server import TCPServer

from chutekit.serving import logs

MOST_DESCRIPTORS = 2**20


def raise_limit() -> None:
    """Let the process have as many files and connections as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError) as error:
            logs.event("descriptors_limited", "warning", limit=soft, **logs.describe(error))


def end_with_the_client() -> None:
    """Have the server close a connection when its client does.

    Hypercorn 0.17.3 waits for the task that would close an idle connection, 75 s with the SDK's
    setting, before it looks at a connection that the client has closed. The methods are private to
    it, so they are replaced only while they look as they did.
    """
    read, idle = (getattr(TCPServer, name, None) for name in ("_read_data", "_idle_timeout"))
    if getattr(read, "patched", False):
        return
    if (
        read is None
        or idle is None
        or any(list(inspect.signature(method).parameters) != ["self"] for method in (read, idle))
    ):
        logs.event("connections_kept", "warning", reason="this server closes in another way")
        return

    async def read_data(self: Any) -> None:
        await read(self)
        await self.idle_task.stop()

    async def idle_timeout(self: Any) -> None:
        if not self.reader.at_eof():
            await idle(self)

    vars(read_data)["patched"] = True
    vars_of: Any = TCPServer
    vars_of._read_data, vars_of._idle_timeout = read_data, idle_timeout
