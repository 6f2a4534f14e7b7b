"""What SGLang understands beyond OpenAI's API and this chute lets through: nothing.

Left out on purpose: fields that change the scheduling of other requests, load adapters, or put
vectors in the place of tokens.
"""

from __future__ import annotations

from chutekit.serving.contract import RequestModel


class EngineFields(RequestModel):
    """No field."""
