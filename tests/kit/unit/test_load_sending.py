"""Requests are sent when they are due and measured from then, on a clock that only jumps.

The loop's clock here moves to the next moment at which something happens, so that hours pass at
once and every time is exact. The server is a function of the clock.
"""

import asyncio
import itertools
import selectors
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from chutekit.load import sending
from chutekit.load.figures import figures
from chutekit.load.outcome import ANSWERED, CONNECTION, LATE, UNSENT
from chutekit.load.schedule import due, steady
from chutekit.load.sending import Run, Target, Watch, play


class JumpingSelector(selectors.SelectSelector):
    """Waits for nothing: what would be waited for is over."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        """Let the time pass."""
        self.now += max(timeout or 0.0, 0.0)
        return []


class Jumping(asyncio.SelectorEventLoop):
    """A loop with such a clock."""

    def __init__(self) -> None:
        self.clock = JumpingSelector()
        super().__init__(self.clock)

    def time(self) -> float:
        """The time that has passed."""
        return self.clock.now


#: Answers a request that arrives now: a status, after it has taken its time.
Server = Callable[[], Awaitable[int]]


class Session:
    """What aiohttp's has of it, with a server behind it."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def __aenter__(self) -> "Session":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close."""

    @asynccontextmanager
    async def post(self, url: str, **_: Any) -> AsyncIterator[Any]:
        """The answer of the server."""
        status = await self.server()

        async def body() -> bytes:
            return b"{}"

        yield types.SimpleNamespace(status=status, content_type="application/json", read=body)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Plays a load against a server and returns the run."""

    def go(
        server: Server,
        *,
        rate: float,
        seconds: float,
        patience: float = 1e6,
        watch: Watch = lambda *_: "",
    ) -> Run:
        session = Session(server)
        monkeypatch.setattr(sending.aiohttp, "ClientSession", lambda **_: session)
        monkeypatch.setattr(sending.aiohttp, "TCPConnector", lambda **_: None)
        run = Run()
        with asyncio.Runner(loop_factory=Jumping) as runner:
            runner.run(
                play(
                    Target("http://there", "/generate"),
                    due(steady(rate, seconds), even=True, seed=1),
                    itertools.repeat(b"{}"),
                    patience=patience,
                    watch=watch,
                    run=run,
                )
            )
        return run

    return go


def now() -> float:
    return asyncio.get_running_loop().time()


def endings(run: Run) -> list[str]:
    return [outcome.ended for outcome in run.outcomes]


def test_percentiles_are_those_of_the_server(loaded: Callable[..., Run]) -> None:
    takes: Iterator[float] = itertools.cycle([0.01 * n for n in range(1, 101)])

    async def server() -> int:
        await asyncio.sleep(next(takes))
        return 200

    run = loaded(server, rate=50, seconds=20)
    found = figures(run.outcomes, 20)["whole_s"]
    assert (found["count"], found["max"]) == (1000, pytest.approx(1.0, abs=1e-3))
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)):
        assert found[name]["value"] == pytest.approx(share, abs=0.002)


def test_a_stall_of_the_server_shows_in_the_percentiles(loaded: Callable[..., Run]) -> None:
    """Ten seconds of a hundred stand still; of the requests due then the average waits five."""

    async def server() -> int:
        await asyncio.sleep(max(60.0 - now(), 0.0) if now() >= 50.0 else 0.0)
        await asyncio.sleep(0.01)
        return 200

    run = loaded(server, rate=10, seconds=100)
    found = figures(run.outcomes, 100)["whole_s"]
    # Somebody who waits for an answer before the next request would have seen one slow answer of
    # nine hundred and a p99 of 0.01 s.
    assert found["count"] == 1000
    assert found["p95"]["value"] == pytest.approx(5.0, abs=0.2)
    assert found["p99"]["value"] == pytest.approx(9.0, abs=0.2)
    assert found["p50"]["value"] == pytest.approx(0.01, abs=0.002)


def test_no_request_waits_for_another(loaded: Callable[..., Run]) -> None:
    arrived: list[float] = []

    async def server() -> int:
        arrived.append(now())
        await asyncio.sleep(1000)
        return 200

    run = loaded(server, rate=2, seconds=10)
    assert arrived == pytest.approx([0.25 + 0.5 * n for n in range(20)])
    assert [outcome.late_s for outcome in run.outcomes] == pytest.approx([0.0] * 20)


def test_a_sender_that_stands_still_is_late_and_its_requests_are_not_forgiven(
    loaded: Callable[..., Run],
) -> None:
    first = iter([5.0])

    async def server() -> int:
        # Nothing else runs meanwhile: this machine is busy, not the server.
        loop: Any = asyncio.get_running_loop()
        loop.clock.now += next(first, 0.0)
        return 200

    run = loaded(server, rate=1, seconds=10)
    lateness = [outcome.late_s for outcome in run.outcomes]
    assert lateness[:6] == pytest.approx([0.0, 4.0, 3.0, 2.0, 1.0, 0.0])
    assert [outcome.whole_s for outcome in run.outcomes[1:5]] == pytest.approx(lateness[1:5])


def test_endings_have_their_words(loaded: Callable[..., Run]) -> None:
    replies: Iterator[int | Exception] = iter(
        [200, 429, 503, 500, aiohttp.ClientConnectionError(), OSError(), 302]
    )

    async def server() -> int:
        reply = next(replies)
        if isinstance(reply, Exception):
            raise reply
        return reply

    run = loaded(server, rate=7, seconds=1)
    assert endings(run) == [ANSWERED, "429", "503", "500", CONNECTION, CONNECTION, "302"]


def test_patience_counts_from_when_a_request_was_due(loaded: Callable[..., Run]) -> None:
    async def server() -> int:
        await asyncio.sleep(now())  # each request takes as long as the time of day
        return 200

    run = loaded(server, rate=1, seconds=10, patience=4)
    assert endings(run) == [ANSWERED] * 4 + [LATE] * 6
    assert [outcome.whole_s for outcome in run.outcomes[4:]] == pytest.approx([4.0] * 6)


def test_what_this_machine_cannot_hold_open_is_told_as_not_sent(
    loaded: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_files", lambda: 3)

    async def server() -> int:
        await asyncio.sleep(100)
        return 200

    assert endings(loaded(server, rate=1, seconds=5)) == [ANSWERED] * 3 + [UNSENT] * 2


def test_a_run_that_must_stop_sends_no_more_and_leaves_nothing_open(
    loaded: Callable[..., Run],
) -> None:
    cancelled: list[float] = []

    async def server() -> int:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            cancelled.append(now())
            raise
        return 200

    def watch(seconds: float, _: Run) -> str:
        return "max-usd" if seconds >= 10 else ""

    run = loaded(server, rate=1, seconds=100, watch=watch)
    assert run.stopped == "max-usd"
    assert 9 <= run.sent <= 11
    assert len(cancelled) == run.sent


def test_a_key_is_never_shown() -> None:
    assert "xyzzy" not in repr(Target("http://there", "/", {"Authorization": "Bearer xyzzy"}))
