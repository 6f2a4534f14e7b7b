"""What one request keeps in memory, layer by layer, as the engines keep it.

Keys and values of every token; of a window's tokens only; a latent instead of both; or a state of
one size however long the text is. The figures follow the specifications of vLLM 0.32
(`vllm/v1/kv_cache_interface.py` and `mamba_utils.py`), and tests hold them against those.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scaffold.memory import Kept
from scaffold.models import engines
from scaffold.models.config import MOST_LAYERS, Config, whole_number

# vLLM keeps what is in flight besides the window: two batches of 8,192 tokens on a large card.
IN_FLIGHT = 2 * 8192
FULL, SLIDING, STATE, NOTHING = "full", "sliding", "state", "nothing"
_NAMES = {
    "full_attention": FULL,
    "attention": FULL,
    "global": FULL,
    "hybrid": FULL,
    "sliding_attention": SLIDING,
    "local": SLIDING,
    "linear_attention": STATE,
    "mamba": STATE,
    "mamba2": STATE,
    "conv": STATE,
    "recurrent": STATE,
    "moe": NOTHING,
    "mlp": NOTHING,
    # Chunks that vLLM forgets one by one: taken as if they were kept.
    "chunked_attention": FULL,
}
# Models whose every layer looks at a window, when their config.json names one.
_ALL_SLIDING = ("mistral", "mixtral", "phi3", "starcoder2", "phimoe")


def kinds(config: Config) -> list[str]:
    """What each layer keeps: FULL, SLIDING, STATE or NOTHING."""
    found = _named(config) or _counted(config) or [FULL] * config.layers
    shared = config.maybe("num_kv_shared_layers", least=0, most=MOST_LAYERS) or 0
    if not _window(config):
        found = [FULL if kind == SLIDING else kind for kind in found]
    # The last ones read what others keep.
    return [
        NOTHING if kind in (FULL, SLIDING) and place >= len(found) - shared else kind
        for place, kind in enumerate(found)
    ]


def kept(config: Config) -> Kept:
    """The memory of one request, in bytes at 16 bits a number."""
    if config.encodes:
        return Kept(0.0)
    if ratios := _ratios(config):
        return _compressed(config, ratios)
    layers = kinds(config)
    full, sliding, states = (layers.count(kind) for kind in (FULL, SLIDING, STATE))
    if latent := _latent(config):
        return Kept(2.0 * latent * (full + sliding), state=states * _state(config), whole=True)
    both = "falcon_h1" in config.kinds  # Every layer has attention and a state.
    token, narrow = _widths(config)
    token_bytes = 2.0 * token * full
    if blocks := _blocks(config):
        token_bytes = 2.0 * sum(2 * heads * config.head_dim for heads in blocks)
    return Kept(
        token_bytes,
        sliding=2.0 * narrow * sliding,
        window=_window(config) + IN_FLIGHT if sliding else 0,
        state=(len(layers) if both else states) * _state(config),
    )


def is_plain(config: Config) -> bool:
    """Does every layer keep the keys and values of every token?"""
    if (
        config.encodes
        or set(kinds(config)) != {FULL}
        or _latent(config)
        or _ratios(config)
        or _blocks(config)
    ):
        return False
    return _widths(config)[0] == 2 * config.kv_heads * config.head_dim


def _named(config: Config) -> list[str]:
    """From a list or a text that has a word or letter for each layer."""
    if pattern := config.word("hybrid_override_pattern"):
        letters = {"*": FULL, "M": STATE}
        return [letters.get(letter, NOTHING) for letter in pattern if letter not in "|\n"]
    for name in ("layer_types", "layers_block_type"):
        if words := config.words(name):
            return [_NAMES.get(word, FULL) for word in words]
    if pattern := config.word("sliding_window_pattern"):
        return [
            SLIDING if pattern[place % len(pattern)] == "L" else FULL
            for place in range(config.layers)
        ]
    if linear := config.part("linear_attn_config"):
        full = linear.get("full_attn_layers")
        if isinstance(full, list) and len(full) <= MOST_LAYERS:
            count = min(len(full), config.layers)
            return [FULL] * count + [STATE] * (config.layers - count)
    pattern_ = config.text.get("hybrid_layer_pattern")
    if isinstance(pattern_, list) and len(pattern_) <= MOST_LAYERS:
        return [SLIDING if each == 1 else FULL for each in pattern_]
    return []


def _counted(config: Config) -> list[str]:
    """From a number that says how often a layer is of the other kind."""
    layers, places = config.layers, range(config.layers)
    if every := config.maybe("full_attention_interval", most=MOST_LAYERS):
        return [STATE if (place + 1) % every else FULL for place in places]
    if every := config.maybe("attn_layer_period", most=MOST_LAYERS):
        offset = config.maybe("attn_layer_offset", least=0, most=MOST_LAYERS) or 0
        return [FULL if place % every == offset else STATE for place in places]
    if every := config.maybe("sliding_window_pattern", most=MOST_LAYERS):
        return [SLIDING if (place + 1) % every else FULL for place in places]
    if config.kinds & {"gemma3", "gemma3_text"}:
        return [SLIDING if (place + 1) % 6 else FULL for place in places]
    if "gemma2" in config.kinds:
        return [FULL if place % 2 else SLIDING for place in places]
    if config.flag("use_sliding_window"):
        first = config.maybe("max_window_layers", least=0, most=MOST_LAYERS) or 0
        return [SLIDING if place >= first else FULL for place in places]
    return [SLIDING] * layers if config.kinds & {*_ALL_SLIDING} else []


def _window(config: Config) -> int:
    if config.text.get("use_sliding_window") is False:
        return 0
    return config.maybe("sliding_window", "sliding_window_size", least=0) or 0


def _widths(config: Config) -> tuple[int, int]:
    """Numbers that a token takes in a layer with all of them, and in one with a window."""
    heads, width = config.kv_heads, config.head_dim
    value = config.maybe("v_head_dim") or width
    if config.maybe("kv_lora_rank"):
        # Kept as keys and values by engines that have no latent for this model.
        width = value = (config.maybe("qk_nope_head_dim") or 0) + (
            config.maybe("qk_rope_head_dim") or 0
        ) or width
    narrow = (config.maybe("swa_num_key_value_heads") or heads) * (
        (config.maybe("swa_head_dim") or width) + (config.maybe("swa_v_head_dim") or value)
    )
    if wide := config.maybe("global_head_dim"):
        return 2 * wide * (config.maybe("num_global_key_value_heads") or heads), narrow
    return heads * (width + value), narrow


def _latent(config: Config) -> float:
    """Numbers of the latent that stands for keys and values; 0 where an engine has none."""
    rank = config.maybe("kv_lora_rank")
    if rank is None or not config.kinds & engines.latent():
        return 0
    # Sparse attention keeps 8 bits of each index and a scale for 128 of them.
    index = config.maybe("index_head_dim") or 0
    return rank + (config.maybe("qk_rope_head_dim") or 0) + (index + index / 128 * 4) / 2


def _state(config: Config) -> float:
    """Bytes that a layer without keys and values keeps of a request."""
    if values := config.maybe("linear_num_value_heads"):
        keys = config.number("linear_num_key_heads") * config.number("linear_key_head_dim")
        width = config.number("linear_value_head_dim")
        row = 2 * keys + values * width
        size = _bytes_of(config.word("mamba_ssm_dtype"), 2)
        own = values * width * config.number("linear_key_head_dim") * size
        return float(own + _conv(config, row, "linear_conv_kernel_dim"))
    if linear := config.part("linear_attn_config"):
        heads, width = (_inner(linear, name) for name in ("num_heads", "head_dim"))
        kernel = _inner(linear, "short_conv_kernel_size")
        return float(heads * width * width * 4 + (kernel - 1) * 3 * heads * width * 2)
    if heads_ := config.maybe("mamba_num_heads", "mamba_n_heads"):
        width = config.maybe("mamba_head_dim", "mamba_d_head") or config.head_dim
        size = config.number("ssm_state_size", "mamba_d_state")
        groups = config.maybe("n_groups", "mamba_n_groups") or 1
        # Without a word for it vLLM takes 32 bits for Nemotron-H and 16 for others.
        usual = 4 if "nemotron_h" in config.kinds else 2
        each = _bytes_of(config.word("mamba_ssm_cache_dtype"), usual)
        row = heads_ * width + 2 * groups * size
        return float(heads_ * width * size * each + _conv(config, row, "conv_kernel"))
    if size_ := config.maybe("mamba_d_state"):
        inner = config.hidden * (config.maybe("mamba_expand") or 2)
        return float(inner * size_ * 2 + _conv(config, inner, "mamba_d_conv"))
    if length := config.maybe("conv_L_cache"):
        return float((length - 1) * config.hidden * 2)
    return float(config.heads * config.head_dim**2 * 4)


def _conv(config: Config, row: int, name: str) -> int:
    kernel = config.maybe(name, "mamba_d_conv", most=64) or 4
    return (kernel - 1) * row * 2


def _bytes_of(word: str, usual: int) -> int:
    return {"float32": 4, "float16": 2, "bfloat16": 2}.get(word, usual)


def _inner(part: Mapping[str, Any], name: str) -> int:
    return whole_number(part.get(name), name, 1, 2**16)


def _blocks(config: Config) -> list[int]:
    """Heads for keys and values of each layer of a model whose layers were cut down one by one."""
    blocks = config.text.get("block_configs")
    if not isinstance(blocks, list) or len(blocks) > MOST_LAYERS:
        return []
    return list(_heads_left(blocks, config.heads))


def _heads_left(blocks: list[Any], heads: int) -> Iterator[int]:
    for block in blocks:
        attention = block.get("attention") if isinstance(block, dict) else None
        if isinstance(attention, dict) and attention.get("n_heads_in_group"):
            yield heads // whole_number(attention["n_heads_in_group"], "n_heads_in_group", 1, heads)


def _ratios(config: Config) -> list[int]:
    """Of how many tokens each layer makes one; 0 for a layer that has only its window."""
    found = config.text.get("compress_ratios")
    if not isinstance(found, list) or len(found) > MOST_LAYERS:
        return []
    return [whole_number(each, "compress_ratios", 0, 2**20) for each in found[: config.layers]]


def _compressed(config: Config, ratios: list[int]) -> Kept:
    """One vector for several tokens, besides those of a window in every layer."""
    index = config.maybe("index_head_dim") or 0
    width = config.head_dim + (index + index / 128 * 4) / 2
    return Kept(
        sum(2.0 * width / ratio for ratio in ratios if ratio),
        sliding=2.0 * config.head_dim * len(ratios),
        window=_window(config) + IN_FLIGHT,
        whole=True,
    )
