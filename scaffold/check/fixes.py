"""Applies what findings know how to correct, and shows the difference."""

import ast
import codecs
import difflib
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from scaffold import files
from scaffold.check.model import Edit, Finding, Report
from scaffold.check.tree import Tree, encoding
from scaffold.errors import OutsideFailure, reason

ROUNDS = 10


def apply(path: Path, examined: Callable[[Tree], Report]) -> str:
    """Correct the files below `path` until nothing is left to correct; returns the difference.

    What one correction makes possible, or overlaps, is made in the next round; everything is
    written at once. A file that would no longer parse is left as it is.
    """
    tree = Tree.of(path)
    texts: dict[str, str] = {}
    for _ in range(ROUNDS):
        overlaid = tree.overlaid(texts)
        corrected = _corrected(overlaid, examined(overlaid).findings)
        if not corrected:
            break
        texts |= corrected
    written: dict[Path, bytes] = {}
    differences = []
    for name in sorted(texts):
        before = _bytes(tree, name)
        mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
        found = "utf-8" if mark else encoding(before, python=name.endswith(".py"))
        written[tree.root / name] = mark + texts[name].encode(found)
        differences.append(_difference(name, tree.text(name) or "", texts[name]))
    files.replace(written, within=tree.root)
    return "".join(differences)


def _bytes(tree: Tree, name: str) -> bytes:
    try:
        return (tree.root / name).read_bytes()
    except OSError as error:
        raise OutsideFailure(f"{name} cannot be corrected: {reason(error)}") from error


def _corrected(tree: Tree, findings: Iterable[Finding]) -> dict[str, str]:
    """The files that edits change, and that parse afterwards."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    for finding in findings:
        edits[finding.file] += finding.edits
    found: dict[str, str] = {}
    for name, wanted in edits.items():
        before = (tree.text(name) or "").encode()
        after = edited(before, wanted) if wanted else before
        if after != before and _parses(after.decode()):
            found[name] = after.decode()
    return found


def _difference(name: str, before: str, after: str) -> str:
    old, new = (text.splitlines(keepends=True) for text in (before, after))
    return "".join(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"))


def edited(text: bytes, edits: Iterable[Edit]) -> bytes:
    """The text with the edits made; of two that overlap the first one."""
    end = len(text)
    unique = sorted(set(edits), key=lambda edit: (edit.start, edit.end), reverse=True)
    for edit in unique:
        if edit.end <= end:
            text = text[: edit.start] + edit.text.encode() + text[edit.end :]
            end = edit.start
    return text


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
