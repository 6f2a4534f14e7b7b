"""GPU memory of language models: the arithmetic behind sizing, advice and the template's rules.

`template/rules.jinja` states the same formula for copier; a test holds both together.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

GIB = 2**30
# The most that engines are told to work on at once, where memory sets no bound.
MOST_AT_ONCE = 256


@dataclass(frozen=True)
class Budget:
    """What of a card can be used: the `usable` share of the advertised GB, less `overhead_gib`.

    Cards show about 0.93 of what is advertised, and the engine is given 0.90 of that; 2.5 GiB go
    to the context, activations and graphs of each GPU.
    """

    usable: float = 0.84
    overhead_gib: float = 2.5


@dataclass(frozen=True)
class Kept:
    """What a request keeps in memory where layers differ, in bytes at 16 bits a number.

    `token` for each of its tokens, `sliding` for each of the last `window` ones, `state` once, at
    the widths that the engines give it. With `whole` each GPU keeps all of it, as a latent is kept.
    """

    token: float
    sliding: float = 0.0
    window: int = 0
    state: float = 0.0
    whole: bool = False


@dataclass(frozen=True)
class Shape:
    """The figures of a model's config.json that decide about memory.

    Without `kept` every layer keeps the keys and values of every token.
    """

    parameters: int
    bytes_per_parameter: float
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    context: int
    kv_bytes: float = 2.0
    kept: Kept | None = None

    @classmethod
    def of_entry(cls, entry: Mapping[str, Any]) -> "Shape":
        """The shape of a model of the catalog."""
        names = (
            "parameters",
            "bytes_per_parameter",
            "layers",
            "heads",
            "kv_heads",
            "head_dim",
            "context",
        )
        kept = Kept(**entry["kept"]) if "kept" in entry else None
        return cls(**{name: entry[name] for name in names}, kept=kept)

    def as_entry(self) -> dict[str, Any]:
        """What `of_entry` reads."""
        found = asdict(self)
        del found["kv_bytes"]
        return found if self.kept else {k: v for k, v in found.items() if k != "kept"}

    @property
    def weights_gib(self) -> float:
        """All weights."""
        return self.parameters * self.bytes_per_parameter / GIB

    @property
    def kv_bytes_per_token(self) -> float:
        """What each further token of a long request takes in all layers together."""
        if self.kept:
            return self.kept.token * self.kv_bytes / 2
        return self.layers * 2 * self.kv_heads * self.head_dim * self.kv_bytes

    def cache_bytes(self, tokens: float) -> float:
        """All that one request of `tokens` keeps."""
        if not self.kept:
            return self.kv_bytes_per_token * tokens
        sliding = self.kept.sliding * min(tokens, self.kept.window) * self.kv_bytes / 2
        return self.kv_bytes_per_token * tokens + sliding + self.kept.state

    def kv_gib_per_gpu(self, tokens: float, gpu_count: int) -> float:
        """The cache of `tokens` on each GPU: a head is never split, a latent is kept by all."""
        parts = 1 if self.kept and self.kept.whole else min(gpu_count, self.kv_heads)
        return self.cache_bytes(tokens) / parts / GIB


def room_gib(shape: Shape, vram_gb: float, gpu_count: int, budget: Budget | None = None) -> float:
    """Memory left for the cache on each GPU; negative when the weights do not fit."""
    budget = budget or Budget()
    return vram_gb * budget.usable - budget.overhead_gib - shape.weights_gib / gpu_count


def sequences(
    shape: Shape, vram_gb: float, gpu_count: int, tokens: float, budget: Budget | None = None
) -> int:
    """How many requests of `tokens` fit at once; 0 when none does.

    An encoder keeps nothing of them, so that an engine's own bound is the only one.
    """
    room = room_gib(shape, vram_gb, gpu_count, budget)
    each = shape.kv_gib_per_gpu(tokens, gpu_count)
    if not each:
        return MOST_AT_ONCE if room > 0 else 0
    return max(0, int(room / each))


def needed_gb(shape: Shape, gpu_count: int, tokens: float, budget: Budget | None = None) -> float:
    """GB one GPU must advertise to hold its part of the weights and one request of `tokens`."""
    budget = budget or Budget()
    cache = shape.kv_gib_per_gpu(tokens, gpu_count)
    return (shape.weights_gib / gpu_count + cache + budget.overhead_gib) / budget.usable
