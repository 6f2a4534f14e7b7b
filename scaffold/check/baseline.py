"""A file of findings that were there before, so that old repositories can start to check."""

import json
from collections.abc import Iterable
from pathlib import Path

from scaffold import files
from scaffold.check.model import Finding
from scaffold.errors import BadUsage, reason

VERSION = 1
MAX_BYTES = 16 * 2**20


def read(path: Path) -> frozenset[str]:
    """The fingerprints of the findings not to report."""
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(MAX_BYTES))
        return frozenset(str(entry["fingerprint"]) for entry in content["findings"])
    except OSError as error:
        raise BadUsage(f"the baseline {path} cannot be read: {reason(error)}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadUsage(f"{path} is not a baseline of chute-new") from error


def write(path: Path, findings: Iterable[Finding]) -> None:
    """Make a baseline of these findings."""
    entries = [
        {"fingerprint": f.fingerprint, "id": f.id, "file": f.file, "message": f.message}
        for f in findings
    ]
    text = json.dumps({"version": VERSION, "findings": entries}, indent=2, ensure_ascii=False)
    files.write(path, text + "\n")
