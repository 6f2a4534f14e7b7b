"""Applies what findings know how to correct, and shows the difference."""

import ast
import difflib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from scaffold import files
from scaffold.check.model import Edit, Finding
from scaffold.errors import OutsideFailure, reason


def apply(path: Path, findings: Iterable[Finding]) -> str:
    """Correct the files below `path`; returns the difference, empty when there is none.

    A file that would no longer parse is left as it is.
    """
    root = path if path.is_dir() else path.parent
    edits: dict[str, list[Edit]] = defaultdict(list)
    for finding in findings:
        edits[finding.file] += finding.edits
    corrected: dict[Path, bytes] = {}
    differences = []
    for name in sorted(name for name in edits if edits[name]):
        try:
            before = (root / name).read_bytes()
        except OSError as error:
            raise OutsideFailure(f"{name} cannot be corrected: {reason(error)}") from error
        after = edited(before, edits[name])
        if after != before and _parses(after):
            corrected[root / name] = after
            differences.append(_difference(name, before, after))
    files.replace(corrected)
    return "".join(differences)


def _difference(name: str, before: bytes, after: bytes) -> str:
    old, new = (text.decode().splitlines(keepends=True) for text in (before, after))
    return "".join(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"))


def edited(text: bytes, edits: Iterable[Edit]) -> bytes:
    """The text with the edits made; of two that overlap the first one."""
    byte_order_mark = 3 if text.startswith(b"\xef\xbb\xbf") else 0
    end = len(text)
    unique = sorted(set(edits), key=lambda edit: (edit.start, edit.end), reverse=True)
    for edit in unique:
        if edit.end + byte_order_mark <= end:
            start, stop = edit.start + byte_order_mark, edit.end + byte_order_mark
            text = text[:start] + edit.text.encode() + text[stop:]
            end = start
    return text


def _parses(text: bytes) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
