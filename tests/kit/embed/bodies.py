"""Requests that make the stub engine behave in some way."""

from chutekit.engines.embeddings import WARM_UP as WARM_UP
from chutekit.testing.fixtures import MARKER

PATH = "/v1/embeddings"
HELLO = {"input": f"Hello {MARKER}"}
BUSY = {"input": ["stub: delay=0.05"] * 200}
HANGING = {"input": "stub: hang=1"}
DYING = {"input": f"stub: die=7 {MARKER}"}
