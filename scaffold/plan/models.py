"""The shape of a model: from the catalog, from a config.json, or from the hub."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaffold import memory
from scaffold.errors import BadUsage, Problem
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
        return from_config(_read(request.model_config), request.weights or "bf16", kv_bytes)
    entry = context["entry"]
    if not entry:
        return None
    found = memory.Shape.of_entry(entry)
    values = dict(vars(found), kv_bytes=kv_bytes)
    if request.weights:
        values["bytes_per_parameter"] = WEIGHTS[request.weights]
    return memory.Shape(**values)


def _read(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadUsage(f"cannot read {path}: it is no config.json") from error
    if not isinstance(config, dict):
        raise BadUsage(f"{path} is not a JSON object")
    return config


def from_config(
    config: Mapping[str, Any], weights: str = "bf16", kv_bytes: float = 2.0
) -> memory.Shape:
    """The shape of a decoder from its config.json; `weights` names the format of its matrices."""
    config = {**config, **config.get("text_config", {})}
    try:
        heads = int(config["num_attention_heads"])
        hidden = int(config["hidden_size"])
        layers = int(config["num_hidden_layers"])
        kv_heads = int(config.get("num_key_value_heads") or heads)
        head_dim = int(config.get("head_dim") or hidden // heads)
        latent = 0
        if config.get("kv_lora_rank"):
            latent = int(config["kv_lora_rank"]) + int(config["qk_rope_head_dim"])
        matrices, embeddings = _parameters(config, heads, kv_heads, head_dim)
    except (KeyError, TypeError, ValueError) as error:
        raise BadUsage(
            f"the model's config.json lacks {error}: sizing needs a decoder's"
        ) from error
    total = matrices + embeddings
    size = WEIGHTS[weights]
    # Quantised checkpoints keep embeddings and the output layer in 16 bits.
    stored = matrices * size + embeddings * max(size, min(2.0, WEIGHTS["bf16"]))
    return memory.Shape(
        parameters=total,
        bytes_per_parameter=stored / total,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        context=int(config.get("max_position_embeddings") or 4096),
        kv_bytes=kv_bytes,
        latent=latent,
    )


def _parameters(
    config: Mapping[str, Any], heads: int, kv_heads: int, head_dim: int
) -> tuple[int, int]:
    """Parameters of the layers, and of embeddings and output together."""
    hidden, layers = int(config["hidden_size"]), int(config["num_hidden_layers"])
    attention = _attention(config, heads, kv_heads, head_dim)
    dense = 3 * hidden * int(config["intermediate_size"])
    experts = int(
        config.get("num_experts")
        or config.get("n_routed_experts")
        or config.get("num_local_experts")
        or 0
    )
    first_dense = int(config.get("first_k_dense_replace") or 0) if experts else layers
    sparse = 0
    if experts:
        width = int(config.get("moe_intermediate_size") or config["intermediate_size"])
        shared = int(config.get("n_shared_experts") or 0)
        sparse = 3 * hidden * width * (experts + shared) + hidden * experts
    per_layer = attention + 2 * hidden
    total = layers * per_layer + first_dense * dense + (layers - first_dense) * sparse + hidden
    tied = bool(config.get("tie_word_embeddings"))
    return total, int(config["vocab_size"]) * hidden * (1 if tied else 2)


def _attention(config: Mapping[str, Any], heads: int, kv_heads: int, head_dim: int) -> int:
    hidden = int(config["hidden_size"])
    if rank := config.get("kv_lora_rank"):
        rope, nope = int(config["qk_rope_head_dim"]), int(config["qk_nope_head_dim"])
        value = int(config["v_head_dim"])
        query_rank = config.get("q_lora_rank")
        query = heads * (nope + rope)
        queries = int(query_rank) * (hidden + query + 1) if query_rank else hidden * query
        keys = hidden * (int(rank) + rope) + int(rank) * (1 + heads * (nope + value))
        return queries + keys + heads * value * hidden
    width = (heads + 2 * kv_heads) * head_dim
    total = hidden * width + heads * head_dim * hidden
    if config.get("attention_bias") or config.get("model_type") in ("qwen2", "qwen2_moe"):
        total += width
    if config.get("attention_bias") and config.get("model_type") == "llama":
        total += hidden
    if config.get("model_type") in ("qwen3", "qwen3_moe"):
        total += 2 * head_dim
    return total
