"""What the layers around Whisper cost, and what shared rounds gain: a generated chute, a bare cord.

    python benchmarks/speech.py PYTHON [--rounds N] [--seconds S] [--json FILE]

PYTHON has what `.ci/engine-environments diffusers` installs. Both targets run under `chutes run
--dev` with the same Whisper of random weights on the CPU and decode the same FLAC; the bare cord of
the SDK hears one request after the other. They take turns; only ratios mean anything.
"""

import argparse
import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
from copier import run_copy
from image_cord import resident_kb

ROOT = Path(__file__).parent.parent
LEVELS = (1, 16, 64)
MODEL = ("openai/whisper-large-v3", "06f233fe06e710322aca913c1bc4249a0d71fce1")
MEMORY_REQUESTS = 2000
BARE = """
import base64
import threading
from pathlib import Path

from chute import DTYPE, image
from chutekit.media.files import File
from chutekit.speech.said import Wish
from chutekit.speech.sounds import Recording
from chutekit.speech.whisper import Whisper
from chutes.chute import Chute

chute = Chute(username="bench", name="bare", image=image, concurrency=256)
lock = threading.Lock()


@chute.on_startup()
async def load(self):
    self.model = Whisper(Path(FOLDER), DTYPE)


@chute.cord(public_api_path="/transcribe", output_content_type="application/json")
def transcribe(self, body):
    file = File(base64.b64decode(body["audio_b64"]), "audio/flac", "audio_b64")
    windows = [window.samples for window in Recording(file, 60).windows()]
    wish = Wish(body["language"], "transcribe", "segment")
    with lock:
        heard = self.model.hear(windows, [wish] * len(windows), lambda: None)
    return {"text": heard[0].segments[0].text if heard[0].segments else ""}
"""


def served(
    stack: ExitStack, python: str, folder: Path, reference: str, port: int, hub: Path
) -> subprocess.Popen[bytes]:
    """A target in a process of its own."""
    chutes = str(Path(python).with_name("chutes"))
    options = ["--dev", "--port", str(port), "--logging-port", str(port + 1000)]
    environment = {
        **os.environ,
        "CHUTES_ALLOW_MISSING": "true",
        "CHUTES_EXECUTION_CONTEXT": "REMOTE",
        "HF_HOME": str(hub),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    log = stack.enter_context((folder / f"{port}.log").open("wb"))
    process = subprocess.Popen(
        [chutes, "run", reference, *options], cwd=folder, env=environment, stdout=log, stderr=log
    )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def body(number: int) -> dict[str, Any]:
    """A request that differs from every other behind the end of its file."""
    content = FLAC + number.to_bytes(8, "big")
    return {"audio_b64": base64.b64encode(content).decode(), "language": "en"}


async def load(
    session: aiohttp.ClientSession, port: int, clients: int, seconds: float
) -> tuple[float, float]:
    """The median of milliseconds, and requests per second."""
    times: list[float] = []
    started = time.perf_counter()

    async def client() -> None:
        while (before := time.perf_counter()) - started < seconds:
            await ask(session, port)
            times.append(1000 * (time.perf_counter() - before))

    await asyncio.gather(*(client() for _ in range(clients)))
    return statistics.median(times), len(times) / (time.perf_counter() - started)


async def ask(session: aiohttp.ClientSession, port: int) -> None:
    """One request, which must be answered."""
    global asked
    asked += 1
    async with session.post(f"http://127.0.0.1:{port}/transcribe", json=body(asked)) as answer:
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {await answer.text()}")
        await answer.read()


async def until_up(session: aiohttp.ClientSession, port: int) -> None:
    """Wait until a target answers."""
    for _ in range(600):
        try:
            return await ask(session, port)
        except (aiohttp.ClientError, RuntimeError):
            await asyncio.sleep(0.2)
    raise RuntimeError(f"nothing answers on port {port}")


async def compared(
    processes: dict[str, subprocess.Popen[bytes]],
    ports: dict[str, int],
    rounds: int,
    seconds: float,
    requests: int,
) -> dict[str, Any]:
    """Ratios at each level, ours to bare, and the memory of ours at tenths of many requests."""
    found: dict[str, Any] = {}
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=600)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        for port in ports.values():
            await until_up(session, port)
        for level in LEVELS:
            samples: dict[str, list[tuple[float, float]]] = {"generated": [], "bare": []}
            for _ in range(rounds):
                for kind, port in ports.items():
                    samples[kind].append(await load(session, port, level, seconds))
            pairs = list(zip(samples["generated"], samples["bare"], strict=True))
            found[f"{level} clients"] = {
                "p50, generated / bare": statistics.median(a[0] / b[0] for a, b in pairs),
                "req/s, generated / bare": statistics.median(a[1] / b[1] for a, b in pairs),
                "p50 ms, generated": statistics.median(a[0] for a, _ in pairs),
            }
        readings = [resident_kb(processes["generated"]) // 1024]
        for number in range(1, requests + 1):
            await ask(session, ports["generated"])
            if number % (requests // 10) == 0:
                readings.append(resident_kb(processes["generated"]) // 1024)
        found["memory in MiB"] = readings
    return found


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("python")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--memory", type=int, default=MEMORY_REQUESTS, help="requests")
    parser.add_argument("--port", type=int, default=29100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, hub = Path(name, "repository"), Path(name, "hub")
        answers = {"username": "bench", "name": "bench", "workload": "speech", "model": MODEL[0]}
        run_copy(str(ROOT / "template"), folder, answers, defaults=True, quiet=True)
        tiny = ROOT / "tests" / "support" / "tiny_whisper.py"
        subprocess.run([options.python, tiny, hub, *MODEL], check=True, capture_output=True)
        (model,) = hub.glob("hub/*/snapshots/*")
        (folder / "bench_bare.py").write_text(BARE.replace("FOLDER", repr(str(model))))
        ports = {"generated": options.port, "bare": options.port + 1}
        references = {"generated": "chute:staging", "bare": "bench_bare:chute"}
        processes = {
            kind: served(stack, options.python, folder, references[kind], port, hub)
            for kind, port in ports.items()
        }
        found = asyncio.run(
            compared(processes, ports, options.rounds, options.seconds, options.memory)
        )
    print(json.dumps(found, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    from support.recordings import encoded

    FLAC, asked = encoded("flac", "flac", 16_000, 5.0), 0
    main()
