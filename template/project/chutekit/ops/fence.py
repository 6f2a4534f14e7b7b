"""Which files of chutekit are not as they came, by the hashes in its manifest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

KIT = Path(__file__).parent.parent
MANIFEST = KIT / "MANIFEST.json"


def differing(kit: Path = KIT) -> dict[str, str]:
    """What became of each file that is not as it came: `edited` or `added`.

    The manifest lists the whole kit; what a repository has no use for was never in it. Without a
    manifest that can be read, that is all there is to say: it was `damaged` or `removed`.
    """
    path = kit / MANIFEST.name
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        listed = None
    if not isinstance(listed, dict):
        return {path.name: "damaged" if path.exists() else "removed"}
    found = {}
    for path in sorted(kit.rglob("*.py")):
        name = path.relative_to(kit).as_posix()
        # A checkout may have other line ends; they are no edit.
        text = path.read_bytes().replace(b"\r\n", b"\n")
        if name not in listed:
            found[name] = "added"
        elif hashlib.sha256(text).hexdigest() != listed[name]:
            found[name] = "edited"
    return found
