"""The inference engine: started, awaited, warmed up, watched, measured."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import aiohttp

from chutekit.engines.metrics import read_metrics
from chutekit.engines.pace import Pace
from chutekit.engines.process import EngineProcess
from chutekit.serving import ports, usage
from chutekit.serving.instance import LONGEST_REQUEST_SECONDS
from chutekit.serving.lifecycle import development

# The SDK has 8000 to 8002, and ports above 32767 may be taken by outgoing connections.
PORT = 10101
START_LIMIT_SECONDS = 2400.0
WARM_UP_LIMIT_SECONDS = 300.0
WARM_UP_REQUESTS = 4
CHECK_EVERY_SECONDS = 5.0
CHECK_LIMIT_SECONDS = 10.0
FAILED_CHECKS_LIMIT = 3
NO_PROGRESS_LIMIT_SECONDS = 120.0
CONNECT_LIMIT_SECONDS = 5.0
READ_BUFFER_BYTES = 2**20
# The engine's server closes idle connections by a timer, and after a pause of its process it looks
# at the timer before it reads what has arrived: by default, five seconds, requests would be lost.
IDLE_CONNECTION_SECONDS = 2.0
KEEP_ALIVE_SECONDS = 600


def choose_port() -> int:
    """Return a free port for the engine; on a laptop at random, as several chutes may run there."""
    others = random.sample(range(PORT + 1, 20000), 50)
    port = ports.choose(others if development() else [PORT, *others])
    if port is None:
        raise EngineFailed("no free port for the engine")
    return port


@dataclass(frozen=True)
class Judge:
    """How a language model that says yes or no is made a reranker.

    `architecture` is the engine's class for such a model, `answers` are its words for what does not
    fit and what does, and `template` makes a prompt of a query and a document.
    """

    architecture: str
    answers: tuple[str, str]
    template: str


@dataclass(frozen=True)
class EngineSettings:
    """What a chute decides about its engine; an engine's `launch` puts it into its own words.

    `context_length` is in tokens, `memory_fraction` of each GPU's memory, `pictures` the most of a
    request. Without `embedding`, `classifying` and `ranking` it writes texts; `judge` is for a
    reranker that is a language model. The last three are filled in when it starts.
    """

    gpu_count: int
    context_length: int
    max_sequences: int
    memory_fraction: float = 0.90
    dtype: str = "auto"
    quantization: str | None = None
    tool_parser: str | None = None
    reasoning_parser: str | None = None
    embedding: bool = False
    classifying: bool = False
    ranking: bool = False
    judge: Judge | None = None
    shorter_vectors: bool = False
    pictures: int = 0
    model_path: str = ""
    served_name: str = ""
    port: int = PORT

    def __post_init__(self) -> None:
        usage.settings("EngineSettings", vars(self))


@dataclass(frozen=True)
class Launch:
    """How to start an engine and what it calls its metrics."""

    command: list[str]
    environment: dict[str, str]
    metrics: Mapping[str, str]
    progress: tuple[str, ...]


@dataclass(frozen=True)
class WarmUp:
    """A short request that makes the engine compile and allocate, and what proves that it did."""

    path: str
    body: dict[str, object]
    counted: str


class EngineFailed(Exception):
    """The engine did not start, ended, or stopped working; the text is fit for logs and clients."""


@dataclass
class Engine:
    """A child process that speaks OpenAI's protocol. Belongs to the event loop of the server."""

    served_name: str
    port: int = field(default_factory=choose_port)
    api_key: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    in_flight: int = 0
    values: dict[str, float] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    _process: EngineProcess | None = None
    _session: aiohttp.ClientSession | None = None
    _launch: Launch = field(init=False)

    @property
    def session(self) -> aiohttp.ClientSession:
        """Pooled connections to the engine, authorised."""
        if self._session is None:
            raise EngineFailed("the engine was not started")
        return self._session

    @property
    def process(self) -> EngineProcess:
        """The engine's process."""
        if self._process is None:
            raise EngineFailed("the engine was not started")
        return self._process

    @property
    def up(self) -> bool:
        """Whether the process exists."""
        return self._process is not None and self._process.exit_code is None

    def start(self, launch: Launch) -> None:
        """Start the process and open the connection pool; returns before it answers."""
        self._launch = launch
        self._process = EngineProcess(launch.command, launch.environment)
        self.open_session()

    def open_session(self) -> None:
        """Make the pool of connections to the engine."""
        self._session = aiohttp.ClientSession(
            base_url=f"http://127.0.0.1:{self.port}",
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_CONNECTION_SECONDS),
            timeout=aiohttp.ClientTimeout(
                total=LONGEST_REQUEST_SECONDS, connect=CONNECT_LIMIT_SECONDS
            ),
            read_bufsize=READ_BUFFER_BYTES,
        )

    def end(self) -> None:
        """End the process and everything it started."""
        if self._process is not None:
            self._process.end()

    @property
    def headers(self) -> dict[str, str]:
        """What the engine wants to see on each request."""
        return {"Authorization": f"Bearer {self.api_key}"}

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request as in the engine's hands."""
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    async def ready(self, within: float = START_LIMIT_SECONDS) -> None:
        """Return once the engine answers under its name; EngineFailed when that cannot happen."""
        deadline = time.monotonic() + within
        while not await self._answers():
            if not self.up:
                self.process.log.tell()
                raise EngineFailed(
                    f"the engine exited with code {self.process.exit_code} before it was ready"
                )
            if time.monotonic() > deadline:
                self.process.log.tell()
                raise EngineFailed(f"the engine was not ready within {within:.0f} s")
            await asyncio.sleep(0.2)
        await self.check_identity()

    async def _answers(self) -> bool:
        try:
            async with self.session.get("/health", timeout=_seconds(CHECK_LIMIT_SECONDS)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def check_identity(self) -> None:
        """EngineFailed when another server holds the port, as our engine is about to find out."""
        limit = _seconds(CHECK_LIMIT_SECONDS)
        try:
            async with self.session.get("/v1/models", timeout=limit) as answer:
                locked = answer.status in (401, 403)
            async with self.session.get(
                "/v1/models", headers=self.headers, timeout=limit
            ) as answer:
                models = await answer.json() if answer.status == 200 else {}
            names = {model["id"] for model in models.get("data", ())}
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            raise EngineFailed("what answers on the engine's port is not an engine") from error
        if not locked:
            raise EngineFailed("what answers on the engine's port takes requests without a key")
        if self.served_name not in names:
            raise EngineFailed(f"the engine serves {sorted(names)}, not {self.served_name}")

    async def warm_up(self, how: WarmUp) -> None:
        """Send a few short requests at once, as the first ones compile and allocate."""

        async def complete() -> None:
            async with self.session.post(
                how.path,
                json=how.body | {"model": self.served_name},
                headers=self.headers,
                timeout=_seconds(WARM_UP_LIMIT_SECONDS),
            ) as answer:
                tokens = (await answer.json())["usage"][how.counted]
                if answer.status != 200 or not tokens:
                    raise EngineFailed(f"the warm-up was answered with status {answer.status}")

        try:
            await asyncio.gather(*(complete() for _ in range(WARM_UP_REQUESTS)))
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            self.process.log.tell()
            raise EngineFailed(f"the warm-up failed: {type(error).__name__}") from error
        self.process.log.serving()

    async def watch(self) -> None:
        """Raise EngineFailed when the engine has ended or hangs; never return."""
        tasks = [asyncio.create_task(watched()) for watched in (self._watch_life, self._watch_work)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _watch_life(self) -> None:
        while self.up:
            await asyncio.sleep(0.1)
        self.process.log.tell()
        raise EngineFailed(f"the engine exited with code {self.process.exit_code}")

    async def _watch_work(self) -> None:
        """A hung engine either stops answering or, with requests in it, makes no more tokens."""
        failed = 0
        progress, changed = 0.0, time.monotonic()
        while True:
            await asyncio.sleep(CHECK_EVERY_SECONDS)
            failed = 0 if await self._answers() and await self._measure() else failed + 1
            if failed == FAILED_CHECKS_LIMIT:
                self.process.log.tell()
                raise EngineFailed(f"the engine did not answer {failed} checks in a row")
            now = sum(self.values.get(name, 0.0) for name in self._launch.progress)
            if now != progress or not self.in_flight:
                progress, changed = now, time.monotonic()
            elif time.monotonic() - changed > NO_PROGRESS_LIMIT_SECONDS:
                self.process.log.tell()
                raise EngineFailed(
                    f"the engine made no progress for {NO_PROGRESS_LIMIT_SECONDS:.0f} s"
                )

    async def _measure(self) -> bool:
        try:
            async with self.session.get(
                "/metrics", headers=self.headers, timeout=_seconds(CHECK_LIMIT_SECONDS)
            ) as answer:
                if answer.status == 200:
                    self.values = read_metrics(await answer.text(), self._launch.metrics)
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False


def _seconds(total: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=total)
