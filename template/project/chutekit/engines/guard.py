"""Runs a command and ends its whole process group when the chute is gone, however it went.

A chute that is killed cannot end its engine, and an engine's own children survive it, with the
memory of the GPU. Standard input is a pipe that the chute holds open and the kernel closes.
"""

import os
import signal
import subprocess
import sys
import threading


def end_with_the_chute() -> None:
    """Wait for the end of the pipe, then for nothing."""
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Exit as the command did; 128 and the signal's number when one ended it.

    A signal to end goes to the whole group: the command decides how, and this stays to collect it,
    as process 1 may be the chute, which would keep it as a zombie.
    """
    # A handler, because what is ignored here would be ignored by the command as well.
    signal.signal(signal.SIGTERM, lambda *_: None)
    engine = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=end_with_the_chute, daemon=True).start()
    code = engine.wait()
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
