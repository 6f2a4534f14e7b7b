"""Requests that make the stub engine behave in some way."""

from chutekit.engines.chat import WARM_UP as WARM_UP
from chutekit.testing.fixtures import MARKER

PATH = "/v1/completions"
HELLO = {"prompt": f"Hello {MARKER}"}
BUSY = {"prompt": "stub: tokens=900 delay=0.01"}
HANGING = {"prompt": "stub: hang=0"}
DYING = {"prompt": f"stub: die=0 {MARKER}"}
