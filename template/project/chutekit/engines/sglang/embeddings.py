"""What SGLang understands beyond OpenAI's API and this chute lets through: nothing.

`refused.py` lists what is left out, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chutekit.engines.sglang.refused import REFUSED
from chutekit.serving.contract import RequestModel


class EngineFields(RequestModel):
    """No field."""

    REFUSED: ClassVar[Mapping[str, str]] = REFUSED
