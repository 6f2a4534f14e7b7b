"""GPU memory of language models: the arithmetic behind sizing, advice and the template's rules.

`template/rules.jinja` states the same formula for copier; a test holds both together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GIB = 2**30


@dataclass(frozen=True)
class Budget:
    """What of a card can be used: the `usable` share of the advertised GB, less `overhead_gib`.

    Cards show about 0.93 of what is advertised, and the engine is given 0.90 of that; 2.5 GiB go
    to the context, activations and graphs of each GPU.
    """

    usable: float = 0.84
    overhead_gib: float = 2.5


@dataclass(frozen=True)
class Shape:
    """The figures of a model's config.json that decide about memory; `latent` > 0 means MLA."""

    parameters: int
    bytes_per_parameter: float
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    context: int
    kv_bytes: float = 2.0
    latent: int = 0

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
        return cls(**{name: entry[name] for name in names})

    @property
    def weights_gib(self) -> float:
        """All weights."""
        return self.parameters * self.bytes_per_parameter / GIB

    @property
    def kv_bytes_per_token(self) -> float:
        """Keys and values of one token in all layers; MLA keeps one latent vector per layer."""
        per_layer = self.latent or 2 * self.kv_heads * self.head_dim
        return self.layers * per_layer * self.kv_bytes

    def kv_gib_per_gpu(self, tokens: float, gpu_count: int) -> float:
        """The cache of `tokens` on each GPU: a head is never split, a latent is kept by all."""
        parts = 1 if self.latent else min(gpu_count, self.kv_heads)
        return self.kv_bytes_per_token * tokens / parts / GIB


def room_gib(shape: Shape, vram_gb: float, gpu_count: int, budget: Budget | None = None) -> float:
    """Memory left for the cache on each GPU; negative when the weights do not fit."""
    budget = budget or Budget()
    return vram_gb * budget.usable - budget.overhead_gib - shape.weights_gib / gpu_count


def sequences(
    shape: Shape, vram_gb: float, gpu_count: int, tokens: float, budget: Budget | None = None
) -> int:
    """How many requests of `tokens` fit at once; 0 when none does."""
    room = room_gib(shape, vram_gb, gpu_count, budget)
    return max(0, int(room / shape.kv_gib_per_gpu(tokens, gpu_count)))


def needed_gb(shape: Shape, gpu_count: int, tokens: float, budget: Budget | None = None) -> float:
    """GB one GPU must advertise to hold its part of the weights and one request of `tokens`."""
    budget = budget or Budget()
    cache = shape.kv_gib_per_gpu(tokens, gpu_count)
    return (shape.weights_gib / gpu_count + cache + budget.overhead_gib) / budget.usable
