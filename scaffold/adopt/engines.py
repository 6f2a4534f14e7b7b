"""The SDK's templates for engines as answers: their model, and each engine argument."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from scaffold.adopt.commands import Command, flags_of
from scaffold.adopt.ledger import At, Ledger
from scaffold.adopt.reading import Prototype
from scaffold.adopt.weights import COMMIT, MODEL
from scaffold.answers.questions import PARSERS, Questionnaire
from scaffold.check import sdk
from scaffold.check.values import Value

_FLAGS = {
    "max-model-len": "context_length",
    "context-length": "context_length",
    "tool-call-parser": "tool_parser",
    "reasoning-parser": "reasoning_parser",
    "tensor-parallel-size": "gpu_count",
    "tp-size": "gpu_count",
    "tp": "gpu_count",
    "max-num-seqs": "concurrency",
    "max-running-requests": "concurrency",
}
# What workload llm serves (template/project, layers chat, embed, classify and rerank).
SERVED = (
    "/health",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/models",
    "/v1/embeddings",
    "/v1/classify",
    "/v1/rerank",
    "/v2/rerank",
    "/v1/score",
    "/v1/responses",
    "/v1/messages",
    "/v1/messages/count_tokens",
    "/tokenize",
    "/detokenize",
)
# What the kit's command has anyhow.
_OURS = {
    "enable-auto-tool-choice": "tools are on where there is a parser",
    "revision": "the answer revision",
    "model": "the answer model",
    "served-model-name": "clients name the model",
    "trust-remote-code": "",
    "host": "",
    "port": "",
}


def model(prototype: Prototype, ledger: Ledger) -> dict[str, Any]:
    """The model of a template and its commit."""
    key = "model_name_or_url" if "model_name_or_url" in _names(prototype) else "model_name"
    value = prototype.chute.value(key)
    found: dict[str, Any] = {}
    at = _at(prototype, key)
    if value.known and MODEL.match(str(value.value)):
        found["model"] = value.value
        ledger.carried(at, f"model {value.value}", "the answer model")
    else:
        why = value.why or "it is no model of the hub"
        ledger.left(
            at, f"{key} {value.value or ''}".strip(), f"{why}: name one with --set model=ID"
        )
    revision = prototype.chute.value("revision")
    if revision.given:
        at = _at(prototype, "revision")
        if revision.known and COMMIT.match(str(revision.value)):
            found["revision"] = revision.value
            ledger.carried(at, f"revision {revision.value}", "the answer revision")
        else:
            why = "it is no commit: the newest, or the catalog's, is taken"
            ledger.changed(at, f"revision {revision.value!r}", why, "PI106", "the answer revision")
    return found


def arguments(
    prototype: Prototype, engine: str, ledger: Ledger, questionnaire: Questionnaire
) -> dict[str, Any]:
    """What engine_args say, as answers; each that is none is left for the owner."""
    value = prototype.chute.value("engine_args")
    if not value.given:
        return {}
    at = _at(prototype, "engine_args")
    if not value.known:
        ledger.left(at, "engine_args", f"they cannot be seen: {value.why}")
        return {}
    return _answered(_flags(value), at, engine, prototype, ledger, questionnaire)


def started(
    prototype: Prototype, command: Command, ledger: Ledger, questionnaire: Questionnaire
) -> dict[str, Any]:
    """What the command of an engine says that the prototype starts itself."""
    at = At.of(command.node)
    found: dict[str, Any] = {}
    if MODEL.match(command.model):
        found["model"] = command.model
        ledger.carried(at, f"model {command.model}", "the answer model")
    else:
        why = "it is no model of the hub: name one with --set model=ID"
        ledger.left(at, f"model {command.model}", why)
    commit = command.value("revision")
    if COMMIT.match(commit):
        found["revision"] = commit
        ledger.carried(at, f"revision {commit}", "the answer revision")
    given = [each for each in command.flags() if each[0] not in ("model", "model-path", "revision")]
    return found | _answered(given, at, command.engine, prototype, ledger, questionnaire)


def code(prototype: Prototype, ledger: Ledger) -> None:
    """The hooks and cords around an engine, in whose place the kit has its own."""
    for hook in prototype.hooks:
        ledger.changed(
            hook.function,
            f"start-up hook {hook.function.name}",
            "the kit starts the engine, waits for it and ends when it ends",
            "SU115",
            "chutekit/engines",
        )
    for cord in prototype.cords:
        path = cord.public_path or f"/{cord.function.name}"
        if path in SERVED:
            ledger.changed(
                cord.function,
                f"POST {path}",
                "requests are checked and streams bounded before they reach the engine",
                "IV104",
                f"{path} in chute.py",
            )
        else:
            why = f"workload llm does not serve {path}: add a cord for it where clients need it"
            ledger.left(cord.function, f"cord {cord.function.name}", why, "PA104")


def _answered(
    flags: Iterable[tuple[str, str]],
    at: At,
    engine: str,
    prototype: Prototype,
    ledger: Ledger,
    questionnaire: Questionnaire,
) -> dict[str, Any]:
    """Each flag as an answer, as what the kit does anyhow, or left for the owner."""
    facts = {question.key: question.default for question in questionnaire.questions}
    parsers: Mapping[str, Mapping[str, list[str]]] = facts["parsers"]
    own = prototype.chute.value("concurrency")
    found: dict[str, Any] = {}
    for flag, given in flags:
        key = _FLAGS.get(flag, "")
        typed: Any = int(given) if given.isdecimal() else given
        limit = questionnaire.limits.get(key)
        known = key in PARSERS and typed in parsers[engine][PARSERS[key]]
        if key == "concurrency" and own.given and own.known:
            ledger.changed(
                at,
                f"engine argument --{flag} {given}",
                "the engine computes as many requests at once as the chute takes",
                "SC108",
                f"concurrency {own.value}",
            )
        elif known or (key and limit is not None and sdk.within(typed, limit)):
            found[key] = typed
            ledger.carried(at, f"engine argument --{flag} {given}", f"the answer {key}")
        elif flag in _OURS:
            told = _OURS[flag] or "the kit sets what its command needs"
            ledger.carried(at, f"engine argument --{flag} {given}".rstrip(), told)
        else:
            why = f"no answer says it: chutekit/engines/{engine}/launch.py makes the command"
            ledger.left(at, f"engine argument --{flag} {given}".rstrip(), why)
    return found


def others(prototype: Prototype, ledger: Ledger) -> None:
    """The arguments of a template that are neither a setting nor the model nor the engine's."""
    handled = {
        "username",
        "name",
        "model_name",
        "model_name_or_url",
        "node_selector",
        "revision",
        "engine_args",
        "tagline",
        "concurrency",
        "max_instances",
        "scaling_threshold",
        "shutdown_after_seconds",
        "tee",
        "image",
        "readme",
        "allow_external_egress",
    }
    for key in prototype.chute.arguments.nodes:
        if key not in handled:
            value = prototype.chute.value(key)
            shown = repr(value.value) if value.known else value.why
            check = "" if key in prototype.chute.kind.parameters else "TE101"
            ledger.left(
                _at(prototype, key),
                f"{key}={shown}"[:72],
                "the generated chute has nothing of that name: see whether its defaults do",
                check,
            )


def _flags(value: Value) -> list[tuple[str, str]]:
    """Each flag with its value, empty for a switch; from a text or from a dict."""
    if isinstance(value.value, dict):
        return [(str(key).replace("_", "-"), _text(each)) for key, each in value.value.items()]
    text = " ".join(map(str, value.value)) if isinstance(value.value, list) else str(value.value)
    try:
        words = shlex.split(re.sub(r"\\\s*\n", " ", text))
    except ValueError:
        words = text.split()
    return flags_of(words)


def _text(value: object) -> str:
    if value is True or value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _names(prototype: Prototype) -> set[str]:
    return set(prototype.chute.arguments.nodes)


def _at(prototype: Prototype, key: str) -> At:
    nodes = prototype.chute.arguments.nodes
    return At.of(nodes[key][0] if key in nodes else prototype.chute.node)
