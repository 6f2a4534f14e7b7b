"""How large a model is: its parameters and their bytes in a GPU's memory, from its config.json.

Exact for dense, grouped, latent and mixture models of the common families, and within some percent
for hybrid ones. The sizes of the files say it better where they are known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaffold import memory
from scaffold.models import attention
from scaffold.models.attention import FULL, NOTHING, STATE
from scaffold.models.config import MOST_LAYERS, Config, whole_number

HALF = 2.0
# Bytes of one parameter by the name of a format; those of 4 bits have a scale for each group.
FORMATS = {
    "fp8": 1.0,
    "fbgemm_fp8": 1.0,
    "modelopt": 1.0,
    "modelopt_fp8": 1.0,
    "w8a8_fp8": 1.0,
    "w8a8_int8": 1.0,
    "blockwise_int8": 1.0,
    "experts_int8": 1.0,
    "mxfp8": 1.03,
    "mxfp4": 0.5 + 1 / 32,
    "gpt_oss_mxfp4": 0.5 + 1 / 32,
    "modelopt_fp4": 0.5 + 1 / 16,
    "petit_nvfp4": 0.5 + 1 / 16,
}
_BY_BITS = (
    "awq",
    "awq_marlin",
    "auto_awq",
    "gptq",
    "gptq_marlin",
    "auto_gptq",
    "auto-round",
    "inc",
    "bitsandbytes",
    "moe_wna16",
)
# Activations after which the layer has two matrices: the others have a third, which is a gate.
_UNGATED = ("relu", "relu2", "gelu_new", "gelu_fast")
_GATED_ENCODERS = {"modernbert", "new"}
_LEFT_OUT = ("ignore", "modules_to_not_convert", "exclude_modules", "ignored_layers")


@dataclass(frozen=True)
class Parts:
    """Parameters by what a format does with them; `plain` are embeddings, head and eyes."""

    attention: int
    inner: int
    plain: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.attention + self.inner + self.plain


def shape(
    config: Config,
    stored: float | None = None,
    *,
    kv_bytes: float = 2.0,
    files_bytes: int | None = None,
) -> memory.Shape:
    """The figures of a decoder; BadUsage where its config.json does not have them.

    `stored` are the bytes of one parameter of its matrices where they are to be another format than
    it says, and `files_bytes` those of all its weights where they are known.
    """
    heads, parts = config.heads, _parts(config)
    loaded = (files_bytes or 0) / (2 if config.wide else 1) or _bytes(config, parts, stored)
    plain = attention.is_plain(config)
    return memory.Shape(
        parameters=parts.total,
        bytes_per_parameter=loaded / parts.total,
        layers=config.layers,
        heads=heads,
        kv_heads=config.kv_heads,
        head_dim=config.head_dim,
        context=config.context,
        kv_bytes=kv_bytes,
        kept=None if plain else attention.kept(config),
    )


def _bytes(config: Config, parts: Parts, stored: float | None) -> float:
    if stored is not None:
        # Quantised checkpoints keep embeddings and the output layer in 16 bits.
        return (parts.attention + parts.inner) * stored + parts.plain * max(stored, HALF)
    inner = _format(config)
    size = HALF if _attention_left_out(config.quantization) else inner
    if config.word("expert_dtype") == "fp4":
        inner = FORMATS["mxfp4"]
    return parts.attention * size + parts.inner * inner + parts.plain * HALF


def _format(config: Config) -> float:
    """Bytes of one quantised parameter; of a format that is not known, as if it were none."""
    method, found = config.method, config.quantization
    if method in FORMATS:
        return FORMATS[method]
    if method == "compressed-tensors":
        return _grouped(found)
    if method in _BY_BITS:
        four = found.get("load_in_4bit") is True
        bits = found.get("bits", found.get("w_bit", 4 if four or method != "bitsandbytes" else 8))
        return whole_number(bits, "bits", 1, 16) / 8 + 0.02
    return HALF


def _grouped(found: Mapping[str, Any]) -> float:
    """The first group of compressed-tensors decides: nearly all matrices are in it."""
    groups = found.get("config_groups")
    first = next(iter(groups.values()), None) if isinstance(groups, dict) and groups else None
    weights = first.get("weights") if isinstance(first, dict) else None
    if not isinstance(weights, dict):
        return HALF
    bits = whole_number(weights.get("num_bits", 16), "num_bits", 1, 16)
    group = weights.get("group_size")
    scale = 1 if weights.get("type") == "float" and bits == 4 else 2
    return bits / 8 + (scale / whole_number(group, "group_size", 1, 2**16) if group else 0.0)


def _attention_left_out(found: Mapping[str, Any]) -> bool:
    """Is attention kept in 16 bits?"""
    lists = [found[name] for name in _LEFT_OUT if isinstance(found.get(name), list)]
    return any("self_attn" in str(each)[:200] for names in lists for each in names[:10_000])


def _parts(config: Config) -> Parts:
    hidden, kinds = config.hidden, attention.kinds(config)
    if pattern := config.word("hybrid_override_pattern"):
        return _single(config, pattern)
    mixers = sum(
        _state_layer(config) if kind == STATE else _attention(config, wide=kind == FULL)
        for kind in kinds
        if kind != NOTHING or config.maybe("num_kv_shared_layers", least=0)
    )
    norms = 2 * hidden * len(kinds) + hidden
    return Parts(mixers + norms, _feed_forward(config), _plain(config))


def _single(config: Config, pattern: str) -> Parts:
    """Layers that are one thing each: attention, a state, a mixture or a dense one."""
    makers = {"*": lambda: _attention(config, wide=True), "M": lambda: _state_layer(config)}
    mixers = sum(makers[letter]() for letter in pattern if letter in makers)
    inner = pattern.count("E") * _mixture(config) + pattern.count("-") * _dense(config)
    return Parts(mixers + config.hidden * (len(pattern) + 1), inner, _plain(config))


def _plain(config: Config) -> int:
    if config.encodes:
        return (config.number("vocab_size") + config.context) * config.hidden
    tied = config.flag("tie_word_embeddings") or config.whole.get("tie_word_embeddings") is True
    embeddings = config.number("vocab_size") * config.hidden * (1 if tied else 2)
    return embeddings + _eyes(config.whole.get("vision_config"))


def _eyes(vision: Any) -> int:
    """What sees, roughly: most is in its layers."""
    if not isinstance(vision, dict):
        return 0
    part = Config(vision)
    layers = part.maybe("depth", "num_hidden_layers", most=MOST_LAYERS) or 0
    hidden = part.maybe("hidden_size", "embed_dim") or 0
    inner = part.maybe("intermediate_size") or 4 * hidden
    return layers * (4 * hidden * hidden + 2 * hidden * inner)


def _attention(config: Config, *, wide: bool) -> int:
    hidden, heads, kv_heads = config.hidden, config.heads, config.kv_heads
    width = config.head_dim
    if rank := config.maybe("kv_lora_rank"):
        rope, nope = config.number("qk_rope_head_dim"), config.number("qk_nope_head_dim", least=0)
        value = config.number("v_head_dim")
        query_rank, query = config.maybe("q_lora_rank"), heads * (nope + rope)
        queries = query_rank * (hidden + query + 1) if query_rank else hidden * query
        keys = hidden * (rank + rope) + rank * (1 + heads * (nope + value))
        return queries + keys + heads * value * hidden
    both = 2
    if wide and (found := config.maybe("global_head_dim")):
        width, kv_heads = found, config.maybe("num_global_key_value_heads") or kv_heads
        both = 1 if config.flag("attention_k_eq_v") else 2
    gate = config.flag("attn_output_gate") or "qwen3_next" in config.kinds
    rows = (heads * (2 if gate else 1) + both * kv_heads) * width
    total = hidden * rows + heads * width * hidden
    biased = config.flag("attention_bias")
    if biased or config.kinds & {"qwen2", "qwen2_moe"}:
        total += rows
    if biased and "llama" in config.kinds:
        total += hidden
    if any(kind.startswith("qwen3") for kind in config.kinds):
        total += 2 * width
    return total


def _state_layer(config: Config) -> int:
    """A layer without keys and values, by its large matrices."""
    hidden = config.hidden
    if values := config.maybe("linear_num_value_heads"):
        inner = values * config.number("linear_value_head_dim")
        keys = config.number("linear_num_key_heads") * config.number("linear_key_head_dim")
        return hidden * (2 * keys + 2 * inner + 2 * values) + inner * hidden
    if linear := config.part("linear_attn_config"):
        inner = whole_number(linear.get("num_heads"), "num_heads", 1, 2**16) * whole_number(
            linear.get("head_dim"), "head_dim", 1, 2**16
        )
        return 5 * hidden * inner
    if heads := config.maybe("mamba_num_heads", "mamba_n_heads"):
        inner = heads * (config.maybe("mamba_head_dim", "mamba_d_head") or config.head_dim)
        state = config.number("ssm_state_size", "mamba_d_state")
        groups = config.maybe("n_groups", "mamba_n_groups") or 1
        return hidden * (2 * inner + 2 * groups * state + heads) + inner * hidden
    return 4 * hidden * hidden


def _feed_forward(config: Config) -> int:
    """All of the layers' second halves: dense, or a mixture of experts."""
    layers = config.layers
    if not config.experts:
        return layers * _dense(config)
    every = config.maybe("decoder_sparse_step", "interleave_moe_layer_step", most=MOST_LAYERS) or 1
    first = config.maybe("first_k_dense_replace", least=0, most=MOST_LAYERS) or 0
    listed = config.text.get("mlp_only_layers")
    named = len(listed) if isinstance(listed, list) else 0
    sparse = max(0, (layers - first) // every - named)
    return sparse * _mixture(config) + (layers - sparse) * _dense(config)


def _dense(config: Config) -> int:
    width = config.maybe(
        "intermediate_size_mlp", "intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size"
    )
    return _matrices(config) * config.hidden * (width or 4 * config.hidden)


def _mixture(config: Config) -> int:
    hidden = config.hidden
    width = config.maybe("moe_intermediate_size", "intermediate_size") or 4 * hidden
    routed = config.maybe("routed_expert_hidden_size") or hidden
    shared = (config.maybe("n_shared_experts", "num_shared_experts", least=0) or 0) * width
    named = config.maybe(
        "shared_expert_intermediate_size", "moe_shared_expert_intermediate_size", least=0
    )
    matrices = _matrices(config)
    own = matrices * (routed * width * config.experts + hidden * (named or shared))
    return own + hidden * config.experts


def _matrices(config: Config) -> int:
    act = (
        config.word("mlp_hidden_act")
        or config.word("hidden_act")
        or config.word("activation_function")
    )
    ungated = act in _UNGATED or (config.encodes and not config.kinds & _GATED_ENCODERS)
    return 2 if ungated else 3
