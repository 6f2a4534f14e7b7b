"""The image tag in chute.py, which follows from what the image is built of.

The platform builds a tag only once, so the same tag must always mean the same content: the tag
ends in a digest of the Dockerfile, the files that go into the image and the base image.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
from pathlib import Path

from chutes.image import Image

from chutekit.ops.command import NO, Problem, Result, options, run
from chutekit.ops.declared import MODULE, chute_module

#: Packages of the distribution are an answer: like the base, they are no part of the digest.
SYSTEM = re.compile(r"\nUSER root\nRUN apt-get update && apt-get install [^\n]*(?=\n)")
LITERAL = re.compile(r'^IMAGE_TAG = "([^"]+)"$', re.MULTILINE)


def content_digest(image: Image) -> str:
    """Return the SHA-256 of the Dockerfile below its FROM line and of every file it adds.

    What installs packages of the distribution right below that line is left out.
    """
    files = sorted({Path(path) for step in image._directives for path in step._build_context})
    added = [f"{_sha256(path.read_bytes())}  {path.as_posix()}" for path in files]
    _, below = _parts(image)
    return _sha256("\n".join([*below, *added]).encode())


def tag(image: Image) -> str:
    """Return the tag that the image must have: the engine's name and a digest."""
    base, _ = _parts(image)
    name = image.tag.rpartition("-")[0]
    return f"{name}-{_sha256(f'{content_digest(image)}{base}'.encode())[:12]}"


def main(arguments: argparse.Namespace) -> Result:
    """Compare the tag in chute.py with the one it must have, or write that one."""
    os.environ.setdefault("CHUTES_ALLOW_MISSING", "true")
    image = chute_module().prod.image
    wanted = tag(image)
    facts = {"tag": image.tag, "wanted": wanted, "content": content_digest(image)}
    if image.tag == wanted:
        return Result(f"{MODULE}: IMAGE_TAG is right: {wanted}", facts)
    if arguments.write:
        _write(image.tag, wanted)
        return Result(f"{MODULE}: IMAGE_TAG was {image.tag} and is {wanted} now", facts)
    stale = f'{MODULE}: IMAGE_TAG is {image.tag} and must be {wanted}: make pin ARGS="--only tag"'
    return Result(stale, facts, ok=False)


def _parts(image: Image) -> tuple[str, list[str]]:
    """Return the base with the packages installed on it, and the lines of the Dockerfile below."""
    first, _, rest = str(image).partition("\n")
    system = SYSTEM.match(f"\n{rest}")
    packages = system[0] if system else ""
    return first.removeprefix("FROM ") + packages, f"\n{rest}"[len(packages) + 1 :].splitlines()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(old: str, new: str) -> None:
    text = MODULE.read_text(encoding="utf-8")
    if LITERAL.findall(text) != [old]:
        hint = "It must be a literal at the left margin, once."
        raise Problem(f'{MODULE} has no line IMAGE_TAG = "{old}"', hint, NO)
    MODULE.write_text(LITERAL.sub(f'IMAGE_TAG = "{new}"', text), encoding="utf-8")


if __name__ == "__main__":
    parser = options(__doc__)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="only compare, which is the default")
    choice.add_argument("--write", action="store_true", help="write the right tag into chute.py")
    run(main, parser)
