"""Which repositories an image clones with git, and whether a commit of them is checked out."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from scaffold.check.declared import Directive, Image

_COMMIT = re.compile(r"^[0-9a-f]{7,40}$")
_TAKING = {"checkout", "reset", "switch", "fetch"}
_VALUED = {"-b", "--branch", "--depth", "-o", "--origin", "-j", "--jobs", "--filter", "-c", "-u"}


@dataclass(frozen=True)
class Clone:
    """One `git clone`: from where, into which folder, and whether a commit follows.

    One that is `shallow` has its newest commit only, so that no other can be checked out.
    """

    url: str
    folder: str
    branch: str = ""
    pinned: bool = False
    shallow: bool = False


def clones(image: Image) -> Iterator[tuple[Directive, Clone]]:
    """The clones of an image's commands; a later command may check the commit out."""
    found: list[tuple[Directive, Clone]] = []
    folder = ""
    for call in image.directives:
        if call.method == "set_workdir":
            folder = str(call.value("directory").value or "")
        value = call.value("command") if call.method == "run_command" else None
        if value is None or not value.known or "git" not in str(value.value):
            continue
        at = folder
        for words in _commands(str(value.value)):
            if words[0] == "cd" and len(words) > 1:
                at = words[1]
            elif words[0] == "git":
                _git(call, words[1:], at, found)
    yield from found


def _git(call: Directive, words: list[str], at: str, found: list[tuple[Directive, Clone]]) -> None:
    while words[:1] and words[0] in ("-C", "-c"):
        at = words[1] if words[0] == "-C" and len(words) > 1 else at
        words = words[2:]
    if words[:1] == ["clone"]:
        found.append((call, _cloned(words[1:])))
    elif words[:1] and words[0] in _TAKING and any(_COMMIT.match(word) for word in words[1:]):
        name = PurePosixPath(at).name
        for place, (where, clone) in enumerate(found):
            if PurePosixPath(clone.folder).name == name:
                found[place] = (where, replace(clone, pinned=True))


def _cloned(words: list[str]) -> Clone:
    plain: list[str] = []
    branch, pinned, skip = "", False, False
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if skip:
            skip = False
            continue
        if word in ("-b", "--branch"):
            branch = following
        if word.startswith("--revision="):
            pinned = bool(_COMMIT.match(word.partition("=")[2]))
        skip = word in _VALUED
        if not word.startswith("-"):
            plain.append(word)
    url = plain[0] if plain else ""
    own = PurePosixPath(url.rstrip("/")).name.removesuffix(".git")
    folder = plain[1] if len(plain) > 1 else own
    shallow = any(word.partition("=")[0] == "--depth" for word in words)
    return Clone(url, folder, branch, pinned, shallow)


def _commands(text: str) -> Iterator[list[str]]:
    for part in re.split(r"&&|\|\||;|\n|\(|\)", text.replace("\\\n", " ")):
        try:
            words = shlex.split(part)
        except ValueError:
            continue
        if words:
            yield words
