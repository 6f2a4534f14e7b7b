"""Events to a client who may leave: a cord for functions that yield.

The SDK hands what a function yields from its thread to the server through a queue of 64 places, and
the function waits for a free one. When its client leaves nobody frees one: the thread, of which
there are few more than requests, waits for ever. An error before the first event is a 500 there.
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

from chutes.chute import Chute
from chutes.chute.cord import Cord
from fastapi import HTTPException, Request
from pydantic import BaseModel
from pydantic_core import to_json

from chutekit.serving import logs
from chutekit.serving.contract import Job
from chutekit.serving.errors import Refusal, internal_error

# So many events may wait for a client who reads slowly.
AHEAD = 64
_END = object()


class EventCord(Cord):
    """A cord whose function yields events; its client may leave at any time."""

    def __init__(self, app: Chute, **settings: Any) -> None:
        settings.setdefault("output_content_type", "text/event-stream")
        super().__init__(app, **settings)
        app.add_exception_handler(_NotBegun, _tell)

    async def _iter_generator_in_thread(self, *args: Any, **kwargs: Any) -> AsyncIterator[bytes]:
        (job,) = args
        begun = False
        bridge = _Bridge(asyncio.get_running_loop())
        threading.Thread(
            target=bridge.carry, args=(self._func, self._app, job), name="events", daemon=True
        ).start()
        try:
            while (item := await bridge.items.get()) is not _END:
                if isinstance(item, BaseException):
                    refusal = _refusal(item, job)
                    if not begun:
                        raise _NotBegun(refusal)
                    job.note(code=refusal.code)
                    yield error_event(job, refusal)
                    return
                bridge.room.release()
                yield item
                begun = True
            if not begun:
                # A comment: the SDK takes a stream without anything for an error.
                yield b":\n\n"
        finally:
            # The function looks at this between its steps.
            job.cancelled = True
            bridge.leave()


class _Bridge:
    """From a thread that yields to the loop that sends, until one of them has enough."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.items: asyncio.Queue[Any] = asyncio.Queue()
        self.room = threading.Semaphore(AHEAD)
        self._loop = loop
        self._left = False

    def carry(self, function: Any, chute: Any, job: Job[Any]) -> None:
        """Hand over what the function yields, then its end or its error."""
        last: object = _END
        try:
            events = iter(function(chute, job))
            try:
                for event in events:
                    self.room.acquire()
                    if self._left:
                        break
                    self._put(event)
            finally:
                if close := getattr(events, "close", None):
                    close()
        except BaseException as error:  # whatever it is, the client waits for a word
            last = error
        self._put(last)

    def leave(self) -> None:
        """Let the thread go on to its end: nobody takes anything from it any more."""
        self._left = True
        self.room.release()

    def _put(self, item: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.items.put_nowait, item)


class _NotBegun(HTTPException):
    """Carries a Refusal through the SDK, which lets only this kind of exception pass."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.status)
        self.refusal = refusal


async def _tell(request: Request, error: Exception) -> None:
    """Hand the refusal to `Contract`, which answers it."""
    assert isinstance(error, _NotBegun)
    raise error.refusal from error


def _refusal(error: BaseException, job: Job[Any]) -> Refusal:
    if isinstance(error, Refusal):
        return error
    logs.event("request_failed", "error", request_id=job.exchange.id, **logs.describe(error))
    return internal_error()


def event(item: BaseModel | str | bytes) -> bytes:
    """One event: a model as JSON, a text line by line, or bytes that are events already."""
    if isinstance(item, bytes):
        return item
    text = item.model_dump_json() if isinstance(item, BaseModel) else item
    return "".join(f"data: {line}\n" for line in text.split("\n")).encode() + b"\n"


def error_event(job: Job[Any], refusal: Refusal) -> bytes:
    """The last event of a stream that broke: its name is `error`, its data that of any error."""
    told = job.exchange.told(refusal, job.exchange.id)
    return b"event: error\ndata: " + to_json(told) + b"\n\n"
