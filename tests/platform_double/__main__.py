"""Run the double until interrupted: `python -m tests.platform_double STUB_FOLDER USERNAME`.

Prints the environment with which the SDK talks to it.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

from tests.platform_double.identity import Identity
from tests.platform_double.server import Double

stub, username = Path(sys.argv[1]), sys.argv[2]
identity = Identity.new(username)
with tempfile.TemporaryDirectory() as place, Double(identity, stub) as double:
    configuration = identity.write(Path(place) / "config.ini")
    print(f"export CHUTES_API_URL={double.url} CHUTES_CONFIG_PATH={configuration}", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
