"""How much longer `chute-new check` takes than Python takes to parse the same files.

    python benchmarks/check.py               # 50 and 200 chutes, and what is in every repository
    python benchmarks/check.py FOLDER        # a folder of one's own

Prints one JSON line per folder: files, seconds of processor time after start-up, and how many
times as long as `ast.parse` that is. The chutes are the cases of the checks, each in a file of its
own; when 200 have a higher ratio than 50, something grows faster than what is checked.
"""

import argparse
import ast
import itertools
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from scaffold.check.catalog import checks
from scaffold.check.engine import examine

ROOT = Path(__file__).parents[1]
ROUNDS = 3


def measure(name: str, folder: Path) -> dict[str, object]:
    """Check a folder and parse its files, the quickest of a few rounds each."""
    files = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    spent: list[float] = []
    parsed: list[float] = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for text in files:
            ast.parse(text)
        parsed.append(time.process_time() - start)
        start = time.process_time()
        examine(folder)
        spent.append(time.process_time() - start)
    return {
        "case": name,
        "files": len(files),
        "seconds": round(min(spent), 3),
        "times_ast_parse": round(min(spent) / min(parsed), 1),
    }


def chutes(count: int, folder: Path) -> Path:
    """A folder with that many chutes, each a file."""
    cases = sorted((ROOT / "tests" / "check" / "cases").glob("*/bad.py"))
    for number, case in zip(range(count), itertools.cycle(cases), strict=False):
        shutil.copy(case, folder / f"chute_{number}.py")
    return folder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?")
    given = parser.parse_args().folder
    checks()
    if given is not None:
        print(json.dumps(measure(given.name, given)))
        return
    for count in (50, 200):
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(f"{count} chutes", chutes(count, Path(folder)))), flush=True)
    print(json.dumps(measure("chutekit", ROOT / "template" / "project" / "chutekit")))


if __name__ == "__main__":
    main()
