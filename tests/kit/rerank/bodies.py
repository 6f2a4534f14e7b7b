"""Requests that make the stub engine behave in some way."""

from chutekit.engines.ranking import WARM_UP as WARM_UP
from chutekit.testing.fixtures import MARKER

PATH = "/v1/rerank"
HELLO = {"query": f"Hello {MARKER}", "documents": ["Hello", "Good morning"]}
BUSY = {"query": "stub: delay=0.05", "documents": ["x"] * 200}
HANGING = {"query": "stub: hang=1", "documents": ["x"]}
DYING = {"query": f"stub: die=7 {MARKER}", "documents": ["x"]}
