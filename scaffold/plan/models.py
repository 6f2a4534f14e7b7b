"""The shape and the anatomy of a model: from the catalog, or from a config.json."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from scaffold import memory
from scaffold.errors import BadUsage, Problem
from scaffold.models import weights as sizes
from scaffold.models.config import MAX_BYTES, Config, parse
from scaffold.plan.engine import Anatomy, Mixture, table
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


def anatomy(context: Mapping[str, Any], request: Request) -> Anatomy | None:
    """The model as an engine reads it, None when neither catalog nor file has its shape."""
    found = shape(context, request)
    if found is None:
        return None
    if request.model_config is not None:
        return _dissected(found, _read(request.model_config))
    entry = table("models.yml").get(context["model"], {})
    mixture = Mixture(**entry["mixture"]) if "mixture" in entry else None
    # Another format than the catalog's is counted as that of all weights, embeddings included.
    narrow = request.weights is not None and WEIGHTS[request.weights] < WEIGHTS["bf16"]
    return Anatomy(found, 0 if narrow else entry.get("unread", 0), mixture)


def _dissected(found: memory.Shape, config: Config) -> Anatomy:
    tied = config.flag("tie_word_embeddings") or config.whole.get("tie_word_embeddings") is True
    unread = 0 if tied or config.encodes else config.number("vocab_size") * config.hidden
    chosen = config.maybe("num_experts_per_tok", "moe_topk", "top_k_experts", "moe_k")
    width = config.maybe("moe_intermediate_size", "intermediate_size")
    if not (config.experts and chosen and width) or chosen >= config.experts:
        return Anatomy(found, unread)
    inner = 3 * config.layers * config.experts * config.hidden * width
    # Some layers may have no experts: what is left for them cannot be more than there is.
    return Anatomy(found, unread, Mixture(config.experts, chosen, min(inner, found.parameters)))


def anatomy_of(config: Mapping[str, Any], weights: str | None = None) -> Anatomy:
    """The anatomy of a decoder from its config.json, in the format that it says or in `weights`."""
    return _dissected(from_config(config, weights), Config(config))


@cache
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
