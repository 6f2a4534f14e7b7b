"""Processes that the tests did not start themselves."""

import time
from pathlib import Path


def ends(pid: int) -> bool:
    """Whether a process is gone, or only waits to be collected, within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
