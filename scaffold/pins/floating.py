"""Pins that are missing: what a repository names by something that can move. Needs no network."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scaffold import foreign
from scaffold.generated.module import NAME, Module
from scaffold.pins.fetching import fetched
from scaffold.pins.locks import constraints, hashes, locked, normal

MAX_BYTES = 16 * 2**20
_COMMIT = "a commit of 40 hex digits"
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


@dataclass(frozen=True)
class Stale:
    """One pin: what it is about, the file it is in, what it says, what it should say and why."""

    what: str
    where: str
    now: str
    wanted: str
    why: str


def floating(path: Path) -> Iterator[Stale]:
    """Everything in the repository at `path` that is not pinned."""
    for name in ("dev", "image"):
        yield from _lock(path, name)
    yield from _constraints(path)
    yield from _module(path)
    names = sorted(foreign.walk(path))
    for name in names:
        if _is_of_the_image(name):
            yield from _revisions(_read(path / name), name)
    for name in names:
        if _is_script(name):
            yield from _script(path / name, name)
    for name in names:
        if name.startswith(".github/") and name.endswith((".yml", ".yaml")):
            yield from _workflow(path / name, name)
    yield from _hooks(path)


def _is_of_the_image(name: str) -> bool:
    return (
        name.startswith(("chutekit/", "serving/"))
        and name.endswith(".py")
        and not name.startswith("chutekit/testing/")
    )


def _is_script(name: str) -> bool:
    if "/" not in name:
        return name == "Makefile" or "Dockerfile" in name or name.endswith(".sh")
    return name.endswith(".sh") and not name.startswith(".")


def _lock(path: Path, name: str) -> Iterator[Stale]:
    where = f"requirements/{name}.lock"
    text = _read(path / where)
    for line in _loose(text):
        yield Stale(line, where, line, "NAME==VERSION --hash=...", "any release may be installed")
    pins = locked(text)
    for package, known in hashes(text).items():
        if not known:
            why = "any file of that name may be installed"
            yield Stale(package, where, pins[package], f"{pins[package]} with its hashes", why)
    source = f"requirements/{name}.in"
    for line in _requirements(_read(path / source)):
        package, _, version = line.partition(";")[0].replace(" ", "").partition("==")
        plain = normal(re.split(r"[<>=!~@\[]", package)[0])
        now = pins.get(plain, "absent")
        if now == "absent" or (version and now != version):
            yield Stale(plain, where, now, line, f"the lock does not follow from {source}")
    for option in re.findall(r"^[ \t]*-(?!-hash=).*", text, re.MULTILINE):
        yield Stale(option.split()[0], where, option, "no option", "packages from another place")


def _loose(lock: str) -> Iterator[str]:
    """Requirements of a lock without an exact version."""
    for line in lock.splitlines():
        if re.match(r"[^\s#-]", line) and line.split()[0].lower() not in _exact(line):
            yield line.rstrip(" \\")


def _exact(line: str) -> set[str]:
    return {f"{name}=={version}" for name, version in locked(line).items() if "*" not in version}


def _requirements(source: str) -> list[str]:
    return re.findall(r"^[A-Za-z0-9](?:[^#\n]*[^#\s])?(?=\s*(?:#.*)?$)", source, re.MULTILINE)


def _constraints(path: Path) -> Iterator[Stale]:
    where = "requirements/constraints.txt"
    now = locked(_read(path / where))
    wanted = locked(constraints(_read(path / "requirements/image.lock")))
    for name in sorted(now.keys() | wanted.keys()):
        if now.get(name) != wanted.get(name):
            why = "the platform's SDK installation could change it"
            yield Stale(name, where, now.get(name, "absent"), wanted.get(name, "absent"), why)


def _module(path: Path) -> Iterator[Stale]:
    code = _read(path / NAME)
    chute = Module(code)
    base = chute.text_of("BASE_IMAGE")
    named = [] if base is None else [base]
    for image in named + re.findall(r'from_base\(\s*"([^"]*)"', code):
        if not _DIGEST.search(image):
            yield Stale("base image", "chute.py", image, "a digest: @sha256:...", "tags move")
    if "MODEL" in chute.constants and chute.text_of("REVISION") is None:
        yield Stale("model", "chute.py", "no REVISION", _COMMIT, "the newest commit is loaded")
    listed = chute.literal("MODELS")
    for named in listed if isinstance(listed, list) else []:
        model, _, revision = str(named).partition("@")
        if not re.fullmatch(r"[0-9a-f]{40}", revision):
            yield Stale(model, "chute.py", revision or "no commit", _COMMIT, "branches move")
    yield from _revisions(code, "chute.py")
    for command in chute.strings():
        for now, wanted, why in fetched(command):
            yield Stale("image", "chute.py", now, wanted, why)
    for packages in re.findall(r"\.apt_install\(([^)]*)\)", code):
        if not all("=" in package for package in re.findall(r"[\"']([^\"']+)[\"']", packages)):
            why = "the distribution replaces packages"
            yield Stale("system package", "chute.py", packages, "NAME=VERSION", why)
    for name in ("PIP_CONSTRAINT", "UV_CONSTRAINT"):
        if f'"{name}"' not in code:
            why = "the platform's SDK installation could change packages"
            yield Stale("image", "chute.py", f"no {name}", "requirements/constraints.txt", why)


def _revisions(code: str, where: str) -> Iterator[Stale]:
    for revision in re.findall(r'\b(?:REVISION|revision)\s*=\s*["\']([^"\']*)["\']', code):
        if not re.fullmatch(r"[0-9a-f]{40}", revision):
            yield Stale("model", where, revision, _COMMIT, "branches and tags move")


def _script(file: Path, where: str) -> Iterator[Stale]:
    text = _read(file)
    for now, wanted, why in fetched(text):
        yield Stale("command", where, now, wanted, why)
    for image in re.findall(r"^FROM (?:--\S+ )*(\S+)", text, re.MULTILINE):
        if "Dockerfile" in where and image != "scratch" and not _DIGEST.search(image):
            yield Stale(image.split(":")[0], where, image, "a digest: @sha256:...", "tags move")


def _workflow(file: Path, where: str) -> Iterator[Stale]:
    text = _read(file)
    for action in re.findall(r"^ *-? *uses:\s*[\"']?([^\s\"'#]+)", text, re.MULTILINE):
        pinned = re.search(r"@[0-9a-f]{40}$", action) or _DIGEST.search(action)
        if not action.startswith("./") and not pinned:
            yield Stale(action.split("@")[0], where, action, f"@ {_COMMIT}", "tags can be moved")
    for image in re.findall(r"^ *(?:image|container):\s*[\"']?([^\s\"'#]+)", text, re.MULTILINE):
        if not _DIGEST.search(image):
            yield Stale(image.split(":")[0], where, image, "a digest: @sha256:...", "tags move")
    for runner in re.findall(r"runs-on:\s*([\w-]+-latest)", text):
        yield Stale("runner", where, runner, "a version, as in ubuntu-24.04", "it moves by itself")
    for version in re.findall(r"python-version:\s*[\"']?([^\s\"'#]+)", text):
        if not re.fullmatch(r"3\.\d+(\.\d+)?|\$\{\{.*", version):
            yield Stale("python", where, version, "a minor version, as in 3.12", "it moves")
    for now, wanted, why in fetched(text):
        yield Stale("command", where, now, wanted, why)


def _hooks(path: Path) -> Iterator[Stale]:
    where = ".pre-commit-config.yaml"
    for revision in re.findall(r"^ *rev:\s*[\"']?([^\s\"'#]+)", _read(path / where), re.MULTILINE):
        if not re.fullmatch(r"[0-9a-f]{40}", revision):
            yield Stale("hook", where, revision, _COMMIT, "tags can be moved")
    lists = r"additional_dependencies:\s*(\[[^\]]*\]|(?:\n\s*- .*)+)"
    for listed in re.findall(lists, _read(path / where)):
        for package in re.findall(r"[A-Za-z][^\s,\[\]\"']*", listed):
            if not re.search(r"==\d|@\d", package):
                why = "any release may be installed"
                yield Stale("hook", where, package, f"{package}==VERSION", why)


def _read(file: Path) -> str:
    """The text of a file; nothing where there is none, or only a link, a FIFO and the like."""
    try:
        return foreign.content(file, MAX_BYTES).decode(errors="replace")
    except OSError:
        return ""
