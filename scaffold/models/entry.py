"""What is known of a model, as the catalog has it of its own: template/data/models.yml says how."""

import re
from dataclasses import dataclass, field
from typing import Any

from scaffold import memory
from scaffold.errors import BadUsage
from scaffold.models import engines, weights
from scaffold.models.config import Config
from scaffold.models.parsers import parsers

# How many GPUs one instance may have, of those the ordinary accounts may deploy to, and at all.
COUNTS = (1, 2, 4, 8)
ORDINARY_GB, LARGEST_GB = 96, 140
# What the template takes for a context length when nothing else is said, and for models that see:
# a photograph of 12 megapixels is 12,000 tokens to some.
USUAL_CONTEXT, SEEING_CONTEXT = 8192, 32768
# Engines bring the chat templates of these, whose repositories have none.
_TEMPLATE_BROUGHT = {"deepseek_v32", "deepseek_v4", "deepseek_v41", "kimi_k3"}


@dataclass(frozen=True)
class Source:
    """What is at hand of a model: its config.json, and what its repository says besides.

    `template` is the chat template, empty when it has none, None when that is not known.
    `files_bytes` are the bytes of the weights that an engine loads.
    """

    config: Config
    template: str | None = None
    files_bytes: int | None = None
    revision: str = ""
    license: str = ""
    gated: bool = False
    vectors: bool = False


@dataclass(frozen=True)
class Learned:
    """A model as an entry of the catalog, and by engine why that cannot serve it.

    None when no engine can.
    """

    entry: dict[str, Any] | None
    refusals: dict[str, str] = field(default_factory=dict)


def learned(model: str, source: Source, task: str | None = None) -> Learned:
    """The entry; `task` is what somebody wants of it. BadUsage where it is no model for texts."""
    config = source.config
    judge = _judge(model, config)
    vectors = source.vectors or engines.embeds_only(config)
    found = "rerank" if judge else engines.scores(config) or ("embed" if vectors else "chat")
    wanted = task or found
    refusals = {
        engine: why
        for engine in engines.NAMES
        if (why := engines.refusal(engine, config, wanted, judge=judge))
    }
    if len(refusals) == len(engines.NAMES):
        return Learned(None, refusals)
    other = ", ".join(engine for engine in engines.NAMES if engine not in refusals)
    refusals = {engine: f"{why}; engine {other} serves it" for engine, why in refusals.items()}
    if wanted == "chat" and source.template == "" and not config.kinds & _TEMPLATE_BROUGHT:
        raise BadUsage(f"{model} is no chat model: its repository has no chat template")
    shape = weights.shape(config, files_bytes=source.files_bytes)
    entry = {
        "id": model,
        "revision": source.revision,
        "license": source.license,
        "gated": source.gated,
        **shape.as_entry(),
        **({"sees": True} if config.sees else {}),
        "gpu_count": _gpu_count(model, shape, SEEING_CONTEXT if config.sees else USUAL_CONTEXT),
        "notes": _notes(model, source, judge),
    }
    if wanted == "chat":
        entry["parsers"] = parsers(model, config.kinds, source.template)
    else:
        entry["task"] = wanted
    if wanted == "embed":
        entry["vector"] = {"size": config.hidden, "shortest": None}
    if wanted == "rerank" and judge:
        entry["judge"] = judge
    return Learned(entry, refusals)


def _judge(model: str, config: Config) -> str:
    """How a language model ranks, by chutekit.engines.judges; empty when it does not.

    Nothing but the name tells Qwen3-Reranker, and what was made of it, from Qwen3.
    """
    ranks = re.search(r"rerank", model.partition("/")[2], re.IGNORECASE)
    return "QWEN3" if ranks and "Qwen3ForCausalLM" in config.architectures else ""


def _gpu_count(model: str, shape: memory.Shape, usual: int) -> int:
    """The fewest GPUs that hold it, of the ordinary kind if that is possible at all."""
    tokens = min(shape.context, usual)
    for limit in (ORDINARY_GB, LARGEST_GB):
        for count in COUNTS:
            if shape.heads % count == 0 and memory.needed_gb(shape, count, tokens) <= limit:
                return count
    raise BadUsage(
        f"{model} is too large: its weights take {shape.weights_gib:,.0f} GiB, and an instance has "
        f"at most {COUNTS[-1]} GPUs of {LARGEST_GB} GB"
    )


def _notes(model: str, source: Source, judge: str) -> list[str]:
    found = []
    if judge:
        found.append(
            f"{model} is a language model that ranks: give ENGINE in chute.py `judge={judge}`, as "
            "the comment there says, or its scores mean nothing."
        )
    if source.files_bytes is None:
        found.append(
            f"The memory of {model} was estimated from its config.json, without the sizes of its "
            "files."
        )
    return found
