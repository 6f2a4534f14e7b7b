"""What SGLang understands of a text to classify besides the text, and where: nothing more.

`refused.py` lists what is left out, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chutekit.engines.engine import WarmUp
from chutekit.engines.sglang.refused import REFUSED
from chutekit.serving.contract import RequestModel

#: Where the engine answers; its /classify takes another body (SGLang 0.5.23).
CLASSIFY = "/v1/classify"
WARM_UP = WarmUp(CLASSIFY, {"input": ["Hello", "Good morning"]}, "prompt_tokens")


class EngineFields(RequestModel):
    """No field."""

    REFUSED: ClassVar[Mapping[str, str]] = REFUSED
