"""Writes files, all of them or none; the only module of the tool that does.

A repository may be anybody's, so no link in it is followed: folders are opened one below the
other, and every name is looked up in the folder that was opened, whatever takes its place
meanwhile. What is read of one that is copied is bounded, too.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from scaffold import foreign
from scaffold.errors import OutsideFailure, Refused, Stop, reason
from scaffold.runtime import interrupts

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
MAX_COPIED_BYTES = 64 * 2**20
MAX_COPIED_FILES = 2000


def replace(contents: Mapping[Path, bytes], *, within: Path | None = None) -> None:
    """Give every file its new content; one that is there keeps its mode.

    All of them must lie below `within`, which is the repository or folder at hand; without it, a
    path is what the user named, and the folder is that of `_start`. A link is refused, as a file
    and as a folder below that one. Raises OutsideFailure, with all files as they were, when one
    cannot be written. A signal that comes meanwhile has no effect.
    """
    path = Path()
    with interrupts.ignored(), ExitStack() as after:
        prepared: list[tuple[int, str, str]] = []
        folders: dict[Path, int] = {}
        try:
            for path, content in contents.items():
                if path.parent not in folders:
                    folders[path.parent] = _opened(path, within, after)
                folder = folders[path.parent]
                prepared.append((folder, _beside(folder, path, content, after), path.name))
            for folder, beside, name in prepared:
                os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
            for folder in folders.values():
                os.fsync(folder)
            interrupts.outcome = "the files were written"
        except (OSError, ValueError) as error:
            raise OutsideFailure(f"cannot write {path}: {reason(error)}") from error


def write(path: Path, text: str, *, within: Path | None = None) -> None:
    """One text file, as `replace` does it."""
    replace({path: text.encode(errors="backslashreplace")}, within=within)


def keep(path: Path, content: bytes) -> bool:
    """Replace a file of the tool's own, where that can be; False where it cannot.

    A run is not interrupted differently for it: `interrupts.outcome` stays.
    """
    outcome = interrupts.outcome
    with contextlib.suppress(Stop):
        replace({path: content})
        interrupts.outcome = outcome
        return True
    return False


def _opened(path: Path, within: Path | None, after: ExitStack) -> int:
    """The folder a file is in, with no link followed on the way from where the way starts."""
    start, names = _way(path, within)
    folder = os.open(start, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for name in names[:-1]:
        above = folder
        try:
            folder = os.open(name, _FOLDER, dir_fd=above)
        except OSError:
            if stat.S_ISLNK(_mode(name, above)):
                raise Refused(
                    f"{path} is not written: {name} on its way is a link",
                    hint="put a folder in its place, or name the folder it leads to",
                ) from None
            raise
        finally:
            os.close(above)
    after.callback(os.close, folder)
    return folder


def _way(path: Path, within: Path | None) -> tuple[Path, tuple[str, ...]]:
    """Where the way to a file starts, and the names that lead from there to it."""
    lexical = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    start = Path(os.path.abspath(within)) if within is not None else _start(lexical)  # noqa: PTH100
    try:
        names = lexical.relative_to(start).parts
    except ValueError:
        names = ()
    if not names:
        raise Refused(f"{path} is not written: it does not lie in {start}")
    return start, names


def _start(path: Path) -> Path:
    """Above what the user named: their repository, else where they are, else the file's folder.

    The outermost repository, because what looks like one inside of it may be behind a link.
    """
    repositories = [folder for folder in path.parents if os.path.lexists(folder / ".git")]
    here = Path.cwd()
    if repositories:
        return repositories[-1]
    return here if path.is_relative_to(here) and path != here else path.parent


def _beside(folder: int, path: Path, content: bytes, after: ExitStack) -> str:
    """The content in a new file of a name that nobody knows before; gone at the end."""
    mode = _mode(path.name, folder)
    if mode and not stat.S_ISREG(mode):
        kind = "a link" if stat.S_ISLNK(mode) else "no file"
        raise Refused(f"{path} is not written: it is {kind}", hint="name another file")
    name = f".{secrets.token_hex(12)}.chute-new"
    made = os.open(name, _NEW, 0o666, dir_fd=folder)
    after.callback(_remove, folder, name)
    with open(made, "wb") as file:  # noqa: PTH123 - it is open already
        file.write(content)
        if mode:
            os.fchmod(made, mode & 0o777)
        file.flush()
        os.fsync(made)
    return name


def _remove(folder: int, name: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=folder)


def _mode(name: str, folder: int) -> int:
    """What is there; 0 when nothing is."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return 0


def copy(source: Path, target: Path, names: tuple[str, ...]) -> None:
    """Copy files and folders of a repository by name, where they are there; refuses all else.

    A link could lead out of the copy, a FIFO never ends, and neither is of use there.
    """
    left = MAX_COPIED_BYTES
    count = 0
    for name in names:
        for path, mode in _below(source / name, source):
            place = target / path.relative_to(source)
            if stat.S_ISDIR(mode):
                place.mkdir(parents=True, exist_ok=True)
                continue
            count += 1
            if count > MAX_COPIED_FILES:
                raise Refused(f"{name} holds more than {MAX_COPIED_FILES:,} files")
            try:
                found = foreign.content(path, left)
            except OSError as error:
                raise Refused(
                    f"{_shown(path, source)} cannot be copied: {reason(error)}"
                ) from error
            left -= len(found)
            replace({place: found}, within=target)
            place.chmod(mode & 0o777)


def _below(path: Path, source: Path) -> Iterator[tuple[Path, int]]:
    """A file, or a folder and all below it, with what each is."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise Refused(f"{_shown(path, source)} cannot be read: {reason(error)}") from error
    if stat.S_ISREG(mode):
        yield path, mode
        return
    if not stat.S_ISDIR(mode):
        kind = "a link" if stat.S_ISLNK(mode) else "neither a file nor a folder"
        raise Refused(f"{_shown(path, source)} is {kind}", hint="put the file itself there")
    if len(path.relative_to(source).parts) > foreign.MAX_DEPTH:
        raise Refused(f"{_shown(path, source)} lies more than {foreign.MAX_DEPTH} folders deep")
    yield path, mode
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        raise Refused(f"{_shown(path, source)} cannot be read: {reason(error)}") from error
    for each in inside:
        if each.name != "__pycache__":
            yield from _below(each, source)


def _shown(path: Path, source: Path) -> str:
    return path.relative_to(source).as_posix()
