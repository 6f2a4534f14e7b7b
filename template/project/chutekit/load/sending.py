"""Sends requests when they are due, and measures each from then on."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import aiohttp

from chutekit.load.outcome import ANSWERED, BROKEN, CONNECTION, LATE, UNSENT, Outcome
from chutekit.load.reading import Reading, read
from chutekit.load.schedule import Due

#: Below the 5 s after which the chute's server, uvicorn, closes a connection that nobody uses: a
#: request sent at that moment would be lost.
KEPT_SECONDS = 4.0
#: Of what the system allows this process to open, so many stay for others.
SPARE_FILES = 64
TICK_SECONDS = 0.5


@dataclass(frozen=True)
class Target:
    """Where requests go, and what goes with each; a header may be a secret and is never shown."""

    url: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def openai(self) -> bool:
        """Whether streams end with `[DONE]`."""
        return self.path.startswith("/v1/")


@dataclass
class Run:
    """A load under way: what it sent, what came back, and why it ended early, if it did."""

    outcomes: list[Outcome] = field(default_factory=list)
    sent: int = 0
    in_flight: int = 0
    stopped: str = ""


#: Called now and then with the seconds since the start; says why the run must stop, or nothing.
Watch = Callable[[float, Run], str]


async def play(
    target: Target,
    timetable: Iterable[Due],
    bodies: Iterator[bytes],
    *,
    patience: float,
    watch: Watch,
    run: Run,
) -> None:
    """Send everything in the timetable and wait for the answers, each for `patience` seconds.

    Outcomes go into `run` as they come, so that they are there even where this is interrupted.
    """
    loop = asyncio.get_running_loop()
    most = _files()
    # Its own limit would hold requests back until others are done.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS)
    waiting: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None),
        headers={"Content-Type": "application/json", **target.headers},
    ) as session:
        begun = loop.time()
        watcher = asyncio.create_task(_watched(watch, run, begun))
        try:
            for moment in timetable:
                body = next(bodies)
                if not await _until(begun + moment.seconds, run):
                    break
                if run.in_flight >= most:
                    _unsent(run, moment, loop.time() - begun)
                    continue
                one = _One(session, target, moment, begun + moment.seconds, patience)
                task = asyncio.create_task(one.send(body, run))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
            while waiting and not run.stopped:
                await asyncio.wait(waiting, timeout=TICK_SECONDS)
        finally:
            watcher.cancel()
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
    run.outcomes.sort(key=lambda outcome: outcome.due_s)


async def _until(moment: float, run: Run) -> bool:
    """Wait until a moment of the loop's clock; False when the run was stopped before it."""
    while not run.stopped:
        left = moment - asyncio.get_running_loop().time()
        if left <= 0:
            # Answers are read even where the sender has fallen behind.
            await asyncio.sleep(0)
            return not run.stopped
        await asyncio.sleep(min(left, TICK_SECONDS))
    return False


async def _watched(watch: Watch, run: Run, begun: float) -> None:
    while not run.stopped:
        run.stopped = watch(asyncio.get_running_loop().time() - begun, run)
        await asyncio.sleep(TICK_SECONDS)


def _unsent(run: Run, moment: Due, now: float) -> None:
    late = now - moment.seconds
    nothing = Outcome(
        moment.stage, moment.seconds, late, None, None, late, None, None, None, UNSENT
    )
    run.outcomes.append(nothing)


def _files() -> int:
    """Allow this process as many connections as the system does, and return how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1_000_000
    wanted = hard if hard != resource.RLIM_INFINITY else max(soft, 65_536)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        wanted = soft
    return max(1, wanted - SPARE_FILES)


@dataclass(frozen=True)
class _One:
    """A request that is due at `due` of the loop's clock."""

    session: aiohttp.ClientSession
    target: Target
    moment: Due
    due: float
    patience: float

    async def send(self, body: bytes, run: Run) -> None:
        """Send it, read the answer, note the outcome."""
        clock = asyncio.get_running_loop().time
        late = clock() - self.due
        reading = Reading()
        run.sent += 1
        run.in_flight += 1
        try:
            async with asyncio.timeout_at(self.due + self.patience):
                ended, reading = await self._exchange(body)
        except TimeoutError:
            ended = LATE
        except aiohttp.ClientPayloadError:
            ended = BROKEN
        except (aiohttp.ClientError, OSError):
            ended = CONNECTION
        finally:
            run.in_flight -= 1
        run.outcomes.append(self._outcome(late, clock(), reading, ended))

    async def _exchange(self, body: bytes) -> tuple[str, Reading]:
        clock = asyncio.get_running_loop().time
        async with self.session.post(
            # A redirect is an answer: followed, it could take the key to another host.
            self.target.url + self.target.path,
            data=body,
            allow_redirects=False,
        ) as response:
            if response.status != 200:
                await response.read()
                return str(response.status), Reading()
            reading = await read(response, clock, openai=self.target.openai)
            return (BROKEN if reading.fault else ANSWERED), reading

    def _outcome(self, late: float, now: float, reading: Reading, ended: str) -> Outcome:
        def since(moment: float | None) -> float | None:
            return None if moment is None else moment - self.due

        return Outcome(
            self.moment.stage,
            self.moment.seconds,
            late,
            since(reading.first),
            since(reading.last),
            now - self.due,
            reading.gap,
            reading.tokens_in,
            reading.tokens_out,
            ended,
        )
