"""Where a new repository may be made."""

from pathlib import Path

from scaffold.errors import OutsideFailure, Refused, reason

#: What an interview calls it among the answers.
DESTINATION_KEY = "destination"


def check_destination(destination: Path) -> Path:
    """The resolved destination; refuses what is there already."""
    try:
        path = destination.resolve()
        if path.exists() and not path.is_dir():
            raise Refused(f"{destination} is a file")
        if path.is_dir() and (there := next(iter(sorted(path.iterdir())), None)):
            raise Refused(
                f"{destination} is not empty (it holds {there.name!r})",
                hint="name a new folder, or `chute-new update` in a repository made earlier",
            )
        parent = _nearest_existing(path.parent)
        if not parent.is_dir():
            raise Refused(f"{parent} is a file, so {destination} cannot be made in it")
    except (OSError, RuntimeError, ValueError) as error:
        raise OutsideFailure(f"cannot use {str(destination)!r}: {reason(error)}") from error
    return path


def _nearest_existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
