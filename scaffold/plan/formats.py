"""The same model in other formats of its weights, as far as the catalog has them."""

import re
from collections.abc import Mapping
from typing import Any

# What publishers add to a model's name for its format.
_FORMAT = re.compile(
    r"-(FP8|FP4|NVFP4|MXFP4|AWQ|GPTQ-Int[48]|Int[48]|W[48]A(8|16))$", re.IGNORECASE
)


def others(context: Mapping[str, Any]) -> list[dict[str, str]]:
    """The answers `model` and `revision` of each, those with the fewest bytes first."""
    if context["workload"] != "llm" or not context["model"]:
        return []
    base = _FORMAT.sub("", context["model"])
    found = [
        entry
        for entry in context["catalog"]["llm"]
        if _FORMAT.sub("", entry["id"]) == base and entry["id"] != context["model"]
    ]
    found.sort(key=lambda entry: float(entry["bytes_per_parameter"]))
    return [{"model": entry["id"], "revision": entry["revision"]} for entry in found]
