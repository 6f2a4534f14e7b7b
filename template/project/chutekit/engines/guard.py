"""Runs a command and ends its whole process group when the chute is gone, however it went.

A chute that is killed cannot end its engine, and an engine's own children survive it, with the
memory of the GPU. Standard input is a pipe that the chute holds open and the kernel closes.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress


def end_with_the_chute() -> None:
    """Wait for the end of the pipe, then for nothing."""
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Exit as the command did; 128 and the signal's number when one ended it.

    A signal to end goes to the whole group. The command decides how, and this stays to collect it:
    process 1 may be the chute, which would keep it as a zombie.
    """
    engines: list[int] = []

    def collect(*_: object) -> None:
        # Interrupted by the signal when it was collected already: what was interrupted goes on.
        with suppress(ChildProcessError):
            status = os.waitpid(engines[0], 0)[1] if engines else signal.SIGTERM
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)

    # Before there is a command to collect, so that no signal comes too early; it inherits none.
    signal.signal(signal.SIGTERM, collect)
    engine = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    engines.append(engine.pid)
    threading.Thread(target=end_with_the_chute, daemon=True).start()
    collect()


if __name__ == "__main__":
    main()
