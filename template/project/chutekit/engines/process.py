"""The engine's process: its environment, its group, its output, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress

from chutekit.engines import guard as engine_guard
from chutekit.engines.log import EngineLog

STOP_GRACE_SECONDS = 5.0
# Of a longer line the rest is taken for lines of its own.
READ_BYTES = 64 * 1024

# Secrets of the chute and the platform's launch token have names of their owner's choosing, so
# everything that is not named here stays behind. LD_PRELOAD goes along: it is the platform's own
# library, which the engines of its templates inherit too.
INHERITED = {"PATH", "HOME", "USER", "TMPDIR", "TZ", "LANG", "LD_LIBRARY_PATH", "LD_PRELOAD"}
INHERITED_PREFIXES = (
    "LC_",
    "XDG_",
    "PYTHON",
    "CUDA",
    "NVIDIA_",
    "NCCL_",
    "GLOO_",
    "OMP_",
    "MKL_",
    "HF_HOME",
    "HF_HUB_",
    "TOKENIZERS_",
    "TRANSFORMERS_",
    "TORCH",
    "TRITON_",
    "FLASHINFER_",
    "VLLM_",
    "SGLANG_",
    "TOKIO_",
)


def child_environment(extra: dict[str, str]) -> dict[str, str]:
    """Return the part of our environment that an engine needs, and `extra`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in INHERITED or name.startswith(INHERITED_PREFIXES)
    }
    return kept | extra


class EngineProcess:
    """A process group that never outlives us, even if we are killed."""

    def __init__(self, command: Iterable[str], environment: dict[str, str]) -> None:
        self.log = EngineLog()
        self._process = subprocess.Popen(
            [sys.executable, "-I", engine_guard.__file__, *command],
            env=child_environment(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        threading.Thread(target=self._read, name="engine-output", daemon=True).start()

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, above 128 for a signal; None while it runs."""
        return self._process.poll()

    def end(self, grace_seconds: float = STOP_GRACE_SECONDS) -> None:
        """End the whole group: ask first, then insist. Blocks for at most the grace."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while self._group_alive() and time.monotonic() < deadline:
            self._process.poll()
            time.sleep(0.05)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _group_alive(self) -> bool:
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def _read(self) -> None:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline(READ_BYTES):
            self.log.add(line.decode(errors="replace"))
