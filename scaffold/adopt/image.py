"""What a prototype's image is made of, and what of it a generated image has or can have."""

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

from scaffold.adopt import shelf
from scaffold.adopt.ledger import At, Ledger
from scaffold.adopt.reading import Prototype, statement
from scaffold.answers import secrets
from scaffold.answers.questions import Questionnaire
from scaffold.check.declared import Directive, Image
from scaffold.check.families.pins import VALUED

WHERE = "the image in chute.py"
REQUIREMENTS = "requirements/image.in"
_BASE = re.compile(r"^parachutes/python:3\.12(\.\d+|(\.\d+)?@sha256:[0-9a-f]{64})$")
_REQUIREMENT = re.compile(r"^([A-Za-z0-9][\w.-]*)(\[[^\]]*\])?\s*([^;#]*)")
_NOISE = re.compile(
    r"^(sudo )?(apt(-get)? (update|upgrade|clean|autoremove)\b.*|rm -rf /var/lib/apt/lists/\S*"
    r"|(python3? -m )?pip3? cache purge|mkdir -p \S+|true|set -e\w*)$"
)
_APT = re.compile(r"^(?:sudo )?apt(?:-get)?\s+(?:-\S+ )*install\b(.*)$", re.S)
_PIP = re.compile(r"^(?:python3? -m )?(?:uv )?pip3?\s+install\b(.*)$", re.S)
_TOOLS = {"pip", "setuptools", "wheel", "uv"}
# Both are the platform's or the kit's: what the code runs as, and where.
_OURS = {
    "set_user": ("IM106", "the kit's image ends as the user chutes"),
    "set_workdir": ("SU111", "chute.py and its files lie in /app"),
    "with_maintainer": ("IM119", "nothing reads it; the image has a readme instead"),
    "with_entrypoint": ("IM111", "the platform never starts it"),
    "with_python": ("IM109", "the base image brings Python 3.12"),
    "apt_remove": ("IM110", "the base image is used as it is"),
}


@dataclass
class Facts:
    """What goes into the answers and into the image; `loose` are packages without a version."""

    base: str = ""
    packages: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    system: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)


def read(prototype: Prototype, ledger: Ledger, questionnaire: Questionnaire) -> Facts:
    """The facts; every line of the image has its entry."""
    reader = _Reader(prototype, ledger, questionnaire)
    if prototype.image is None:
        reader.elsewhere()
        return reader.facts
    reader.image(prototype.image)
    return reader.facts


def replace(prototype: Prototype, ledger: Ledger, workload: str) -> None:
    """The image of a workload that brings its own: what the old one had besides is told."""
    why = f"workload {workload} has an image of its own, whose packages are locked"
    image = prototype.image
    if image is None:
        if "image" in prototype.chute.arguments:
            node = prototype.chute.arguments.nodes["image"][0]
            ledger.changed(At.of(node), "the image", why, "PI104", WHERE)
        return
    statements = [statement(image.node), *(statement(each.call) for each in image.directives)]
    for made in dict.fromkeys(statements):
        ledger.changed(made, "the image", why, "PI104", WHERE)
    for each in image.directives:
        if each.method not in (*_OURS, "from_base"):
            told = "see whether the engine needs it, and add it to the image in chute.py then"
            ledger.left(_line(each.call), _told(each), told)


class _Reader:
    def __init__(self, prototype: Prototype, ledger: Ledger, questionnaire: Questionnaire) -> None:
        self.prototype = prototype
        self.ledger = ledger
        self.limits = questionnaire.limits
        self.facts = Facts()

    def elsewhere(self) -> None:
        """An image that is only named, or none that can be seen."""
        chute = self.prototype.chute
        node = chute.arguments.node("image") or chute.node
        self.ledger.changed(
            At.of(node),
            "the image",
            "it is not built here; chute.py builds one whose packages are locked",
            "PI104",
            WHERE,
        )

    def image(self, image: Image) -> None:
        for node in dict.fromkeys(
            [statement(image.node), *(statement(each.call) for each in image.directives)]
        ):
            if not self.ledger.settled(node):
                self.ledger.carried(node, "the image, line by line below", WHERE)
        for name in ("name", "tag", "readme", "username"):
            if name in image.arguments:
                why = {
                    "tag": "it follows from what is in the image: the platform builds a tag once",
                    "username": "one name stands for the chute and its image",
                }.get(name, "the image is called as the chute is, and described by its tagline")
                at = At.of(image.arguments.nodes[name][0])
                check = {"tag": "TA101", "readme": "IM119"}.get(name, "NA103")
                self.ledger.changed(at, f"{name} of the image", why, check, WHERE)
        for each in image.directives:
            self._directive(each)

    def _directive(self, each: Directive) -> None:
        if each.method in _OURS:
            check, why = _OURS[each.method]
            self.ledger.changed(_line(each.call), _told(each), why, check)
        elif each.method == "from_base":
            self._base(each)
        elif each.method == "with_env":
            self._env(each)
        elif each.method == "run_command":
            self._command(each)
        elif each.method == "apt_install":
            self._apt_install(each)
        elif each.method == "add":
            self._add(each)
        else:
            self.ledger.left(_line(each.call), _told(each), "Image has no such method", "IM101")

    def _base(self, each: Directive) -> None:
        value = each.value("base_image")
        if value.known and isinstance(value.value, str) and _BASE.match(value.value):
            self.facts.base = value.value
            self.ledger.carried(_line(each.call), f"base image {value.value}", "base_image")
            return
        base = value.value if value.known else "that cannot be seen"
        self.ledger.changed(
            _line(each.call),
            f"base image {base}",
            "packages are locked for parachutes/python, Python 3.12; what the old base had "
            "installed and nothing here names is missing",
            "IM109",
            "BASE_IMAGE in chute.py",
        )

    def _env(self, each: Directive) -> None:
        key, value = each.value("key"), each.value("value")
        if not (key.known and value.known):
            why = f"its value cannot be seen ({value.why or key.why}): set it in {WHERE}"
            self.ledger.left(_line(each.call), _told(each), why)
            return
        name, text = str(key.value), str(value.value)
        if name in ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV"):
            why = "the base image has its own; add to it if a program is not found"
            self.ledger.left(_line(each.call), f"environment variable {name}={text}", why, "IM116")
            return
        if secrets.kind(text):
            why = "its value is a secret: give it to the chute as one of the platform's secrets"
            self.ledger.left(_line(each.call), f"environment variable {name}", why, "KS102")
            return
        self.facts.env[name] = text
        self.ledger.carried(_line(each.call), f"environment variable {name}={text}", WHERE)

    def _apt_install(self, each: Directive) -> None:
        value = each.value("package")
        if not value.known:
            why = f"it cannot be seen ({value.why}): name it in system_packages"
            self.ledger.left(_line(each.call), _told(each), why)
            return
        named = [value.value] if isinstance(value.value, str) else list(value.value)
        for package in " ".join(map(str, named)).split():
            self._system(each.call, package)

    def _add(self, each: Directive) -> None:
        source, dest = each.value("source"), each.value("dest")
        shown = f"add {source.value if source.known else '?'}"
        tree = self.prototype.repository.tree
        if not (source.known and dest.known):
            self.ledger.left(
                _line(each.call), shown, f"add it to {WHERE}: {source.why or dest.why}"
            )
        elif self._requirements(str(source.value)):
            self.ledger.carried(_line(each.call), shown, REQUIREMENTS)
        elif (name := self._beside(str(source.value))) in tree.known:
            self.facts.files.append((name, str(dest.value)))
            self.ledger.carried(_line(each.call), shown, f"{name}, and {WHERE}")
        else:
            why = f"it is not in the prototype's folder: put it here and add it to {WHERE}"
            self.ledger.left(_line(each.call), shown, why, "IM117")

    def _beside(self, source: str) -> str:
        folder = self.prototype.module.path.rpartition("/")[0]
        return f"{folder}/{source.removeprefix('./')}".lstrip("/")

    def _requirements(self, source: str) -> bool:
        name = source.rpartition("/")[2]
        return name.endswith(".txt") and "requirements" in name

    # --- commands -------------------------------------------------------------------------------

    def _command(self, each: Directive) -> None:
        value = each.value("command")
        if not (value.known and isinstance(value.value, str)):
            why = f"it cannot be seen ({value.why}): what it does is up to {WHERE}"
            self.ledger.left(_line(each.call), "run_command", why)
            return
        for part in _parts(value.value):
            if _NOISE.match(part):
                why = "the base image is used as it is, and what is installed is pinned"
                self.ledger.changed(_line(each.call), f"run {_short(part)}", why, "PI101")
            elif match := _APT.match(part):
                for word in _words(match[1]):
                    self._system(each.call, word)
            elif match := _PIP.match(part):
                self._pip(each.call, match[1])
            else:
                why = (
                    "nothing is fetched or built here that no hash vouches for: have a package, or "
                    f"add the file and the command to {WHERE}"
                )
                self.ledger.left(_line(each.call), f"run {_short(part)}", why, "PI114")

    def _system(self, call: ast.Call, package: str) -> None:
        pattern = self.limits["system_packages"]["items"]["pattern"]
        if not re.search(pattern, package):
            why = "it is no name that apt takes: see what it stands for"
            self.ledger.left(_line(call), f"system package {package}", why, "IM104")
            return
        if package not in self.facts.system:
            self.facts.system.append(package)
        self.ledger.carried(_line(call), f"system package {package}", "system_packages")

    def _pip(self, call: ast.Call, rest: str) -> None:
        words = _words(rest, keep_options=True)
        while words:
            word = words.pop(0)
            if word in ("-r", "--requirement") and words:
                self._file(call, words.pop(0))
            elif word in ("-e", "--editable") and words:
                self._package(call, words.pop(0))
            elif word in VALUED and words:
                given = words.pop(0)
                why = "packages come from the index that `make pin` asks"
                self.ledger.changed(_line(call), f"pip install {word} {given}", why, "PI101")
            elif not word.startswith("-"):
                self._package(call, word)

    def _file(self, call: ast.Call, path: str) -> None:
        name = path.rpartition("/")[2]
        found = next(
            (
                n
                for n in (self._beside(path), self._beside(name))
                if n in self.prototype.repository.tree.known
            ),
            None,
        )
        text = self.prototype.repository.tree.text(found) if found else None
        if text is None:
            why = f"{path} is not in the prototype's folder: write what it names into packages"
            self.ledger.left(_line(call), f"pip install -r {path}", why, "IM117")
            return
        for row in text.splitlines():
            line = row.partition(" #")[0].strip()
            if line and not line.startswith(("#", "-")):
                self._package(call, line)
            elif line.startswith("-"):
                why = f"an option in {found}: packages come from the index that `make pin` asks"
                self.ledger.changed(_line(call), line, why, "PI101")

    def _package(self, call: ast.Call, requirement: str) -> None:
        match = _REQUIREMENT.match(requirement)
        direct = "/" in requirement or "@" in requirement or requirement.startswith(".")
        if match is None or direct:
            why = "it comes from no index, so no hash vouches for it: name a version of a release"
            self.ledger.left(_line(call), f"package {requirement}", why, "PI111")
            return
        name, extras, wanted = shelf.normal(match[1]), match[2] or "", match[3].strip()
        ours = shelf.in_image().get(name)
        pinned = re.fullmatch(r"==\s*([A-Za-z0-9][A-Za-z0-9.+!_-]*)", wanted)
        if name in _TOOLS:
            why = "the image's packages are locked with hashes; tools stay as the base has them"
            self.ledger.changed(_line(call), f"package {requirement}", why, "PI101")
        elif name in shelf.asked_for() or (ours and not pinned):
            self._known(call, name, requirement, pinned[1] if pinned else "")
        elif pinned:
            exact = f"{match[1]}{extras}=={pinned[1]}"
            if exact not in self.facts.packages:
                self.facts.packages.append(exact)
            self.ledger.carried(_line(call), f"package {exact}", "packages")
        else:
            loose = f"{match[1]}{extras}{wanted}".replace(" ", "")
            if loose not in self.facts.loose:
                self.facts.loose.append(loose)
            why = (
                f"it names no version: {REQUIREMENTS} has it as it was, and `make pin` locks the "
                "newest that fits"
            )
            self.ledger.left(_line(call), f"package {loose}", why, "PI101")

    def _known(self, call: ast.Call, name: str, requirement: str, version: str) -> None:
        ours = shelf.in_image()[name]
        if version in ("", ours):
            self.ledger.carried(
                _line(call), f"package {requirement}", f"requirements/image.lock, {ours}"
            )
            return
        why = (
            f"the shipped lock has {ours}, which runs on the platform's GPUs; for another one "
            f"change {REQUIREMENTS} and run `make pin`"
        )
        self.ledger.changed(_line(call), f"package {requirement}", why, "PI110")


def _parts(command: str) -> Iterator[str]:
    """The single commands of a line of shell."""
    plain = re.sub(r"\\\s*\n", " ", command)
    for part in re.split(r"&&|\|\||;|\n", plain):
        if text := " ".join(part.split()):
            yield text


def _words(text: str, *, keep_options: bool = False) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return words if keep_options else [word for word in words if not word.startswith("-")]


def _told(each: Directive) -> str:
    values = [each.value(name) for name in each.arguments.nodes]
    given = ", ".join(str(value.value) if value.known else "?" for value in values)
    return f"{each.method}({_short(given)})"


def _short(text: str) -> str:
    return text if len(text) <= 72 else f"{text[:69]}..."


def _line(call: ast.Call) -> ast.AST:
    """Where a method of a chain stands: the line of its name."""
    line = call.func.end_lineno if isinstance(call.func, ast.Attribute) else call.lineno
    return At.of(call, line or call.lineno)
