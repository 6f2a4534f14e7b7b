"""Random edits of an owner: whatever an update does, no line of theirs is lost silently."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scaffold.update.merge import Merge, Side, merge
from scaffold.update.worktree import Worktree
from support.releases import Releases, contents, git, numbered

FIRST = {
    "chute.py": numbered(25),
    "serving/app.py": numbered(18),
    "serving/edge.py": numbered(22),
    "ops/build.py": numbered(14),
    "ops/smoke.py": numbered(11),
    "README.md": numbered(16),
    "same.py": numbered(13),
}
SECOND = {
    "chute.py": numbered(25, _3="new three", _12="new twelve\nand one more", _25="new last"),
    "serving/app.py": None,
    "serving/application.py": numbered(18, _9="new nine"),
    "serving/edge.py": None,
    "ops/build.py": "\n".join(numbered(14).splitlines()[4:]) + "\n",
    "ops/smoke.py": None,
    "tools/smoke.py": numbered(11),
    "README.md": numbered(16, _1="a new title"),
    "serving/added.py": numbered(6),
}
NEW_NAMES = ["mine.py", "serving/mine.py", "serving/added.py", "tools/smoke.py", "ops", "a b.txt"]

line = st.tuples(st.sampled_from(["replace", "insert", "delete"]), st.integers(0, 24))
lines = st.lists(line, min_size=1, max_size=6)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), st.sampled_from(list(FIRST)), lines),
        st.tuples(st.just("delete"), st.sampled_from(list(FIRST)), st.none()),
        st.tuples(st.just("rename"), st.sampled_from(list(FIRST)), st.sampled_from(NEW_NAMES)),
        st.tuples(st.just("create"), st.sampled_from(NEW_NAMES), st.integers(1, 9)),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders `old` and `new`, and `repository` made from the old one."""
    folder = tmp_path_factory.mktemp("edits")
    releases = Releases(folder / "releases")
    releases.add("1.0.0", FIRST)
    releases.add("1.1.0", SECOND)
    releases.fresh("1.0.0", folder / "old")
    releases.fresh("1.1.0", folder / "new")
    releases.generate("1.0.0", folder / "repository")
    return folder


class Owner:
    """Applies edits to a folder; every line they write is found nowhere else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = 0

    def line(self) -> str:
        self.written += 1
        return f"my line {self.written}"

    def edit(self, name: str, changes: list[tuple[str, int]]) -> None:
        path = self.folder / name
        if not path.is_file():
            return
        lines = path.read_text().splitlines()
        for kind, index in changes:
            place = index % (len(lines) + 1)
            if kind == "insert":
                lines.insert(place, self.line())
            elif place < len(lines):
                lines[place : place + 1] = [self.line()] if kind == "replace" else []
        path.write_text("".join(f"{text}\n" for text in lines))

    def delete(self, name: str, _: None) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def rename(self, name: str, new: str) -> None:
        source, target = self.folder / name, self.folder / new
        if source.is_file() and self._free(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)

    def create(self, name: str, count: int) -> None:
        target = self.folder / name
        if self._free(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("".join(f"{self.line()}\n" for _ in range(count)))

    def _free(self, target: Path) -> bool:
        if target.is_dir() and not any(target.iterdir()):
            target.rmdir()
        return not target.exists() and not target.parent.is_file()


def lines_of_mine(folder: Path) -> set[str]:
    """The lines only the owner can have written, in all of the files."""
    texts = (text.decode().splitlines() for _, text in contents(folder).values())
    return {text for lines in texts for text in lines if text.startswith("my line")}


def update(rendered: Path, repository: Path, store: Path) -> Merge:
    """The merge and its last step, without rendering."""
    worktree = Worktree(repository)
    worktree.require_clean(".copier-answers.yml")
    scratch = worktree.scratch(store / "merge.git")
    sides = Side(rendered / "old", "old"), Side(rendered / "new", "new")
    result = merge(scratch, worktree.head(), *sides, {})
    worktree.require_room(result)
    worktree.apply(result, scratch)
    return result


@pytest.mark.whole
@given(edits=edits)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Each example runs git some twenty times: what fails is small enough as it is found.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
def test_no_line_of_the_owner_is_lost(rendered: Path, edits: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        repository = Path(folder, "repository")
        shutil.copytree(rendered / "repository", repository)
        owner = Owner(repository)
        for kind, name, detail in edits:
            getattr(owner, kind)(name, detail)
        git(repository, "add", "--all")
        git(repository, "commit", "-qm", "Mine", "--allow-empty")
        before, mine = contents(repository), lines_of_mine(repository)
        result = update(rendered, repository, Path(folder))
        after = contents(repository)
        assert lines_of_mine(repository) == mine
        unmerged = {
            p
            for p in git(repository, "diff", "--name-only", "--diff-filter=U", "-z").split("\0")
            if p
        }
        assert unmerged == set(result.conflicts)
        told = set(result.conflicts) | set(result.kept)
        for name, (bit, text) in before.items():
            if name not in {change.path for change in result.changes} | told:
                assert after[name] == (bit, text), f"{name} changed untold"
        for name, (_, text) in after.items():
            assert b"<<<<<<<" not in text or name in result.conflicts
        old = contents(rendered / "old")
        for name in result.kept:
            assert name not in contents(rendered / "new")
            assert before[name] != old.get(name)
        subprocess.run(Worktree(repository).undo(result), shell=True, check=True)
        assert contents(repository) == before
        assert git(repository, "status", "--porcelain") == ""


@pytest.mark.whole
@given(edits=edits)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Each example runs git some twenty times: what fails is small enough as it is found.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
def test_what_the_template_left_alone_stays_as_the_owner_has_it(
    rendered: Path, edits: list[Any]
) -> None:
    """The template back to itself: nothing changes, whatever the owner did."""
    with TemporaryDirectory() as folder:
        repository = Path(folder, "repository")
        shutil.copytree(rendered / "repository", repository)
        owner = Owner(repository)
        for kind, name, detail in edits:
            getattr(owner, kind)(name, detail)
        git(repository, "add", "--all")
        git(repository, "commit", "-qm", "Mine", "--allow-empty")
        worktree = Worktree(repository)
        scratch = worktree.scratch(Path(folder, "merge.git"))
        sides = Side(rendered / "old", "old"), Side(rendered / "old", "same")
        result = merge(scratch, worktree.head(), *sides, {})
        assert (result.changes, result.conflicts, result.kept, result.left_out) == ([], {}, [], [])
