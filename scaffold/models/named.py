"""A model that is not in the catalog, looked up by its name: on the hub, or in files at hand."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scaffold.errors import BadUsage, Failed, OutsideFailure
from scaffold.models import hub, pipelines
from scaffold.models.config import MAX_BYTES, parse
from scaffold.models.entry import Learned, Source, learned

CONFIG, TOKENIZER, MODULES = "config.json", "tokenizer_config.json", "modules.json"
INDEX = "model.safetensors.index.json"
# What a model of diffusers is put together from.
PIPELINE = "model_index.json"
TEMPLATES = ("chat_template.jinja", "chat_template.json")
# Tokenizers list their special words; an index lists each tensor.
MAX_TOKENIZER, MAX_INDEX = 16 * 2**20, 64 * 2**20
# Mistral's own tokenizer, with which goes a chat template that is no file.
TEKKEN = "tekken.json"
MAX_NAME = 100
# What transformers calls the kind of model that is served for speech.
SPEECH = "whisper"
# The weights that an engine loads: not those of another format or another program beside them.
_WEIGHTS = re.compile(r"(?!consolidated)[^/]+\.safetensors")
_VECTORS = ("feature-extraction", "sentence-similarity")


@dataclass(frozen=True)
class Found:
    """What a look-up came to.

    `answers` are what is known though the model is closed, `warnings` what to know about it, and
    `unanswered` why nothing was found out: the hub did not answer.
    """

    learned: Learned | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    unanswered: OutsideFailure | None = None


def on_hub(workload: str, model: str, revision: str = "", task: str | None = None) -> Found:
    """The model as it is on the hub, at its newest commit or at `revision`.

    The workload is one of `READERS`: of `llm` an engine's, of `image` one of diffusers, of `speech`
    any Whisper of transformers. BadUsage says why it cannot be served; a hub that does not answer
    is no failure.
    """
    try:
        return READERS[workload](model, hub.at(model, revision or "main"), task)
    except Failed as error:
        raise BadUsage(error.message) from error
    except OutsideFailure as error:
        return Found(unanswered=error)


def _texts(model: str, commit: hub.Commit, task: str | None) -> Found:
    if CONFIG not in commit.names:
        kind = f": it is made for {commit.library}" if commit.library else ""
        raise BadUsage(f"{model} is no model for texts: it has no {CONFIG}{kind}")
    _require_weights(model, commit)
    sizes = {each.path: each.size for each in commit.files if _WEIGHTS.fullmatch(each.path)}
    content = hub.file(model, commit.commit, CONFIG, MAX_BYTES)
    if content is None:
        unknown = "whether an engine serves it, and in how much memory, is not known"
        return _closed(model, commit, unknown)
    return Found(
        learned(
            model,
            Source(
                parse(content, f"{CONFIG} of {model}"),
                template=_template(
                    lambda name: (
                        hub.file(model, commit.commit, name, MAX_TOKENIZER)
                        if name in commit.names
                        else None
                    )
                )
                or (None if TEKKEN in commit.names else ""),
                files_bytes=_loaded(sizes),
                revision=commit.commit,
                license=commit.license,
                gated=commit.gated,
                vectors=MODULES in commit.names or commit.purpose in _VECTORS,
            ),
            task,
        )
    )


def _pictures(model: str, commit: hub.Commit, task: str | None) -> Found:
    if PIPELINE not in commit.names:
        raise BadUsage(f"{model} is no model of diffusers: it has no {PIPELINE}")
    content = hub.file(model, commit.commit, PIPELINE, MAX_BYTES)
    if content is None:
        return _closed(model, commit, "what it does is not known")
    name = parse(content, f"{PIPELINE} of {model}").whole.get("_class_name")
    if not isinstance(name, str) or not name.isidentifier() or len(name) > MAX_NAME:
        raise BadUsage(f"{PIPELINE} of {model} names no pipeline")
    if why := pipelines.refusal(name, task):
        raise BadUsage(f"{model} {why}")
    return Found(answers=_of(commit) | ({} if task else {"task": pipelines.tasks(name)[0]}))


def _speech(model: str, commit: hub.Commit, task: str | None) -> Found:
    if CONFIG not in commit.names:
        raise BadUsage(f"{model} is no model of transformers: it has no {CONFIG}")
    content = hub.file(model, commit.commit, CONFIG, MAX_BYTES)
    if content is None:
        return _closed(model, commit, "what it does is not known")
    kind = parse(content, f"{CONFIG} of {model}").whole.get("model_type")
    if kind != SPEECH:
        raise BadUsage(f"{model} is no model that writes down speech, of which Whisper is served")
    _require_weights(model, commit)
    return Found(answers=_of(commit))


#: By workload, what makes something of a commit.
READERS: dict[str, Callable[[str, hub.Commit, str | None], Found]] = {
    "llm": _texts,
    "image": _pictures,
    "speech": _speech,
}


def _of(commit: hub.Commit) -> dict[str, Any]:
    """The answers that a commit gives whatever is in it."""
    return {"revision": commit.commit, "gated": commit.gated}


def _closed(model: str, commit: hub.Commit, unknown: str) -> Found:
    """What is found where no file can be read."""
    why = "its terms were not accepted, or there is no HF_TOKEN" if commit.gated else "closed"
    told = f"{model} was not looked into ({why}): {unknown}."
    return Found(answers=_of(commit), warnings=(told,))


def _require_weights(model: str, commit: hub.Commit) -> None:
    if not any(_WEIGHTS.fullmatch(name) for name in commit.names):
        raise BadUsage(
            f"{model} has no weights in safetensors, and other formats can run code when loaded"
        )


def in_files(model: str, config: Path, revision: str = "", task: str | None = None) -> Found:
    """The model whose config.json is at hand; what lies beside it is read too."""
    folder = config.parent
    content = _read(config, MAX_BYTES)
    if content is None:
        raise BadUsage(f"cannot read {config}: it is no config.json")

    def beside(name: str) -> bytes | None:
        return _read(folder / name, MAX_TOKENIZER)

    there = any((folder / name).is_file() for name in (TOKENIZER, *TEMPLATES))
    source = Source(
        parse(content, str(config)),
        template=_template(beside) if there else None,
        files_bytes=_indexed(_read(folder / INDEX, MAX_INDEX)),
        revision=revision,
        vectors=(folder / MODULES).is_file(),
    )
    return Found(learned(model, source, task))


def _loaded(sizes: Mapping[str, int]) -> int | None:
    """Bytes of the files an engine loads: the numbered parts of one model, if it is in parts."""
    parts = {name: size for name, size in sizes.items() if re.search(r"-\d+-of-\d+\.", name)}
    whole = {name: size for name, size in sizes.items() if name == "model.safetensors"}
    found = sum((parts or whole or sizes).values())
    return found if 0 < found < 2**50 else None


def _indexed(content: bytes | None) -> int | None:
    """The bytes of all tensors, from the list of them."""
    found = _parsed(content).get("metadata")
    size = found.get("total_size") if isinstance(found, dict) else None
    return int(size) if isinstance(size, int | float) and 0 < size < 2**50 else None


def _template(read: Callable[[str], bytes | None]) -> str:
    """The chat template, from a file of its own or the tokenizer's; empty when there is none."""
    if (content := read(TEMPLATES[0])) is not None:
        return _decoded(content)
    for name in (TEMPLATES[1], TOKENIZER):
        found = _parsed(read(name)).get("chat_template")
        texts = [found] if isinstance(found, str) else list(_several(found))
        if texts:
            return "\n".join(texts)
    return ""


def _several(found: Any) -> Iterable[str]:
    """Tokenizers may have a template for each purpose."""
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict) and isinstance(each.get("template"), str):
            yield each["template"]


def _parsed(content: bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _read(path: Path, most: int) -> bytes | None:
    """The bytes of a file, one more than the most when it has more; None when there is none."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError:
        return None
