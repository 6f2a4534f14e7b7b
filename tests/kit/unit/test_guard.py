"""chutekit/engines/guard.py: what becomes of an engine that is told to end."""

import os
import signal
import subprocess
import sys

import pytest
from chutekit.engines import guard

ENGINE = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("ready", flush=True)
signal.pause()
"""


Command = tuple[str, ...]
ASKED = (sys.executable, "-c", ENGINE)
TOLD = ("sh", "-c", "echo ready; exec sleep 600")


@pytest.mark.whole
@pytest.mark.parametrize(
    ("command", "status"),
    [(ASKED, 7), (TOLD, 128 + signal.SIGTERM)],
    ids=["that decides how", "that the signal ends"],
)
def test_an_engine_is_collected(command: Command, status: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-I", guard.__file__, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(30) == status
    finally:
        process.kill()
        process.communicate()
