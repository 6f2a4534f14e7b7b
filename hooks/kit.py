"""chutekit/MANIFEST.json: what the package is, its version and the hash of each file."""

import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
KIT = ROOT / "template" / "project" / "chutekit"
MANIFEST = KIT / "MANIFEST.json"
ABOUT = (
    "chutekit is the part of this repository that is the same for every chute: serving, engines, "
    "operations and testing. It is tested where it is made, and chute-new update replaces it. "
    "Before you edit it, look for a setting in chute.py or pyproject.toml, or make a subclass; "
    "what you do edit is merged, and make check names it."
)


def files() -> dict[Path, str | None]:
    """The text of the file, from what the package holds now."""
    version = re.search(r'^__version__ = "(.+)"$', (KIT / "__init__.py").read_text(), re.MULTILINE)
    assert version
    hashes = {
        path.relative_to(KIT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(KIT.rglob("*.py"))
    }
    document = {"about": ABOUT, "version": version[1], "files": hashes}
    return {MANIFEST: json.dumps(document, indent=2) + "\n"}
