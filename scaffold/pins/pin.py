"""`chute-new pin`: refresh every pin of a generated repository, or say what is stale or floating.

Everything is refreshed in a copy. Only when all of it succeeded do the files go back, so that a
network that fails half-way leaves the repository as it was.
"""

import ast
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from scaffold import files
from scaffold.errors import BadUsage, Failed, OutsideFailure, Unasked
from scaffold.generated import module, process, record
from scaffold.generated.module import Module
from scaffold.models import hub
from scaffold.pins import registry, weights
from scaffold.pins.floating import Stale, floating
from scaffold.pins.locks import (
    ANYWHERE,
    IMAGE,
    compile_lock,
    constraints,
    hashes,
    locked,
    require_plain,
)
from scaffold.runtime.patience import timed
from scaffold.runtime.progress import waiting

LOCKS = {"dev": ANYWHERE, "image": IMAGE}
# All that pins live in, and all that the image is made of: today, and before there was chutekit.
COPIED = (module.NAME, record.NAME, "requirements", "chutekit", "serving", "ops")

# What a step asks for, in the words of people.
LOOKED_UP = {
    "base": "the digest of the base image",
    "model": "the newest commit of the model",
    "packages": "the newest packages",
    "image tag": "the tag of the image",
}

# For the one program of the repository that pinning runs.
TAG_SECONDS = 120

# Why a package that moved deserves a look before the tests decide.
WHY = {
    "chutes": "the SDK: the platform's own version is what runs, so keep the minor version close",
    "torch": "decides the CUDA version, and with it which drivers and GPUs work",
    "vllm": "the engine: options, memory need and answers may change",
    "sglang": "the engine: options, memory need and answers may change",
    "diffusers": "the engine: pictures for a seed may change",
    "transformers": "loads the model: tokenizers and defaults may change",
}


@dataclass(frozen=True)
class Pins:
    """What `pin` found, what it could not ask, and which files it wrote."""

    stale: tuple[Stale, ...]
    unasked: tuple[Unasked, ...] = ()
    written: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "stale": [asdict(stale) for stale in self.stale],
            "unasked": [asdict(unasked) for unasked in self.unasked],
            "written": list(self.written),
        }

    def table(self) -> str:
        """What is stale, one row each, what could not be asked, and the files that were written."""
        unasked = [f"Not asked: {it.what}: {it.why}" for it in self.unasked]
        if self.stale:
            written = [f"Written: {', '.join(self.written)}"] if self.written else []
            return "\n".join([self._rows(), *unasked, *written])
        fresh = "What could be asked is pinned and fresh." if unasked else EVERYTHING
        return "\n".join([fresh, *unasked])

    def _rows(self) -> str:
        """For people: what, where, from, to and why it matters."""
        rows = [(s.what, s.where, s.now, s.wanted, s.why) for s in self.stale]
        header = ("what", "where", "now", "wanted", "why")
        widths = [min(44, max(map(len, column))) for column in zip(header, *rows, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (header, *rows)
        )


def pin(path: Path, *, check: bool = False, only: Collection[str] = (), keep: bool = False) -> Pins:
    """Refresh the pins of the repository at `path`; with `check` say what would change instead.

    `only` limits it to some of KINDS; `keep` to packages, of which every version stays that fits.
    What cannot be asked raises OutsideFailure, with every file as it was; with `check` it is told
    beside what is known.
    """
    if not (path / "chute.py").is_file() or not (path / record.NAME).is_file():
        raise BadUsage(
            f"{path} is not a repository that chute-new made: no chute.py and {record.NAME}"
        )
    unknown = set(only) - set(KINDS)
    if unknown:
        raise BadUsage(f"unknown kind of pin: {', '.join(unknown)}", hint=", ".join(KINDS))
    if keep and set(only) - {"packages"}:
        raise BadUsage("--keep is about packages", hint="leave --only out, or --only packages")
    wanted = {"packages"} if keep else set(only or STEPS)
    with timed(path, "to read", "name the folder of one generated repository"):
        found = list(floating(path))
    unasked: list[Unasked] = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        files.copy(path, copy, COPIED)
        steps = {kind: partial(step, copy) for kind, step in STEPS.items() if kind in wanted}
        if keep:
            steps = {"packages": partial(_packages, copy, keep=True)}
        steps["image tag"] = partial(_image_tag, copy, python=process.python(path))
        for number, (kind, step) in enumerate(steps.items(), 1):
            try:
                with waiting(f"Looking up {LOOKED_UP[kind]}, {number} of {len(steps)}"):
                    found += step()
            except OutsideFailure as failure:
                if not check:
                    raise
                unasked.append(Unasked(kind, failure.message))
        # What floats and is stale too is one pin, and the later finding knows the value it needs.
        stale = tuple({(each.what, each.where, each.now): each for each in found}.values())
        return Pins(stale, tuple(unasked), () if check else _put_back(copy, path))


def _packages(copy: Path, *, keep: bool = False) -> Iterator[Stale]:
    for file in sorted((copy / "requirements").glob("*.*")):
        if file.suffix in (".in", ".override"):
            require_plain(file.read_text(errors="replace"), f"requirements/{file.name}")
    for name, target in LOCKS.items():
        lock = copy / "requirements" / f"{name}.lock"
        old = lock.read_text(encoding="utf-8")
        where = f"requirements/{name}.lock"
        compile_lock(copy, f"requirements/{name}.in", where, target, upgrade=not keep)
        yield from _changed(old, lock.read_text(encoding="utf-8"), where)
    image = (copy / "requirements" / "image.lock").read_text(encoding="utf-8")
    listed = copy / "requirements" / "constraints.txt"
    files.write(listed, constraints(image), within=copy)


def _why(name: str, before: Collection[str], after: Collection[str]) -> str:
    if name not in before:
        return "it is asked for now"
    return "another release is there now" if name in after else "nothing asks for it any more"


def _changed(old: str, new: str, where: str) -> Iterator[Stale]:
    before, after = locked(old), locked(new)
    for name in sorted(before.keys() | after.keys()):
        now, wanted = before.get(name, "absent"), after.get(name, "absent")
        if now != wanted:
            yield Stale(name, where, now, wanted, WHY.get(name) or _why(name, before, after))
    known = hashes(new)
    for name, past in hashes(old).items():
        if before[name] == after.get(name) and not past <= known[name]:
            why = "a hash that no file of this version has"
            yield Stale(name, where, before[name], after[name], why)


def _base(copy: Path) -> Iterator[Stale]:
    now = _literal(copy, "BASE_IMAGE")
    wanted = registry.pinned(now)
    if now != wanted:
        _replace(copy, "base_image", wanted)
        yield Stale("base image", "chute.py", now, wanted, "what the tag names has changed")


def _model(copy: Path) -> Iterator[Stale]:
    if "MODELS" in Module.of(copy / module.NAME).constants:
        yield from _models(copy)
        return
    model, now = _literal(copy, "MODEL"), _literal(copy, "REVISION")
    newest = hub.newest(model)
    if now != newest.commit:
        _replace(copy, "revision", newest.commit)
        yield Stale(model, "chute.py", now, newest.commit, "weights or configuration have changed")
    yield from weights.renew(copy, {"": newest.files})


def _models(copy: Path) -> Iterator[Stale]:
    """The models of a chute that loads any number of them, none included."""
    chute = Module.of(copy / module.NAME)
    listed = chute.constants["MODELS"].value
    if not isinstance(listed, ast.List) or not isinstance(chute.literal("MODELS"), list):
        raise Failed("MODELS in chute.py is no list of texts")
    edits, wanted = [], []
    files_of = {}
    for node in listed.elts:
        model, _, now = str(ast.literal_eval(node)).partition("@")
        newest = hub.newest(model)
        files_of[weights.within(model)] = newest.files
        wanted.append(f"{model}@{newest.commit}")
        if now != newest.commit:
            edits.append((node, f'"{model}@{newest.commit}"'))
            why = "weights or configuration have changed"
            yield Stale(model, "chute.py", now or "no commit", newest.commit, why)
    if edits:
        files.write(copy / module.NAME, chute.edited(edits), within=copy)
        record.change(copy, {"models": wanted})
    yield from weights.renew(copy, files_of)


# The quick questions first, so that a missing network is noticed before the long resolution.
STEPS: Mapping[str, Callable[[Path], Iterator[Stale]]] = {
    "base": _base,
    "model": _model,
    "packages": _packages,
}
# The image tag follows from all the rest, so it is looked at whatever was asked for.
KINDS = (*STEPS, "tag")
EVERYTHING = "Everything is pinned and fresh."


def _image_tag(copy: Path, python: str) -> Iterator[Stale]:
    """Let the repository's own program set the tag, which follows from all the rest."""
    now = _literal(copy, "IMAGE_TAG")
    program = "chutekit.ops.image_tag" if (copy / "chutekit").is_dir() else "ops.image_tag"
    ended = process.run([python, "-B", "-m", program, "--write"], copy, seconds=TAG_SECONDS)
    if ended.status != 0:
        said = ended.said[-500:] if ended.status else f"it took more than {TAG_SECONDS} s"
        raise OutsideFailure(
            f"The image tag could not be computed: {said}",
            hint="Run make setup in the repository first.",
        )
    wanted = _literal(copy, "IMAGE_TAG")
    if now != wanted:
        yield Stale("image tag", "chute.py", now, wanted, "the content of the image has changed")


def _literal(copy: Path, name: str) -> str:
    text = Module.of(copy / module.NAME).text_of(name)
    if text is None:
        raise Failed(f'chute.py has no line {name} = "..." at its left margin')
    return text


def _replace(copy: Path, answer: str, wanted: str) -> None:
    """Write a new value into chute.py and into the recorded answers, so that `update` keeps it."""
    chute = Module.of(copy / module.NAME)
    code = chute.edited([(chute.constants[answer.upper()].value, f'"{wanted}"')])
    files.write(copy / module.NAME, code, within=copy)
    record.change(copy, {answer: wanted})


def _put_back(copy: Path, path: Path) -> tuple[str, ...]:
    """Replace the files that changed; return their names."""
    names = ("chute.py", record.NAME, *(f"requirements/{name}.lock" for name in LOCKS))
    changed = {
        name: content
        for name in (*names, "requirements/constraints.txt")
        for content in [(copy / name).read_bytes()]
        if not (path / name).is_file() or content != (path / name).read_bytes()
    }
    files.replace({path / name: content for name, content in changed.items()}, within=path)
    return tuple(changed)
