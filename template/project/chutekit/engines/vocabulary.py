"""Tokens that a request names, held against those that the model has.

SGLang 0.5.22 ends when one is none of the model's: `stop_token_ids` with `min_tokens` become places
in a row of as many numbers as the model has tokens.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chutekit.engines.request import EngineRequest
from chutekit.serving.errors import invalid

FIELDS = ("stop_token_ids", "allowed_token_ids", "logprob_token_ids", "tokens", "prompt", "input")
#: Where models that see or hear keep what their language part is like.
PARTS = ("text_config", "llm_config", "language_config", "thinker_config")


def size_of(folder: Path) -> int | None:
    """How many tokens the model in `folder` has, None when its config.json does not say."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return _size(config)


def _size(config: Any) -> int | None:
    if not isinstance(config, dict):
        return None
    size = config.get("vocab_size")
    if isinstance(size, int):
        return size
    return next((found for name in PARTS if (found := _size(config.get(name)))), None)


def check(request: EngineRequest, size: int | None) -> None:
    """Refusal when the request names a token that the model does not have."""
    if size is None:
        return
    for name in FIELDS:
        if max(_tokens(getattr(request, name, None)), default=0) >= size:
            raise invalid(name, f"must hold tokens below {size}, which is how many there are")
    if any(int(token) >= size for token in getattr(request, "logit_bias", None) or ()):
        raise invalid("logit_bias", f"must hold tokens below {size}, which is how many there are")


def _tokens(value: Any) -> Iterator[int]:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, int):
                yield item
            else:
                yield from _tokens(item)
