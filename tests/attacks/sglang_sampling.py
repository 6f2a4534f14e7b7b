"""SGLang's own sampling code, without the rest of it: what its scheduler does with each request.

Run with an interpreter that has torch and msgspec: reads requests as JSON from standard input and
prints for each what it raised beyond the ValueError that makes SGLang's server answer with a 400.
"""

import json
import sys
import types
from pathlib import Path
from typing import Any

VOCABULARY = 320
NAMES = {"min_tokens": "min_new_tokens", "n": "n"}

source = Path(sys.argv[1])
for name in (
    "sglang",
    "sglang.srt",
    "sglang.srt.utils",
    "sglang.srt.sampling",
    "sglang.srt.sampling.penaltylib",
):
    package = types.ModuleType(name)
    package.__path__ = [str(source / name.replace(".", "/"))]
    sys.modules[name] = package
common = types.ModuleType("sglang.srt.utils.common")
vars(common)["is_pin_memory_available"] = lambda *_: False
sys.modules[common.__name__] = common

import torch  # noqa: E402
from sglang.srt.sampling.penaltylib.min_new_tokens import (  # noqa: E402
    BatchedMinNewTokensPenalizer,
)
from sglang.srt.sampling.sampling_params import SamplingParams  # noqa: E402


class Batch:
    """As much of a batch as a penalizer reads."""

    device = "cpu"
    vocab_size = VOCABULARY

    def __init__(self, request: object) -> None:
        self.reqs = lambda: [request]


def broken(fields: dict[str, Any]) -> str | None:
    """What its scheduler raises over a request."""
    known = {NAMES.get(name, name): value for name, value in fields.items()}
    known = {
        name: value for name, value in known.items() if name in SamplingParams.__struct_fields__
    }
    try:
        params = SamplingParams(**{"max_new_tokens": None, **known})
        params.verify(VOCABULARY)
    except ValueError:
        return None
    try:
        torch.tensor([params.top_k], dtype=torch.int32)
        torch.tensor([params.temperature, params.top_p, params.min_p], dtype=torch.float)
        tokenizer = types.SimpleNamespace(additional_stop_token_ids=None, eos_token_id=1)
        request = types.SimpleNamespace(
            sampling_params=params, eos_token_ids=None, tokenizer=tokenizer
        )
        around = Batch(request)
        penalizer = BatchedMinNewTokensPenalizer(around)
        if penalizer._is_required():
            penalizer._prepare()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


print(json.dumps([broken(fields) for fields in json.load(sys.stdin)]))
