"""What only a real GPU shows: memory that is used up, a device that is lost, memory given back.

Skipped where there is none. TEST_DIFFUSERS_PYTHON and TEST_VLLM_PYTHON name interpreters
whose PyTorch is made for CUDA; the tests on real engines run on the GPU with them too.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest

from support.painting import MARKER, SMALL, interpreter, painting
from support.serving import gone, memory, serving, vllm

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(shutil.which("nvidia-smi") is None, reason="there is no GPU"),
]

LARGE = {"width": 1536, "height": 1024, "steps": 1}
# The soft hyphen's last byte is the tokenizer's last word.
LAST_WORD = "\u00ad"
# Takes what is left of the GPU's memory, to the last megabyte, until its input ends.
GLUTTON = """
import sys, torch
kept, size = [], 2**30
while size >= 2**20:
    try:
        kept.append(torch.empty(size, dtype=torch.uint8, device="cuda"))
    except torch.OutOfMemoryError:
        size //= 2
print("full", flush=True)
sys.stdin.read()
"""


def free_mb() -> int:
    """The GPU's free memory."""
    query = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    return int(subprocess.run(query, check=True, capture_output=True, text=True).stdout)


@contextmanager
def full_gpu() -> Iterator[None]:
    """Another process has all memory that is left."""
    command = [interpreter("diffusers"), "-c", GLUTTON]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as glutton:
        assert glutton.stdout is not None
        assert glutton.stdout.readline() == b"full\n"
        yield
        glutton.communicate()


def test_memory_that_is_used_up(tmp_path: Path) -> None:
    """What never fitted is the client's to change; nothing is lost when there is room again."""
    with painting("diffusers", tmp_path) as served:
        chute, client = served.chute, served.client
        with full_gpu():
            refused = client.post("/generate", json={"prompt": MARKER, **LARGE})
            assert refused.status_code == 400, refused.text
            assert refused.json()["error"]["code"] == "too_large"
            small = client.post("/generate", json={"prompt": MARKER, **SMALL})
            assert small.status_code == 200, small.text
        large = client.post("/generate", json={"prompt": MARKER, **LARGE})
        assert large.status_code == 200, large.text
        assert chute.line(large)["gpu_peak_mb"] > chute.line(small)["gpu_peak_mb"] > 0
        assert client.get("/health").json()["status"] == "ready"
    assert {event["fault"] for event in chute.events("gpu_fault")} == {"out of memory"}


def test_a_lost_device_ends_the_process(tmp_path: Path) -> None:
    """An index out of range in a kernel makes CUDA useless to the whole process."""
    with painting("diffusers", tmp_path, "--unknown", "1") as served:
        chute, client = served.chute, served.client
        assert client.post("/generate", json={"prompt": MARKER, **SMALL}).status_code == 200
        failed = client.post("/generate", json={"prompt": f"{MARKER} {LAST_WORD}", **SMALL})
        assert failed.status_code >= 500, failed.text
        assert failed.json()["error"]["request_id"]
        assert chute.process.wait(20) == 1
    assert [event["fault"] for event in chute.events("gpu_fault")] == ["device lost"]


@pytest.mark.parametrize("ending", ["engine", "chute"])
def test_a_killed_engine_gives_its_memory_back(tmp_path: Path, ending: str) -> None:
    """The next instance on this GPU finds it empty within seconds."""
    vllm()
    before = free_mb()
    with serving("vllm", tmp_path) as served:
        processes = served.processes()
        assert free_mb() < before - 1000
        stream = served.openai.chat.completions.create(**served.chat(900, stream=True))
        next(iter(stream))
        if ending == "engine":
            os.kill(max(processes[1:], key=memory), signal.SIGKILL)
            with pytest.raises(openai.APIError):
                list(stream)
            assert served.chute.process.wait(20) == 1
        else:
            served.chute.kill()
        assert gone(processes)
    deadline = time.monotonic() + 15
    while free_mb() < before - 100:
        assert time.monotonic() < deadline
        time.sleep(0.2)
