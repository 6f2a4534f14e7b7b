"""The processes of a chute, and what its engine says of itself."""

import time
from pathlib import Path

import httpx
from chutekit.testing.running import RunningChute


def engines(chute: RunningChute) -> list[int]:
    """The processes of the chute's engine: its children and theirs."""
    found = [chute.process.pid]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found[1:]


def command(pid: int) -> bytes:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return b" ".join(words[:3])


def gone(pids: list[int], within: float = 8.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def running(client: httpx.Client) -> float:
    """How many requests the engine has, by its own count."""
    metrics = client.get("/_metrics").text
    (line,) = (line for line in metrics.splitlines() if line.startswith("llm_running_requests "))
    return float(line.split()[1])


def held(chute: RunningChute) -> tuple[int, int]:
    """How many file descriptors and threads the chute's process has."""
    folder = Path(f"/proc/{chute.process.pid}")
    return len(list((folder / "fd").iterdir())), len(list((folder / "task").iterdir()))


def assert_free(client: httpx.Client) -> None:
    """Fail unless neither the chute nor its engine has a request any more."""
    deadline = time.monotonic() + 10
    while client.get("/health").json()["in_flight"] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert client.get("/health").json()["in_flight"] == 0
    while running(client) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert running(client) == 0
