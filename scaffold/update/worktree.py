"""The owner's folder in its git repository: what must be so before an update, and its last step."""

import fcntl
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scaffold import git
from scaffold.errors import OutsideFailure, Refused
from scaffold.runtime import interrupts
from scaffold.update.merge import Merge, update_index

OLDEST_GIT = (2, 38)  # the first whose merge-tree merges without a work tree
_SHOWN = 10


def _unusable(named: Path, folder: Path, error: subprocess.CalledProcessError) -> Refused:
    """Why git does not work here, and what to do: not to make a repository where there is one."""
    if git.is_foreign(error):
        return Refused(
            f"git does not work in {named}, because the folder is somebody else's",
            hint=f"make it yours, or: {git.trusting(folder)}",
        )
    if any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        return Refused(
            f"git does not work in {named}: {git.said(error)}", hint=f"git -C {named} status"
        )
    return Refused(
        f"{named} is not in a git repository that can be used: {git.said(error)}",
        hint="git init && git add . && git commit",
    )


class Worktree:
    """A folder that git tracks, alone in its repository or one of many."""

    def __init__(self, folder: Path) -> None:
        if not git.available():
            raise OutsideFailure("git is not installed", hint="install git")
        if git.version() < OLDEST_GIT:
            raise OutsideFailure(f"git is too old: {'.'.join(map(str, OLDEST_GIT))} is needed")
        self.folder = folder.resolve()
        self._git = git.Git(self.folder)
        try:
            self._git.disarm()
            self.top = Path(self._git("rev-parse", "--show-toplevel").removesuffix("\n"))
            self._prefix = self._git("rev-parse", "--show-prefix").removesuffix("\n")
        except subprocess.CalledProcessError as error:
            raise _unusable(folder, self.folder, error) from error
        if not self.folder.is_relative_to(self.top):  # core.worktree can name any folder
            raise Refused(f"git keeps the files of {folder} somewhere else: in {self.top}")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other update works on the repository meanwhile; Refused while one does.

        One that fails puts back what is committed, and with it what another has written.
        """
        held = os.open(self.top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                hint = "run it again when it is done"
                raise Refused(f"another update works on {self.top}", hint=hint) from None
            except OSError:
                pass  # not all file systems have locks
            yield
        finally:
            os.close(held)

    def _root(self, **environment: str) -> git.Git:
        """The same at the top of the repository."""
        root = git.Git(self.top)
        root.environment = self._git.environment | environment
        return root

    def head(self) -> str:
        """The committed tree of the folder; refuses a folder that was never committed."""
        try:
            return self._git("rev-parse", "--verify", "--quiet", "HEAD:./").strip()
        except subprocess.CalledProcessError as error:
            raise Refused(f"{self.folder} is not committed", hint="commit it first") from error

    def require_clean(self, record: str) -> None:
        """Refuse uncommitted changes of tracked files in the folder; `record` must be one."""
        if self._git("ls-files", "--unmerged", "--", ":/"):
            raise Refused("a merge in this repository is not finished", hint="git status")
        if not self._git.succeeds("ls-files", "--error-unmatch", "--", record):
            raise Refused(f"{record} is not committed", hint="commit it first")
        # A look into a submodule would be another git, which knows nothing of our settings.
        output = self._git(
            *("status", "--porcelain=v1", "-z", "--untracked-files=no", "--no-renames"),
            *("--ignore-submodules=dirty", "--", "."),
        )
        if changed := [entry[3:].removeprefix(self._prefix) for entry in output.split("\0")[:-1]]:
            raise Refused(
                f"{self.folder} has uncommitted changes:\n{_listed(changed)}",
                hint="commit them, so that they can be merged and nothing is lost",
            )

    def scratch(self, folder: Path) -> git.Git:
        """A repository of our own that reads the owner's objects."""
        objects = self.folder / self._git("rev-parse", "--git-path", "objects").removesuffix("\n")
        kind = self._git("rev-parse", "--show-object-format").strip()
        return git.scratch(folder, borrow=objects.resolve(), kind=kind)

    def require_room(self, result: Merge) -> None:
        """Refuse to overwrite files git does not track, and changes hidden from git."""
        tracked = set(self._git("ls-files", "-z", "--", ".").split("\0"))
        added = [change.path for change in result.changes if change.added]
        if in_the_way := sorted({p for path in added for p in self._obstacles(path, tracked)}):
            raise Refused(
                f"files that git does not track are in the way:\n{_listed(in_the_way)}",
                hint="move them away, or commit them so that they can be merged",
            )
        flags = self._git("ls-files", "-v", "-z", "--", ".").split("\0")[:-1]
        hidden = {entry[2:] for entry in flags if entry[0].islower() or entry[0] == "S"}
        if skipped := sorted(hidden & {change.path for change in result.changes}):
            raise Refused(
                f"git was told not to look at these files, which change:\n{_listed(skipped)}",
                hint="git update-index --no-assume-unchanged --no-skip-worktree FILE",
            )

    def _obstacles(self, path: str, tracked: set[str]) -> Iterable[str]:
        parts = path.split("/")
        for length in range(1, len(parts) + 1):
            name = "/".join(parts[:length])
            place = self.folder / name
            if name in tracked or not os.path.lexists(place):
                continue
            if length == len(parts) or place.is_symlink() or not place.is_dir():
                yield name

    def apply(self, result: Merge, repository: git.Git) -> None:
        """Write the result to the work tree and stage it; after a failure nothing of it."""
        with interrupts.ignored():
            try:
                self._apply(result, repository)
                interrupts.outcome = "the update was made"
            except subprocess.CalledProcessError as error:
                restored = self._restored()
                after = "nothing was changed" if restored else f"undo it with: {self.undo(result)}"
                raise OutsideFailure(
                    f"git could not write the result ({git.said(error)}); {after}"
                ) from error

    def _restored(self) -> bool:
        """Everything in the folder as it is committed; did that work?"""
        try:
            listed = self._git("ls-files", "--unmerged", "-z", "--", ".").split("\0")[:-1]
            paths = {entry.split("\t", 1)[1] for entry in listed}
            given = "".join(f"{path}\0" for path in sorted(paths))
            self._git("update-index", "--force-remove", "-z", "--stdin", given=given)
            self._git(*_RESTORE)
        except subprocess.CalledProcessError:
            return False
        return True

    def _apply(self, result: Merge, repository: git.Git) -> None:
        stages = [stage for stages in result.unmerged.values() for stage in stages]
        new = [(c.mode, c.blob) for c in result.changes] + [(s.mode, s.blob) for s in stages]
        # A submodule's entry names a commit of another repository.
        blobs = sorted({blob for mode, blob in new if blob and mode != "160000"})
        listed = "".join(f"{blob}\n" for blob in blobs)
        packed = repository.raw("pack-objects", "--stdout", "--quiet", given=listed)
        self._git("unpack-objects", "-q", given=packed)
        root = self._root()
        root.succeeds("update-index", "-q", "--refresh")
        root("read-tree", "-m", "-u", "--no-recurse-submodules", "HEAD", self._whole_tree(result))
        if result.unmerged:
            self._mark_unmerged(root, result)

    def _whole_tree(self, result: Merge) -> str:
        """The repository's committed tree with the changes of the folder."""
        with tempfile.TemporaryDirectory(prefix="chute-new-") as folder:
            root = self._root(GIT_INDEX_FILE=str(Path(folder, "index")))
            root("read-tree", "HEAD")
            entries = {self._prefix + c.path: (c.mode, c.blob) for c in result.changes}
            update_index(root, entries, len(result.tree))
            return root("write-tree").strip()

    def _mark_unmerged(self, root: git.Git, result: Merge) -> None:
        nothing = "0" * len(result.tree)
        lines = []
        for path, stages in result.unmerged.items():
            lines.append(f"0 {nothing}\t{self._prefix}{path}\0")
            lines += [f"{s.mode} {s.blob} {s.number}\t{self._prefix}{path}\0" for s in stages]
        root("update-index", "-z", "--index-info", given="".join(lines))

    def undo(self, result: Merge) -> str:
        """The command line that takes an update back before it is committed."""
        steps = (_RESOLVE, _RESTORE) if result.unmerged else (_RESTORE,)
        return " && ".join(shlex.join(["git", "-C", str(self.folder), *step]) for step in steps)


# Restoring refuses unmerged files that HEAD does not have, such as one the template renamed.
_RESOLVE = ("add", "--update", "--", ".")
_RESTORE = ("restore", "--source=HEAD", "--staged", "--worktree", "--", ".")


def _listed(paths: list[str]) -> str:
    lines = [f"  {path}" for path in paths[:_SHOWN]]
    if len(paths) > _SHOWN:
        lines.append(f"  and {len(paths) - _SHOWN} more")
    return "\n".join(lines)
