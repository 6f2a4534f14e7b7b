"""What only a real GPU shows: memory that is used up, a device that is lost, memory given back.

Skipped where there is none. CHUTE_NEW_DIFFUSERS_PYTHON and CHUTE_NEW_VLLM_PYTHON name interpreters
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
from typing import Any

import openai
import pytest
from conftest import ROOT, harness
from copier import run_copy
from test_image_real import LISTED, MARKER, SMALL, START_SECONDS, interpreter
from test_llm_real import gone, memory, serving, vllm

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
def painting(folder: Path, *tiny: str) -> Iterator[Any]:
    """A chute with a tiny pipeline on the GPU."""
    python = interpreter("diffusers")
    model, revision = LISTED
    answers = {"username": "alice", "name": "my-chute", "model": model, "revision": revision}
    run_copy(str(ROOT / "template"), folder / "repository", answers, defaults=True, quiet=True)
    hub = folder / "huggingface"
    make = [python, ROOT / "tests" / "tiny_sdxl.py", hub, model, revision, "--variant", "fp16"]
    subprocess.run([*make, *tiny], check=True, capture_output=True)
    environment = {"CHUTE_BACKEND": "", "HF_HOME": str(hub), "HF_HUB_OFFLINE": "1"}
    running = harness(folder / "repository")
    running.START_SECONDS = START_SECONDS
    command = [str(Path(python).with_name("chutes")), *running.DEVELOPMENT[1:]]
    with running.RunningChute(command, folder / "log", **environment) as chute:
        yield chute


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
    with painting(tmp_path) as chute:
        client = chute.client()
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
        log = chute.log.read_text()
    assert {event["fault"] for event in chute.events("gpu_fault")} == {"out of memory"}
    assert MARKER not in log
    assert "Traceback" not in log


def test_a_lost_device_ends_the_process(tmp_path: Path) -> None:
    """An index out of range in a kernel makes CUDA useless to the whole process."""
    with painting(tmp_path, "--unknown", "1") as chute:
        client = chute.client()
        assert client.post("/generate", json={"prompt": MARKER, **SMALL}).status_code == 200
        failed = client.post("/generate", json={"prompt": f"{MARKER} {LAST_WORD}", **SMALL})
        assert failed.status_code >= 500, failed.text
        assert failed.json()["error"]["request_id"]
        assert chute.process.wait(20) == 1
        log = chute.log.read_text()
    assert [event["fault"] for event in chute.events("gpu_fault")] == ["device lost"]
    assert MARKER not in log
    assert "Traceback" not in log


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
