"""How many lines of a generated repository are whose.

    python hooks/count.py REPOSITORY

Locks are nobody's to read, and neither is what a lock is made into, constraints.txt, nor the record
of answers, which nobody edits.
"""

import sys
from collections import Counter
from pathlib import Path

UNREAD = {".git", ".venv", ".chute", "__pycache__", ".pytest_cache", ".ruff_cache"}


def owner(path: Path) -> str:
    """Who has to read a file: `chutekit`, `locks`, `answers`, `README.md` or `yours`."""
    if path.parts[0] == "chutekit":
        return "chutekit"
    if path.suffix == ".lock" or path.name in ("constraints.txt", "image.override"):
        return "locks"
    if path.name == ".copier-answers.yml":
        return "answers"
    return "README.md" if path.name == "README.md" else "yours"


def count(repository: Path) -> dict[str, Counter[str]]:
    """Lines by owner and by file."""
    found: dict[str, Counter[str]] = {}
    for file in sorted(repository.rglob("*")):
        path = file.relative_to(repository)
        if file.is_file() and not UNREAD & set(path.parts):
            lines = len(file.read_text(encoding="utf-8").splitlines())
            found.setdefault(owner(path), Counter())[path.as_posix()] = lines
    return found


def main() -> int:
    """Print the sums, and each file that is the owner's; return the exit status."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = count(Path(sys.argv[1]))
    for name, files in found.items():
        print(f"{files.total():7} lines in {len(files):3} files: {name}")
    for name, lines in found["yours"].most_common():
        print(f"{lines:7} {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
