"""What the pinned engines know: `engines.json`, which hooks/engines.py reads in their sources."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from scaffold.models.config import Config

NAMES = {"vllm": "vLLM", "sglang": "SGLang"}
# Names of formats that an engine takes for another one it lists.
_ALIASES = {"auto-round": "inc", "intel/auto-round": "inc", "modelopt_fp8": "modelopt"}
# Whose answers to /v1/rerank clients of Cohere and Jina read.
_RANKING = ("vllm",)
_HEAD = "ForSequenceClassification"
# What a class is for, where its name ends so and no list has it.
_BODIES = (("Model", "ForCausalLM"), ("EmbeddingModel", "ForCausalLM"))


def refusal(engine: str, config: Config, task: str, *, judge: str = "") -> str:
    """Why this engine cannot do it with this model, in one sentence; empty when it can.

    `task` is one of workload llm, and `judge` how a language model ranks, where it does. Code that
    a repository brings is never run, so what an engine knows by such code alone is refused.
    """
    known, name = _known()[engine], f"{NAMES[engine]} {_known()[engine]['version']}"
    if not config.architectures:
        return "its config.json names no architecture, so no engine can tell what it is"
    classes = config.architectures
    listed = {kind: _first(classes, known[kind]) for kind in ("generate", "embed", "hear", "other")}
    sequences = _classifier(engine, classes)
    if not (listed["generate"] or listed["embed"] or sequences):
        if found := listed["hear"]:
            return f"it writes down speech ({found}): no model for texts"
        if found := listed["other"]:
            return (
                f"it rewards, tags words or drafts for another model ({found}), which is none of "
                "the tasks"
            )
    if task in ("classify", "rerank") or sequences or judge:
        wrong = _scores(engine, config, sequences, task, judge)
    else:
        wrong = _task(name, classes, listed, known, task)
    if wrong:
        return wrong
    if config.kind and config.kind not in known["types"]:
        if config.own_code:
            return (
                f"{name} knows its model type {config.kind} only through code of its own "
                "repository, which is never run"
            )
        return f"{name} does not know its model type {config.kind}"
    method = config.method
    if method and known["quantization"].isdisjoint({method, _ALIASES.get(method, method)}):
        return f"{name} does not load weights quantised by {method}"
    return ""


def _task(
    name: str,
    classes: tuple[str, ...],
    listed: Mapping[str, str | None],
    known: Mapping[str, Any],
    task: str,
) -> str:
    """What is wrong with the class for this task; empty when nothing is."""
    backed = _first(classes, _known()["transformers"]["generate"])
    generates = listed["generate"] or backed
    if (task == "chat" and generates) or (task == "embed" and (listed["embed"] or generates)):
        return ""
    if task == "embed" and any(_body(each) in known["generate"] for each in classes):
        return ""
    if listed["embed"]:
        return f"it turns texts into vectors ({listed['embed']}): its task is embed, not {task}"
    if gone := _first(classes, known["gone"]):
        return f"{name} does not serve {gone} any more"
    return f"{name} does not know {classes[0]}"


def _scores(engine: str, config: Config, sequences: str | None, task: str, judge: str) -> str:
    """What is wrong with a model that is, or should be, for labels or scores."""
    if task == "rerank" and engine not in _RANKING:
        return f"{NAMES[engine]} answers rerankings in a way of its own, which no client reads"
    if judge:
        return "" if task == "rerank" else f"it ranks texts: its task is rerank, not {task}"
    if not sequences:
        return f"it does not classify or rank ({config.architectures[0]}): its task is not {task}"
    if task not in ("classify", "rerank"):
        return f"it gives labels or scores ({sequences}): its task is {scores(config)}, not {task}"
    if task == "rerank" and config.labels != 1:
        return f"it tells {config.labels} labels apart ({sequences}): its task is classify"
    return ""


def scores(config: Config) -> str:
    """The task of a model that gives labels or scores by its class; empty for any other."""
    if not any(_classifier(engine, config.architectures) for engine in NAMES):
        return ""
    return "rerank" if config.labels == 1 else "classify"


def _classifier(engine: str, classes: tuple[str, ...]) -> str | None:
    """The class that gives labels or scores: a listed one, or a generator's body with such a head,
    which vLLM makes by itself."""
    known = _known()[engine]
    made = {each for each in classes if each.endswith(_HEAD)} if engine == "vllm" else set()
    made = {each for each in made if each.removesuffix(_HEAD) + "ForCausalLM" in known["generate"]}
    return _first(classes, known["classify"] | made)


def embeds_only(config: Config) -> bool:
    """Is it a model for vectors and nothing else, by its class and any engine?"""
    return any(
        _first(config.architectures, known["embed"])
        and not _first(config.architectures, known["generate"])
        for known in (_known()[engine] for engine in NAMES)
    )


def latent() -> frozenset[str]:
    """The model types for which engines keep a latent instead of keys and values."""
    found: frozenset[str] = _known()["vllm"]["latent"]
    return found


def version(engine: str) -> str:
    """The version whose sources were read."""
    return str(_known()[engine]["version"])


def _body(name: str) -> str:
    """The generator whose body a class is, as vLLM looks for it."""
    for end, whole in _BODIES:
        if name.endswith(end):
            return name.removesuffix(end) + whole
    return name


def _first(classes: tuple[str, ...], known: frozenset[str]) -> str | None:
    return next((each for each in classes if each in known), None)


@cache
def _known() -> dict[str, dict[str, Any]]:
    document = json.loads(Path(__file__).with_name("engines.json").read_bytes())
    return {
        engine: {
            key: frozenset(value) if isinstance(value, list) else value
            for key, value in facts.items()
        }
        for engine, facts in document.items()
    }
