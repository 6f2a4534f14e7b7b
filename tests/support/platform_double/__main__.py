"""Run the double until interrupted.

In `tests/`: `python -m support.platform_double REPOSITORY USERNAME`. REPOSITORY
is a generated one, set up: its stub and its .venv serve the chutes. Prints the environment with
which the SDK talks to it.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

from support.platform_double.identity import Identity
from support.platform_double.server import Double

repository, username = Path(sys.argv[1]).absolute(), sys.argv[2]
python = str(repository / ".venv" / "bin" / "python")
identity = Identity.new(username)
double = Double(identity, repository / "chutekit" / "testing", python)
with tempfile.TemporaryDirectory() as place, double:
    configuration = identity.write(Path(place) / "config.ini")
    print(f"export CHUTES_API_URL={double.url} CHUTES_CONFIG_PATH={configuration}", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
