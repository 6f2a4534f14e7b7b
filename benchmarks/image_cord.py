"""What validation, logs and metrics cost: the generated cord, the SDK's bare cord, bare FastAPI.

    python benchmarks/image_cord.py [--rounds N] [--json FILE]

All three serve the same constant picture under `chutes run --dev`, or, for FastAPI, the same
server with the same settings. Client and servers share the machine, so only ratios mean anything;
they are medians over rounds in which the targets take turns. Needs chutes, copier and pillow.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import aiohttp
from copier import run_copy

ROOT = Path(__file__).parent.parent
LEVELS = (1, 16, 64)
# Many short turns: the speed of a shared machine drifts within seconds.
ROUNDS = 30
SLICE_SECONDS = 0.4
WARM_UP_REQUESTS = 300
JSON_TYPE = {"Content-Type": "application/json"}
MEMORY_REQUESTS = 10_000
BODY = {"prompt": "a lighthouse at dusk", "width": 512, "height": 512, "steps": 4}

SERVERS = {
    "validated": """
from chute import GenerateRequest, image
from chutes.chute import NodeSelector
from fastapi import Response
from chutekit.serving.app import ServedChute
from chutekit.serving.contract import Job

PICTURE = bytes(range(256)) * 128
chute = ServedChute(
    username="bench", name="validated", image=image, concurrency=256, node_selector=NodeSelector()
)


@chute.cord(
    path="/generate",
    public_api_path="/generate",
    request=GenerateRequest,
    output_content_type="image/jpeg",
)
def generate(self, job: Job[GenerateRequest]):
    job.note(steps=job.request.steps, format=job.request.format)
    return Response(PICTURE, media_type="image/jpeg")
""",
    "bare": """
from chute import image
from chutes.chute import Chute
from fastapi import Response

PICTURE = bytes(range(256)) * 128
chute = Chute(username="bench", name="bare", image=image, concurrency=256)


@chute.cord(public_api_path="/generate", output_content_type="image/jpeg")
def generate(self, body):
    return Response(PICTURE, media_type="image/jpeg")
""",
    "fastapi": """
import asyncio
import sys

from fastapi import FastAPI, Request, Response
from hypercorn.asyncio import serve
from hypercorn.config import Config

PICTURE = bytes(range(256)) * 128
app = FastAPI()


@app.post("/generate")
def generate(body: dict):
    return Response(PICTURE, media_type="image/jpeg")


config = Config()
config.bind = [f"127.0.0.1:{sys.argv[1]}"]
config.keep_alive_timeout = 75
asyncio.run(serve(app, config))
""",
}


@dataclass
class Sample:
    """Of one target at one level, per round: milliseconds, requests per second, and the server's
    CPU milliseconds per request, which other work on the machine disturbs least."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    rps: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@contextlib.contextmanager
def serving(folder: Path, kind: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A target in a process of its own, its output in a file as on the platform."""
    chutes = str(Path(sys.executable).with_name("chutes"))
    options = ["--dev", "--port", str(port), "--logging-port", str(port + 1000)]
    if kind == "fastapi":
        command = [sys.executable, "bench_fastapi.py", str(port)]
    elif kind == "generated":
        command = [chutes, "run", "chute:staging", *options]
    else:
        command = [chutes, "run", f"bench_{kind}:chute", *options]
    environment = {
        **os.environ,
        "CHUTE_BACKEND": "stub",
        "CHUTES_ALLOW_MISSING": "true",
        "CHUTES_EXECUTION_CONTEXT": "REMOTE",
    }
    with (folder / f"{kind}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def until_up(session: aiohttp.ClientSession, port: int) -> None:
    """Wait until a target answers."""
    for _ in range(300):
        with contextlib.suppress(aiohttp.ClientError):
            async with session.post(f"http://127.0.0.1:{port}/generate", json=BODY) as answer:
                if answer.status == 200:
                    return
        await asyncio.sleep(0.1)
    raise RuntimeError(f"nothing answers on port {port}")


async def load(
    session: aiohttp.ClientSession, port: int, clients: int, seconds: float, body: bytes
) -> tuple[list[float], float]:
    """Latencies in ms of as many requests as `clients` get done, and their rate per second."""
    url = f"http://127.0.0.1:{port}/generate"
    latencies: list[float] = []
    started = time.perf_counter()

    async def client() -> None:
        while (before := time.perf_counter()) - started < seconds:
            async with session.post(url, data=body) as answer:
                await answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{answer.status} from port {port}")
            latencies.append(1000 * (time.perf_counter() - before))

    await asyncio.gather(*(client() for _ in range(clients)))
    return latencies, len(latencies) / (time.perf_counter() - started)


async def compare(
    processes: dict[str, subprocess.Popen[bytes]], ports: dict[str, int], rounds: int
) -> dict[str, dict[int, Sample]]:
    """Let the targets take turns, in another order each round, at every level."""
    samples = {kind: {level: Sample() for level in LEVELS} for kind in ports}
    body = json.dumps(BODY).encode()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=JSON_TYPE) as session:
        for port in ports.values():
            await until_up(session, port)
            for _ in range(WARM_UP_REQUESTS):
                async with session.post(f"http://127.0.0.1:{port}/generate", data=body) as answer:
                    await answer.read()
        for number, level in itertools.product(range(rounds), LEVELS):
            for kind in random.Random(f"{number} {level}").sample(sorted(ports), len(ports)):
                before = cpu_ms(processes[kind])
                latencies, rate = await load(session, ports[kind], level, SLICE_SECONDS, body)
                used = cpu_ms(processes[kind]) - before
                cuts = statistics.quantiles(latencies, n=100)
                sample = samples[kind][level]
                sample.p50.append(cuts[49])
                sample.p99.append(cuts[98])
                sample.rps.append(rate)
                sample.cpu.append(used / len(latencies))
    return samples


def cpu_ms(process: subprocess.Popen[bytes]) -> float:
    """CPU time a process has used so far, in milliseconds."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kb(process: subprocess.Popen[bytes]) -> int:
    """Memory of a process in KiB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


async def memory(process: subprocess.Popen[bytes], port: int) -> list[int]:
    """Memory of the whole generated chute, cache included, at tenths of many requests."""
    body = {**BODY, "width": 256, "height": 256, "steps": 1}
    readings: list[int] = []
    async with aiohttp.ClientSession(headers=JSON_TYPE) as session:
        await until_up(session, port)
        for number in range(MEMORY_REQUESTS + 1):
            if number % (MEMORY_REQUESTS // 10) == 0:
                readings.append(resident_kb(process))
            # Every third one is remembered, every fifth one wrong.
            seed = {"seed": number % 30} if number % 3 == 0 else {}
            wrong = {"width": "wide"} if number % 5 == 0 else {}
            async with session.post(
                f"http://127.0.0.1:{port}/generate", json={**body, **seed, **wrong}
            ) as answer:
                await answer.read()
    return readings


async def cache_hit(port: int, seconds: float = 2.0) -> dict[str, float]:
    """p50 in ms of a remembered picture, and of the same one made each time."""
    async with aiohttp.ClientSession(headers=JSON_TYPE) as session:
        await until_up(session, port)
        made, _ = await load(session, port, 1, seconds, json.dumps(BODY).encode())
        seeded = json.dumps({**BODY, "seed": 1}).encode()
        await load(session, port, 1, 0.2, seeded)
        hits, _ = await load(session, port, 1, seconds, seeded)
    return {"hit_p50_ms": statistics.median(hits), "made_p50_ms": statistics.median(made)}


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios of single rounds."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def report(samples: dict[str, dict[int, Sample]]) -> dict[str, float]:
    """Print a table; the ratios the aims are about."""
    print(f"{'target':<12}{'clients':>8}{'p50 ms':>9}{'p99 ms':>9}{'req/s':>9}{'CPU ms':>9}")
    for level, kind in itertools.product(LEVELS, samples):
        sample = samples[kind][level]
        figures = [statistics.median(values) for values in vars(sample).values()]
        print(f"{kind:<12}{level:>8}" + "".join(f"{figure:>9.2f}" for figure in figures))
    ours, bare, fastapi = (samples[kind] for kind in ("validated", "bare", "fastapi"))
    return {
        "p50 at 1, validated / bare (aim <= 1.15)": ratio(ours[1].p50, bare[1].p50),
        "req/s at 16, validated / bare": ratio(ours[16].rps, bare[16].rps),
        "req/s at 64, validated / bare (aim >= 0.85)": ratio(ours[64].rps, bare[64].rps),
        "CPU at 64, validated / bare": ratio(ours[64].cpu, bare[64].cpu),
        "p50 at 1, bare / FastAPI": ratio(bare[1].p50, fastapi[1].p50),
        "req/s at 64, bare / FastAPI": ratio(bare[64].rps, fastapi[64].rps),
    }


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--port", type=int, default=29000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name, "repository")
        answers = {"username": "bench", "name": "bench"}
        run_copy(str(ROOT / "template"), folder, answers, defaults=True, quiet=True)
        ports = {}
        for number, (kind, source) in enumerate(SERVERS.items()):
            (folder / f"bench_{kind}.py").write_text(source)
            ports[kind] = options.port + number
        with contextlib.ExitStack() as compared:
            processes = {
                kind: compared.enter_context(serving(folder, kind, port))
                for kind, port in ports.items()
            }
            samples = asyncio.run(compare(processes, ports, options.rounds))
        ratios = report(samples)
        port = options.port + len(ports)
        process = stack.enter_context(serving(folder, "generated", port))
        hit = asyncio.run(cache_hit(port))
        readings = asyncio.run(memory(process, port))
    for text, value in ratios.items():
        print(f"{text}: {value:.2f}")
    print(f"cache hit: p50 {hit['hit_p50_ms']:.2f} ms, made: {hit['made_p50_ms']:.2f} ms")
    print(f"memory over {MEMORY_REQUESTS} requests, MiB: {[kb // 1024 for kb in readings]}")
    if options.json:
        rows = {k: {n: asdict(s) for n, s in levels.items()} for k, levels in samples.items()}
        document = {"samples": rows, "ratios": ratios, "cache": hit, "memory_kb": readings}
        options.json.write_text(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
