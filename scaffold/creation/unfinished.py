"""What was answered before an interview was interrupted, kept for `chute-new --resume`.

One file of the user's, outside of every repository. Answers hold no secrets: one that looks like a
secret is refused where it is typed.
"""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaffold import files
from scaffold.answers import reading
from scaffold.errors import Refused, Stop
from scaffold.runtime import interrupts

#: The one key besides those of answers: the folder to be made.
DESTINATION = "destination"


def path(environment: Mapping[str, str] | None = None) -> Path:
    """Where they are kept: the XDG Base Directory Specification, which voids relative folders."""
    environment = os.environ if environment is None else environment
    folder = Path(environment.get("XDG_STATE_HOME", ""))
    if not folder.is_absolute():
        folder = Path(os.path.expanduser("~"), ".local", "state")  # noqa: PTH111 - never raises
    return folder / "chute-new" / "unfinished.yml"


def existing() -> Path:
    """The file, as an answers file. Refused when nothing is kept."""
    kept = path()
    if not kept.is_file():
        raise Refused(
            "there is no interview to go on with", hint="without --resume a new one begins"
        )
    return kept


def keep(answers: Mapping[str, Any]) -> bool:
    """Keep them in place of what was kept before; False where that cannot be."""
    kept = path()
    outcome = interrupts.outcome
    with contextlib.suppress(Stop, OSError):
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write(kept, reading.dump(answers))
        interrupts.outcome = outcome  # no repository was
        return True
    return False


def forget() -> None:
    """Keep nothing any longer."""
    with contextlib.suppress(OSError):
        path().unlink(missing_ok=True)
