"""What clients of vLLM and SGLang send to /v1/classify: texts, each of which gets a label.

Strict: no type coercion, no unknown field. `chute.py` sets the limits of this chute on top, and
`classification.py` beside an engine's `launch.py` adds what is the engine's own.
"""

from __future__ import annotations

from pydantic import Field

from chutekit.engines.request import UNUSED, EngineRequest


class ClassifyFields(EngineRequest):
    """The fields of POST /v1/classify that both engines know."""

    NOT_PASSED_ON = frozenset({"user"})

    input: str | list[str] | list[int] | list[list[int]]
    user: str | None = Field(None, max_length=512, description=UNUSED)

    @property
    def repeatable(self) -> bool:
        """Always: a text has the same probabilities each time."""
        return True
