"""Prove what the SDK that the platform installs on top of an image does to its packages.

    python hooks/sdk_versions.py [VERSION ...]

The platform appends `pip install chutes==VERSION` to every image and chooses the version. With the
constraints of the image either nothing that is locked changes, or the build fails. Prints which,
and the packages that come in addition; exits 1 when the tested minor version or the newest release
cannot be installed. Asks the package index.
"""

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from uv import find_uv_bin

from scaffold.pins.locks import IMAGE, locked

PROJECT = Path(__file__).parent.parent / "template" / "project"
OLDER = ("0.3.61", "0.4.8", "0.5.28")
TESTED = ("0.6.0", "0.6.9")
# Resolving is waiting for the index.
AT_ONCE = 8


@dataclass(frozen=True)
class Outcome:
    """What installing one SDK version does: what it adds and changes, or why it is impossible."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    conflict: str = ""


def install(version: str, constraints: Path) -> Outcome:
    """Resolve the SDK under the constraints, for the image's Python and platform."""
    done = _resolve(f"chutes=={version}", "--constraints", str(constraints))
    if done.returncode:
        return Outcome(conflict=" ".join(done.stderr.split()))
    pins, result = locked(constraints.read_text()), locked(done.stdout)
    return Outcome(
        tuple(f"{name}=={result[name]}" for name in result if name not in pins),
        tuple(name for name in result if name in pins and result[name] != pins[name]),
    )


def newest() -> str:
    """The newest release, which a resolution under constraints might silently pass over."""
    return locked(_resolve("chutes").stdout)["chutes"]


def _resolve(requirement: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [find_uv_bin(), "pip", "compile", *IMAGE, "--no-annotate", "--no-header", "--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "sdk.in"
        source.write_text(f"{requirement}\n")
        return subprocess.run(
            [*command, *options, str(source)], capture_output=True, text=True, check=False
        )


def main(versions: list[str]) -> int:
    """Try the versions on the image of every engine; return the exit status."""
    status = 0
    must_work = dict.fromkeys((*TESTED, newest()))
    images = sorted(PROJECT.glob("*/requirements/constraints.txt"))
    cases = list(product(versions or [*OLDER, *must_work], images))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = pool.map(lambda case: install(*case), cases)
        for (version, constraints), outcome in zip(cases, outcomes, strict=True):
            engine = constraints.parent.parent.name.strip("{} ").removeprefix("layer.")
            bad = outcome.changed or (outcome.conflict and version in must_work)
            status |= bool(bad)
            if outcome.conflict:
                result = f"the build fails: {outcome.conflict}"
            else:
                result = f"changes {', '.join(outcome.changed) or 'nothing'}"
                result += f", adds {', '.join(outcome.added)}"
            print(f"{'WRONG ' if bad else ''}{engine} with chutes {version}: {result}", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
