"""What to know about answers that are allowed but surprise people."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scaffold import memory
from scaffold.cost import estimate

HOURS_PER_MONTH = 730
# What the hub calls such licenses: cc-by-nc-4.0, flux-1-dev-non-commercial-license.
_NO_COMMERCE = re.compile(r"non-?commercial|\bnc\b|research", re.IGNORECASE)


def warnings(context: Mapping[str, Any]) -> list[str]:
    """One sentence each; `context` is that of a resolution without problems."""
    return [*_hardware(context), *_model(context), *_scaling(context), *_pins(context)]


def _hardware(context: Mapping[str, Any]) -> Iterator[str]:
    if not context["tee"]:
        yield (
            "tee: false is refused by the platform since May 2026 (HTTP 400): "
            "only chutes in a trusted execution environment can be deployed."
        )
    elif context["gpu_count"] != 1 or context["include"] != ["pro_6000"] or context["exclude"]:
        yield (
            'Ordinary accounts may deploy only gpu_count 1 with include ["pro_6000"]; for other '
            "hardware the platform answers HTTP 400 unless your account is exempt."
        )
    if context["workload"] == "image" and context["gpu_count"] > 1:
        yield f"One picture is made on one GPU: {context['gpu_count'] - 1} of them stay idle."
    if len(context["eligible_gpus"]) > 1:
        yield (
            "More than one GPU model is eligible: the platform picks, and bills, any of "
            f"{', '.join(context['eligible_gpus'])}."
        )


def _model(context: Mapping[str, Any]) -> Iterator[str]:
    entry = context["entry"]
    if context["workload"] == "custom":
        yield from _own(context)
        return
    if context["gated"]:
        yield (
            f"{context['model']} is gated: accept its terms on Hugging Face and set the HF_TOKEN "
            "secret of both chutes after their first deployment."
        )
    if context["workload"] == "llm" and context["task"] == "chat" and not context["tool_parser"]:
        yield (
            "No tool_parser is set: vLLM refuses requests with tools then, and SGLang answers them "
            "with plain text."
        )
    if not entry:
        yield (
            f"{context['model']} is not in the catalog: whether it fits "
            f"{context['min_vram_gb_per_gpu']} GB per GPU was not checked."
        )
        return
    yield from entry.get("notes", ())
    if _NO_COMMERCE.search(entry["license"]):
        yield f"{context['model']} has a non-commercial license ({entry['license']})."
    if context["workload"] == "llm" and context["task"] == "chat":
        yield from _sequences(context, entry)


def _own(context: Mapping[str, Any]) -> Iterator[str]:
    """What is left to do, or to know, with a model of one's own."""
    if context["gated"]:
        yield (
            "Gated models: accept their terms on Hugging Face and set the HF_TOKEN secret of both "
            "chutes after their first deployment."
        )
    if context["packages"]:
        yield (
            f"{', '.join(context['packages'])}: not locked yet. `make pin` in the repository does "
            "it, and `make check` fails until then."
        )
    if unpinned := [name for name in context["system_packages"] if "=" not in name]:
        yield (
            f"{', '.join(unpinned)}: without a version the image may come out different next time "
            "it is built."
        )
    yield f"Whether the model fits {context['min_vram_gb_per_gpu']} GB per GPU was not checked."


def _sequences(context: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[str]:
    smallest = min(g["vram_gb"] for g in context["gpus"] if g["id"] in context["eligible_gpus"])
    fits = memory.sequences(
        memory.Shape.of_entry(entry), smallest, context["gpu_count"], context["context_length"]
    )
    if fits < context["concurrency"]:
        yield (
            f"Memory holds {fits} conversations of the full {context['context_length']} tokens at "
            f"once, concurrency is {context['concurrency']}: longer ones wait their turn."
        )


def _scaling(context: Mapping[str, Any]) -> Iterator[str]:
    if context["keep_warm"]:
        dollars = estimate(context)["prod"].usd_per_hour_per_instance
        low, high = (dollars[end] * HOURS_PER_MONTH for end in ("min", "max"))
        price = f"${low:,.0f}" if low == high else f"${low:,.0f} to ${high:,.0f}"
        yield (
            f"keep_warm bills one instance round the clock, about {price} a month, and is best "
            "effort: the platform has no min_instances and may take the instance away."
        )
    if context["workload"] == "image" and context["max_instances"] > 1:
        share = context["scaling_threshold"]
        yield (
            "With concurrency 1 an instance turns away as large a share of calls as the share of "
            f"time it is busy: the second one comes when about {share:.0%} of calls get 429, and "
            "minutes later (how often the platform looks, every 1 to 30 minutes, is not public). "
            "Clients must retry on 429; a lower scaling_threshold adds it earlier."
        )


def _pins(context: Mapping[str, Any]) -> Iterator[str]:
    if "@sha256:" not in context["base_image"]:
        yield (
            f"The base image is pinned by tag only ({context['base_image']}): run "
            "`chute-new pin` where the registry can be reached."
        )
