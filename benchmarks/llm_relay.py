"""Streams through a generated chute against the same engine without the chute, in one run.

    python benchmarks/llm_relay.py                    # a stub engine at 50 tokens/s per stream
    python benchmarks/llm_relay.py --engine vllm      # real vLLM; TEST_VLLM_PYTHON names its
                                                      # interpreter

For `EngineCord` and for the SDK's own passthrough cord a chute is started, and the engine it
supervises is measured directly and through the chute in turns. Server and client share the
machine, so ratios mean more than absolute numbers. An engine that computes on the CPU takes from
the chute what on a GPU it would not: `--apart` gives it the first half of the cores, directly and
through the chute alike, and the other half to the chute and the client. Prints one JSON line per
comparison.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "template" / "project")]

from support import tiny_llm  # noqa: E402
from support.harness import free_port  # noqa: E402

NAME = "bench"
RELAYS = {"EngineCord": "", "SDK passthrough": "sdk"}
START_SECONDS = 300.0
RAMP_SECONDS = 2.0


@dataclass(frozen=True)
class Target:
    """Something to send streams to."""

    url: str
    headers: dict[str, str]
    pid: int


@dataclass(frozen=True)
class Result:
    """Tokens per second of all streams, the median time to a first token, and processor time."""

    tokens_per_second: float
    first_token: float
    cpu_seconds_per_token: float


@contextmanager
def running(
    repository: Path, relay: str, engine: dict[str, str]
) -> Iterator[tuple[Target, Target]]:
    """Yield the chute, in the environment that its engine needs, and that engine."""
    port = free_port()
    environment = (
        os.environ
        | {
            "CHUTES_EXECUTION_CONTEXT": "REMOTE",
            "CHUTES_ALLOW_MISSING": "true",
            "CHUTE_RELAY": relay,
        }
        | engine
    )
    command = [Path(sys.executable).with_name("chutes"), "run", "chute:prod", "--dev"]
    ports = ["--port", str(port), "--logging-port", str(free_port())]
    with (repository / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, *ports], cwd=repository, env=environment, stdout=log, stderr=log
        )
    try:
        wait(port, process, repository / "log")
        chute = Target(f"http://127.0.0.1:{port}", {}, process.pid)
        yield chute, engine_of(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def keep_apart(chute: Target, engine: Target) -> None:
    """Give one half of the cores to the engine, the other to the chute and to this client."""
    cores = sorted(os.sched_getaffinity(0))
    first, second = cores[: len(cores) // 2], cores[len(cores) // 2 :]
    engines = family(engine.pid)
    for pid in {os.getpid(), *family(chute.pid)} - engines:
        pin(pid, second)
    for pid in engines:
        pin(pid, first)


def family(pid: int) -> set[int]:
    """Return a process and all below it."""
    found = {pid}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found |= family(int(child))
    return found


def pin(pid: int, cores: list[int]) -> None:
    """Let all threads of a process run on these cores only, and those that they start."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


def wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when something listens."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit(f"the chute did not start:\n{log.read_text()[-3000:]}")


def engine_of(pid: int) -> Target:
    """Find the engine among the chute's children, and the key that it was given."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            variables = Path(f"/proc/{child}/environ").read_text().split("\0")
            keys = [word.partition("=")[2] for word in variables if "_API_KEY=" in word]
            if "--port" in words and keys:
                url = f"http://127.0.0.1:{words[words.index('--port') + 1]}"
                return Target(url, {"Authorization": f"Bearer {keys[0]}"}, int(child))
    raise SystemExit("the chute has no engine")


def body(engine: str, tokens: int, delay: float) -> dict[str, Any]:
    """Return a request for a fixed number of tokens."""
    prompt = f"stub: tokens={tokens} delay={delay}" if engine == "stub" else "Hello"
    own = {} if engine == "stub" else {"ignore_eos": True, "temperature": 0, "max_tokens": tokens}
    return {
        "model": NAME,
        "messages": [{"role": "user", "content": prompt}],
        "stream": True,
        **own,
    }


async def load(target: Target, asked: dict[str, Any], streams: int, seconds: float) -> Result:
    """Keep so many streams going, begun one after another, and count during `seconds`.

    The last ones end by themselves: an engine that loses many clients at once has trouble with the
    next ones for a while.
    """
    connector = aiohttp.TCPConnector(limit=0)
    arrivals: list[float] = []
    waits: list[tuple[float, float]] = []
    over = asyncio.Event()
    async with aiohttp.ClientSession(target.url, connector=connector) as session:

        async def stream() -> None:
            started = time.perf_counter()
            waiting = True
            async with session.post(
                "/v1/chat/completions", json=asked, headers=target.headers
            ) as answer:
                answer.raise_for_status()
                async for line in answer.content:
                    if line.startswith(b"data: {"):
                        now = time.perf_counter()
                        arrivals.append(now)
                        if waiting:
                            waits.append((now, now - started))
                            waiting = False

        async def client(number: int) -> None:
            await asyncio.sleep(RAMP_SECONDS * number / streams)
            while not over.is_set():
                await stream()

        clients = [asyncio.create_task(client(number)) for number in range(streams)]
        await asyncio.sleep(RAMP_SECONDS * 1.5)
        begin, used = time.perf_counter(), cpu_seconds(target.pid)
        await asyncio.sleep(seconds)
        used = cpu_seconds(target.pid) - used
        over.set()
        await asyncio.gather(*clients)
    counted = sum(begin <= moment < begin + seconds for moment in arrivals)
    # A slow way may begin no stream within the window.
    first = [wait for moment, wait in waits if moment >= begin] or [wait for _, wait in waits]
    return Result(counted / seconds, statistics.median(first), used / max(counted, 1))


def cpu_seconds(pid: int) -> float:
    """Return how much processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def compare(
    chute: Target, engine: Target, asked: dict[str, Any], streams: int, options: argparse.Namespace
) -> dict[str, float]:
    """Measure both in turns and return medians; ratios are medians of ratios of neighbours."""
    pairs = []
    for _ in range(options.rounds):
        bare = await load(engine, asked, streams, options.seconds)
        through = await load(chute, asked, streams, options.seconds)
        pairs.append((bare, through))
    return {
        "bare_tokens_per_second": round(median(bare.tokens_per_second for bare, _ in pairs), 1),
        "tokens_per_second": round(median(it.tokens_per_second for _, it in pairs), 1),
        "ratio": round(median(it.tokens_per_second / b.tokens_per_second for b, it in pairs), 3),
        "bare_first_token_ms": round(1000 * median(bare.first_token for bare, _ in pairs), 2),
        "first_token_ms": round(1000 * median(it.first_token for _, it in pairs), 2),
        "chute_cpu_us_per_token": round(
            1e6 * median(it.cpu_seconds_per_token for _, it in pairs), 1
        ),
        "added_ms": round(1000 * median(it.first_token - b.first_token for b, it in pairs), 2),
    }


def median(values: Iterator[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def render(folder: Path, concurrency: int, context: int = tiny_llm.CONTEXT) -> Path:
    """Generate the repository that is measured."""
    repository = folder / NAME
    answers = {
        "username": "bench",
        "name": NAME,
        "workload": "llm",
        "model": tiny_llm.MODEL,
        "revision": tiny_llm.REVISION,
        "context_length": context,
        "concurrency": concurrency,
    }
    given = [word for key, value in answers.items() for word in ("-d", f"{key}={value}")]
    copier = Path(sys.executable).with_name("copier")
    subprocess.run(
        [copier, "copy", "-q", "--defaults", *given, ROOT / "template", repository], check=True
    )
    return repository


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["stub", "vllm"], default="stub")
    parser.add_argument("--relays", nargs="+", choices=RELAYS, default=list(RELAYS))
    parser.add_argument("--streams", default="1,16,64,128")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--delay", type=float, default=0.02, help="of the stub, s per token")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--apart", action="store_true", help="the engine has cores of its own")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        repository = render(Path(folder), 256)
        engine_environment = {"CHUTE_BACKEND": "stub"}
        if options.engine == "vllm":
            python = os.environ["TEST_VLLM_PYTHON"]
            engine_environment = tiny_llm.environment(repository / ".cache", python)
        for relay in options.relays:
            with running(repository, RELAYS[relay], engine_environment) as (chute, engine):
                if options.apart:
                    keep_apart(chute, engine)
                for streams in map(int, options.streams.split(",")):
                    # Alone, short streams: they are for the time to the first token.
                    tokens = 8 if streams == 1 else options.tokens
                    asked = body(options.engine, tokens, options.delay)
                    measured = asyncio.run(compare(chute, engine, asked, streams, options))
                    about = {"engine": options.engine, "relay": relay, "streams": streams}
                    print(json.dumps(about | measured), flush=True)


if __name__ == "__main__":
    main()
