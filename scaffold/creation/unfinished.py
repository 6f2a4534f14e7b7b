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
from scaffold.errors import Refused
from scaffold.runtime import folders


def path(environment: Mapping[str, str] | None = None) -> Path | None:
    """Where they are kept; None without a home."""
    environment = os.environ if environment is None else environment
    folder = folders.own("XDG_STATE_HOME", ".local/state", environment)
    return folder and folder / "unfinished.yml"


def existing() -> Path:
    """The file, as an answers file. Refused when nothing is kept."""
    kept = path()
    if kept is None or not kept.is_file():
        raise Refused(
            "there is no interview to go on with", hint="without --resume a new one begins"
        )
    return kept


def keep(answers: Mapping[str, Any]) -> bool:
    """Keep them in place of what was kept before; False where that cannot be."""
    if (kept := path()) is None:
        return False
    with contextlib.suppress(OSError):
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return files.keep(kept, reading.dump(answers).encode(errors="backslashreplace"))
    return False


def forget() -> None:
    """Keep nothing any longer."""
    if kept := path():
        with contextlib.suppress(OSError):
            kept.unlink(missing_ok=True)
