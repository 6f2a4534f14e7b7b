"""Checks a freshly rendered repository before anybody sees it."""

import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from scaffold.generated import module, process
from scaffold.runtime.progress import step

if TYPE_CHECKING:
    from scaffold.check.model import Finding

LOAD_SECONDS = 120
# The template writes its braces with spaces inside; doubled braces in an f-string have none.
_LEFT_OVER = re.compile(
    r"(?<!\$)\{\{-?\s+[a-z_][\w.]*\s*(\|[^}]*)?\s-?\}\}|\{%-?\s*(if|for|set|from|end)"
)
_PARSERS: dict[str, Callable[[str], object]] = {
    ".py": lambda text: compile(text, "module", "exec", dont_inherit=True),
    ".toml": tomllib.loads,
    ".json": json.loads,
    ".yml": lambda text: list(yaml.safe_load_all(text)),
    ".yaml": lambda text: list(yaml.safe_load_all(text)),
}


@dataclass(frozen=True)
class Defect:
    """One thing wrong with one generated file."""

    file: str
    message: str


def verify(
    folder: Path,
    files: Sequence[str],
    context: Mapping[str, Any],
    *,
    load: bool = True,
    accepts: "Callable[[Finding], bool]" = lambda finding: False,
) -> list[Defect]:
    """Everything that is not as the answers promise; empty when all is well.

    With `load`, and the Chutes SDK installed here (`sdk_installed`), both variants are loaded too.
    A finding that somebody `accepts` is no defect.
    """
    with step("verify.files"):
        defects = [each for file in files for each in _file(folder / file, file, context)]
    if "chute.py" not in files:
        return [*defects, Defect("chute.py", "is missing")]
    if not defects:
        with step("verify.checklist"):
            defects += _declared(folder, context)
            defects += _checked(folder, accepts)
    if not defects and load and sdk_installed():
        with step("verify.sdk"):
            defects += _loaded(folder, context)
    return defects


def sdk_installed() -> bool:
    """Can the generated chutes be loaded with the interpreter that runs us?"""
    return importlib.util.find_spec("chutes") is not None


def _file(path: Path, file: str, context: Mapping[str, Any]) -> Iterator[Defect]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    parse = _PARSERS.get(path.suffix)
    if parse is not None:
        try:
            parse(text)
        except (SyntaxError, ValueError, yaml.YAMLError) as error:
            yield Defect(file, f"does not parse: {str(error).splitlines()[0]}")
    for value in context.values():
        if isinstance(value, str) and "{" in value:  # the user's own braces are the user's
            text = text.replace(value, "").replace(json.dumps(value, ensure_ascii=False)[1:-1], "")
    if left := _LEFT_OVER.search(text):
        line = text[: left.start()].count("\n") + 1
        yield Defect(file, f"line {line}: template text was left over: {left.group()}")


def _declared(folder: Path, context: Mapping[str, Any]) -> Iterator[Defect]:
    """What can be read off chute.py without running it."""
    chute = module.Module.of(folder / module.NAME)
    for variant in ("prod", "staging"):
        if variant not in chute.constants:
            yield Defect("chute.py", f"declares no module-level {variant}")
    keys = ("username", "name", *(key for key in ("model", "revision") if context[key]))
    promised = {key.upper(): context[key] for key in keys}
    if context["workload"] == "custom":
        promised["MODELS"] = context["models"]
    for constant, value in promised.items():
        if constant not in chute.constants or chute.literal(constant) != value:
            yield Defect("chute.py", f"{constant} is not {value!r}, as answered")


def _checked(folder: Path, accepts: "Callable[[Finding], bool]") -> Iterator[Defect]:
    """What `chute-new check` finds; a fresh repository has nothing to be found."""
    from scaffold.check import findings

    for finding in findings(folder):
        if accepts(finding):
            continue
        yield Defect(finding.file, f"line {finding.line}: {finding.id} {finding.message}")


def _loaded(folder: Path, context: Mapping[str, Any]) -> Iterator[Defect]:
    """Both variants as the real SDK sees them."""
    found = process.describe(folder, module.NAME, sys.executable, seconds=LOAD_SECONDS, tag=True)
    if "error" in found:
        yield Defect("chute.py", f"does not load on the Chutes SDK: {found['error']}")
        return
    yield from unkept(found, context)


def unkept(variants: Mapping[str, Any], context: Mapping[str, Any]) -> Iterator[Defect]:
    """Where the variants, as `process.describe` has them, are not what was answered."""
    for variant, prefix in (("prod", ""), ("staging", "staging_")):
        if variant not in variants:
            yield Defect("chute.py", f"chute:{variant} is not a Chute")
            continue
        found = _declares(variants[variant])
        tag = found["computed_tag"]
        if variant == "prod" and tag != context["image_tag"]:  # both have one image
            message = f"IMAGE_TAG is {context['image_tag']}, its content makes it {tag}"
            yield Defect("chute.py", message)
        for attribute, wanted in _promises(context, variant, prefix).items():
            if found[attribute] != wanted:
                message = f"{variant}.{attribute} is {found[attribute]!r}, "
                yield Defect("chute.py", f"{message}the answers say {wanted!r}")


def _declares(chute: Mapping[str, Any]) -> dict[str, Any]:
    """What one variant has become, in the words of the answers."""
    selector = chute["selector"] or {}
    return {
        **chute,
        "node_selector": {
            name: selector.get(name)
            for name in ("gpu_count", "min_vram_gb_per_gpu", "max_hourly_price_per_gpu")
        }
        | {name: selector.get(name) or None for name in ("include", "exclude")},
        "base_image": chute["dockerfile"].splitlines()[0].removeprefix("FROM ").strip(),
    }


def _promises(context: Mapping[str, Any], variant: str, prefix: str) -> dict[str, Any]:
    selector = {
        key: context[key]
        for key in ("gpu_count", "min_vram_gb_per_gpu", "max_hourly_price_per_gpu")
    }
    return {
        "username": context["username"],
        "name": context["name"] + ("-staging" if variant == "staging" else ""),
        "tagline": context["tagline"],
        "revision": context["revision"] or None,
        "tee": context["tee"],
        "concurrency": context["concurrency"],
        "scaling_threshold": context["scaling_threshold"],
        "max_instances": context[f"{prefix}max_instances"],
        "shutdown_after_seconds": context[f"{prefix}shutdown_after_seconds"],
        "node_selector": selector
        | {"include": context["include"] or None, "exclude": context["exclude"] or None},
        "tag": context["image_tag"],
        "base_image": context["base_image"],
    }
