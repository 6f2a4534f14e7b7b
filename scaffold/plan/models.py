"""The shape of a model: from the catalog, from a config.json, or from the hub."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaffold import memory
from scaffold.errors import BadUsage, Problem
from scaffold.models import weights as sizes
from scaffold.models.config import MAX_BYTES, Config, parse
from scaffold.plan.request import Request

# Bytes of one parameter; 4-bit formats keep a scale per group of 128.
WEIGHTS = {"fp32": 4.0, "bf16": 2.0, "fp16": 2.0, "fp8": 1.0, "int8": 1.0, "int4": 0.52}
KV_CACHE = {"fp32": 4.0, "bf16": 2.0, "fp16": 2.0, "fp8": 1.0}


def shape(context: Mapping[str, Any], request: Request) -> memory.Shape | None:
    """The figures memory is computed from, None when neither catalog nor file has them."""
    for option, value, known in (
        ("--weights", request.weights, WEIGHTS),
        ("--kv-cache", request.kv_cache, KV_CACHE),
    ):
        if value is not None and value not in known:
            message = f"must be one of: {', '.join(known)}"
            raise BadUsage("the options do not work", problems=[Problem(option, value, message)])
    kv_bytes = KV_CACHE[request.kv_cache]
    if request.model_config is not None:
        config = _read(request.model_config)
        stored = None if request.weights is None else WEIGHTS[request.weights]
        return sizes.shape(config, stored, kv_bytes=kv_bytes)
    entry = context["entry"]
    if not entry:
        return None
    found = memory.Shape.of_entry(entry)
    values = dict(vars(found), kv_bytes=kv_bytes)
    if request.weights:
        values["bytes_per_parameter"] = WEIGHTS[request.weights]
    return memory.Shape(**values)


def _read(path: Path) -> Config:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadUsage(f"cannot read {path}: it is no config.json") from error
    return parse(content, str(path))


def from_config(
    config: Mapping[str, Any], weights: str | None = None, kv_bytes: float = 2.0
) -> memory.Shape:
    """The shape of a decoder from its config.json.

    `weights` names a format of its matrices that is another one than it says.
    """
    stored = None if weights is None else WEIGHTS[weights]
    return sizes.shape(Config(config), stored, kv_bytes=kv_bytes)
