"""Replaces files of the user's, all of them or none."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from scaffold.errors import OutsideFailure, reason
from scaffold.runtime import interrupts


def replace(contents: Mapping[Path, bytes]) -> None:
    """Give every file its new content; it keeps its mode, and a link stays one.

    Raises OutsideFailure, with all files as they were, when one cannot be written. A signal that
    comes meanwhile has no effect.
    """
    written: dict[Path, Path] = {}
    with interrupts.ignored():
        try:
            for path, content in contents.items():
                target = path.resolve()
                beside = target.with_name(f".{target.name}.chute-new")
                written[beside] = target
                beside.write_bytes(content)
                if target.exists():
                    shutil.copymode(target, beside)
            for beside, target in written.items():
                beside.replace(target)
            interrupts.outcome = "the files were written"
        except OSError as error:
            raise OutsideFailure(f"cannot write {path}: {reason(error)}") from error
        finally:
            for beside in written:
                beside.unlink(missing_ok=True)
