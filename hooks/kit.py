"""Write chutekit/MANIFEST.json: what the package is, its version and the hash of each file.

python hooks/kit.py [--check]
"""

import argparse
import hashlib
import json
import re
import sys
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


def manifest() -> str:
    """The text of the file, from what the package holds now."""
    version = re.search(r'^__version__ = "(.+)"$', (KIT / "__init__.py").read_text(), re.MULTILINE)
    assert version
    files = {
        path.relative_to(KIT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(KIT.rglob("*.py"))
    }
    document = {"about": ABOUT, "version": version[1], "files": files}
    return json.dumps(document, indent=2) + "\n"


def main() -> int:
    """Write the file, or compare with --check; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit 1 when the file is stale")
    check = parser.parse_args().check
    text = manifest()
    if MANIFEST.is_file() and MANIFEST.read_text() == text:
        return 0
    if not check:
        MANIFEST.write_text(text)
    print(f"{MANIFEST.relative_to(ROOT)} {'is stale' if check else 'changed'}")
    return 1 if check else 0


if __name__ == "__main__":
    sys.exit(main())
