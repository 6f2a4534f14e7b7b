"""What an update refuses or survives, and that it then leaves everything as it was."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scaffold.errors import BadUsage, OutsideFailure, Refused, Stop
from scaffold.update import worktree
from support.releases import Releases, contents, edit, git, numbered, write

FIRST = {"chute.py": numbered(30), "gone.py": numbered(5), "docs/a.md": numbered(8)}
SECOND = {
    "chute.py": numbered(30, _9="template's nine"),
    "gone.py": None,
    "added.py": "the template's\n",
    "deep/er/added.py": "the template's too\n",
}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    made = Releases(tmp_path_factory.mktemp("releases"))
    made.add("1.0.0", FIRST)
    made.add("1.1.0", SECOND)
    made.add("1.2.0", {"chute.py": numbered(30, _9="template's nine", _20="later")})
    return made


@pytest.fixture
def repository(releases: Releases, tmp_path: Path) -> Path:
    return releases.generate("1.0.0", tmp_path / "repository")


@pytest.fixture
def refused(releases: Releases) -> Callable[..., Stop]:
    """Updates a folder, expects the refusal, and that nothing in it, or in .git, was touched."""

    def run(folder: Path, kind: type[Stop] = Refused, **options: Any) -> Stop:
        root = Path(git(folder, "rev-parse", "--show-toplevel").strip())
        before = contents(root), git(root, "for-each-ref"), git(root, "ls-files", "--stage")
        with pytest.raises(kind) as stop:
            releases.update(folder, **options)
        after = contents(root), git(root, "for-each-ref"), git(root, "ls-files", "--stage")
        assert after == before
        return stop.value

    return run


@pytest.mark.whole
@pytest.mark.parametrize("add", [False, True], ids=["changed", "staged"])
def test_uncommitted_changes(repository: Path, refused: Callable[..., Stop], add: bool) -> None:
    write(repository, {"chute.py": numbered(30, _30="mine")})
    if add:
        git(repository, "add", ".")
    stop = refused(repository)
    assert stop.code == 3
    assert "chute.py" in stop.message


@pytest.mark.whole
def test_a_file_deleted_but_not_committed(repository: Path, refused: Callable[..., Stop]) -> None:
    (repository / "gone.py").unlink()
    assert "gone.py" in refused(repository).message


@pytest.mark.whole
@pytest.mark.parametrize("path", ["added.py", "deep/er/added.py", "deep", "deep/er"])
@pytest.mark.parametrize("ignored", [False, True], ids=["untracked", "ignored"])
def test_files_git_does_not_track_are_never_overwritten(
    repository: Path, refused: Callable[..., Stop], path: str, ignored: bool
) -> None:
    if ignored:
        edit(repository, {".gitignore": f"/{path}\n"})
    write(repository, {path: "mine\n"})
    assert path in refused(repository).message
    assert (repository / path).read_text() == "mine\n"


@pytest.mark.whole
def test_an_ignored_link_out_of_the_repository(
    repository: Path, tmp_path: Path, refused: Callable[..., Stop]
) -> None:
    edit(repository, {".gitignore": "/deep\n"})
    (tmp_path / "outside" / "er").mkdir(parents=True)
    (repository / "deep").symlink_to(tmp_path / "outside")
    assert "deep" in refused(repository).message
    assert list((tmp_path / "outside" / "er").iterdir()) == []


@pytest.mark.whole
def test_an_untracked_folder_where_a_file_is_added(
    repository: Path, refused: Callable[..., Stop]
) -> None:
    write(repository, {"added.py/mine": "mine\n"})
    assert "added.py" in refused(repository).message


@pytest.mark.whole
def test_other_untracked_files_do_not_matter(releases: Releases, repository: Path) -> None:
    write(repository, {"notes.txt": "mine\n", "deep/mine": "mine\n"})
    assert not releases.update(repository).conflicts
    assert (repository / "deep" / "mine").read_text() == "mine\n"


@pytest.mark.whole
@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_edits_hidden_from_git(repository: Path, refused: Callable[..., Stop], flag: str) -> None:
    git(repository, "update-index", flag, "chute.py")
    write(repository, {"chute.py": numbered(30, _30="mine")})
    assert "chute.py" in refused(repository).message


@pytest.mark.whole
def test_downgrades(releases: Releases, tmp_path: Path, refused: Callable[..., Stop]) -> None:
    newest = releases.generate("1.2.0", tmp_path / "newest")
    assert "1.2.0, which is newer than 1.1.0" in refused(newest, to="1.1.0").message
    edit(newest, {".copier-answers.yml": "_commit: v7.0.0\nname: demo\n"})
    assert "newer" in refused(newest).message


@pytest.mark.whole
def test_unknown_versions(repository: Path, refused: Callable[..., Stop]) -> None:
    assert refused(repository, BadUsage, to="1.1.5").code == 2
    assert refused(repository, BadUsage, to="newest").code == 2
    edit(repository, {".copier-answers.yml": "_commit: v1.0.7\nname: demo\n"})
    assert "does not know version 1.0.7" in refused(repository).message
    edit(repository, {".copier-answers.yml": "name: demo\n"})
    assert "_commit" in refused(repository).message


@pytest.mark.whole
def test_to_a_version_between(releases: Releases, repository: Path, tmp_path: Path) -> None:
    assert str(releases.update(repository, to="v1.1.0").new) == "1.1.0"
    assert contents(repository) == contents(releases.fresh("1.1.0", tmp_path / "fresh"))


@pytest.mark.whole
def test_folders_that_are_no_repositories_of_ours(
    releases: Releases, repository: Path, tmp_path: Path, refused: Callable[..., Stop]
) -> None:
    with pytest.raises(BadUsage):
        releases.update(tmp_path / "missing")
    with pytest.raises(Refused, match="not made by chute-new"):
        releases.update(tmp_path)
    bare = releases.fresh("1.0.0", tmp_path / "without-git")
    with pytest.raises(Refused, match="not in a git repository"):
        releases.update(bare)
    git(bare, "init", "-q")
    with pytest.raises(Refused, match="not committed"):
        releases.update(bare)
    git(repository, "rm", "-q", "--cached", ".copier-answers.yml")
    git(repository, "commit", "-qm", "Forget")
    assert ".copier-answers.yml is not committed" in refused(repository).message


@pytest.mark.whole
def test_conflict_markers_in_the_record(repository: Path, refused: Callable[..., Stop]) -> None:
    text = (repository / ".copier-answers.yml").read_text()
    edit(repository, {".copier-answers.yml": f"<<<<<<< yours\n{text}>>>>>>> theirs\n"})
    assert refused(repository, Stop).code in (2, 3)


@pytest.mark.whole
def test_answers_that_do_not_work(
    releases: Releases, repository: Path, refused: Callable[..., Stop]
) -> None:
    with pytest.raises(BadUsage) as stop:
        releases.update(repository, {"nmae": "x"})
    assert "did you mean name?" in stop.value.problems[0].message
    edit(repository, {".copier-answers.yml": "_commit: v1.0.0\nname: [1]\n"})
    assert refused(repository, BadUsage).code == 2


@pytest.mark.whole
def test_an_unfinished_merge(repository: Path, refused: Callable[..., Stop]) -> None:
    git(repository, "switch", "-qc", "other")
    edit(repository, {"docs/a.md": numbered(8, _2="theirs")})
    git(repository, "switch", "-q", "main")
    edit(repository, {"docs/a.md": numbered(8, _2="mine")})
    merge = subprocess.run(["git", "merge", "other"], cwd=repository, capture_output=True)
    assert merge.returncode == 1
    assert "not finished" in refused(repository).message


@pytest.mark.whole
def test_one_of_many_in_a_repository(releases: Releases, tmp_path: Path) -> None:
    """Its neighbour, made of the same files, is left alone even where a file was deleted here."""
    git(tmp_path, "init", "-q", "mono")
    mono = tmp_path / "mono"
    first = releases.generate("1.0.0", mono / "chutes" / "first")
    second = releases.generate("1.0.0", mono / "chutes" / "second")
    edit(first, {"chute.py": None})
    write(mono, {"elsewhere.txt": "staged\n"})
    git(mono, "add", "elsewhere.txt")
    write(second, {"chute.py": numbered(30, _30="mine, not committed")})
    neighbour = contents(second)
    result = releases.update(first)
    assert (result.conflicts, result.left_out) == ({}, ["chute.py"])
    assert contents(second) == neighbour
    assert git(mono, "status", "--porcelain", "--no-renames").splitlines() == [
        "M  chutes/first/.copier-answers.yml",
        "A  chutes/first/added.py",
        "A  chutes/first/deep/er/added.py",
        "D  chutes/first/gone.py",
        " M chutes/second/chute.py",
        "A  elsewhere.txt",
    ]
    subprocess.run(result.undo, shell=True, check=True, cwd="/")
    assert git(mono, "status", "--porcelain").splitlines() == [
        " M chutes/second/chute.py",
        "A  elsewhere.txt",
    ]


@pytest.mark.whole
def test_without_an_identity_and_inside_a_hook(
    releases: Releases, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    edit(repository, {"chute.py": numbered(30, _25="mine")})
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_DIR", str(outer / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(outer))
    monkeypatch.setenv("GIT_INDEX_FILE", str(outer / "index"))
    assert not releases.update(repository).conflicts
    assert "template's nine" in (repository / "chute.py").read_text()
    assert [path.name for path in outer.iterdir()] == [".git"]


@pytest.mark.whole
def test_settings_of_the_owner_change_nothing(
    releases: Releases, repository: Path, tmp_path: Path
) -> None:
    hook = repository / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
    hook.chmod(0o755)
    for key, value in {
        "merge.conflictStyle": "merge",
        "merge.renames": "false",
        "diff.noprefix": "true",
        "core.autocrlf": "true",
        "commit.gpgsign": "true",
        "core.fileMode": "false",
        "core.quotePath": "true",
        "status.showUntrackedFiles": "all",
    }.items():
        git(repository, "config", key, value)
    edit_of_mine = numbered(30, _10="mine")
    (repository / "chute.py").write_text(edit_of_mine)
    git(repository, "-c", "commit.gpgsign=false", "commit", "-qam", "Mine")
    (tmp_path / "hooked").unlink(missing_ok=True)
    assert list(releases.update(repository).conflicts) == ["chute.py"]
    assert "||||||| chute-new-v1.0.0" in (repository / "chute.py").read_text()
    assert not (tmp_path / "hooked").exists()


@pytest.mark.whole
def test_a_name_that_is_not_text(releases: Releases, repository: Path) -> None:
    (Path(os.fsdecode(os.fsencode(repository) + b"/caf\xe9 \n.txt"))).write_text("mine\n")
    git(repository, "add", "--all")
    git(repository, "commit", "-qm", "Mine")
    assert not releases.update(repository).conflicts


@pytest.mark.whole
def test_hashes_of_the_newer_kind(releases: Releases, tmp_path: Path) -> None:
    folder = releases.fresh("1.0.0", tmp_path / "repository")
    git(folder, "init", "-q", "--object-format=sha256")
    edit(folder, {"chute.py": numbered(30, _10="mine")})
    assert list(releases.update(folder).conflicts) == ["chute.py"]


@pytest.mark.whole
def test_a_work_tree_beside_the_repository(
    releases: Releases, repository: Path, tmp_path: Path
) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "beside"))
    assert not releases.update(tmp_path / "beside").conflicts
    assert git(repository, "status", "--porcelain") == ""


@pytest.mark.whole
def test_a_shallow_clone(releases: Releases, repository: Path, tmp_path: Path) -> None:
    edit(repository, {"chute.py": numbered(30, _25="mine")})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "shallow")
    assert not releases.update(tmp_path / "shallow").conflicts


@pytest.mark.whole
def test_a_locked_index_is_somebody_elses(releases: Releases, repository: Path) -> None:
    lock = repository / ".git" / "index.lock"
    lock.touch()
    before = contents(repository)
    with pytest.raises(OutsideFailure, match="index"):
        releases.update(repository)
    lock.unlink()
    assert contents(repository) == before
    assert git(repository, "status", "--porcelain") == ""


@pytest.mark.whole
def test_an_old_git(releases: Releases, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaffold.git.version", lambda: (2, 34))
    with pytest.raises(OutsideFailure, match=r"2\.38"):
        releases.update(repository)


@pytest.mark.whole
def test_a_failure_at_the_last_moment_is_taken_back(
    releases: Releases, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(repository, {"chute.py": numbered(30, _10="mine")})
    before = contents(repository)

    def fail(*_: object) -> None:
        assert contents(repository) != before
        raise subprocess.CalledProcessError(128, ["git"], stderr="fatal: no space left\n")

    monkeypatch.setattr(worktree.Worktree, "_mark_unmerged", fail)
    with pytest.raises(OutsideFailure, match=r"no space left.*nothing was changed"):
        releases.update(repository)
    assert contents(repository) == before
    assert git(repository, "status", "--porcelain") == ""


@pytest.mark.whole
def test_ctrl_c_does_not_stop_the_last_step_halfway(
    releases: Releases, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_tree = worktree.Worktree._whole_tree

    def interrupted(self: worktree.Worktree, result: object) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        return whole_tree(self, result)  # type: ignore[arg-type]

    monkeypatch.setattr(worktree.Worktree, "_whole_tree", interrupted)
    handler = signal.getsignal(signal.SIGINT)
    assert not releases.update(repository).conflicts
    assert (repository / "added.py").is_file()
    assert signal.getsignal(signal.SIGINT) is handler
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.path
def test_a_repository_of_somebody_elses(
    repository: Path, refused: Callable[..., Stop], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """git's own variable for its tests makes it take every folder for somebody else's."""
    folder = repository
    before = contents(folder)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setattr("scaffold.git._KEPT", ("GIT_TEST_", "GIT_CONFIG_"))
    with pytest.raises(Refused, match="because the folder is somebody else's") as stop:
        worktree.Worktree(folder)
    assert stop.value.hint.endswith(f"git config --global --add safe.directory {folder}")
    assert contents(folder) == before


@pytest.mark.path
def test_a_repository_that_is_damaged_is_not_made_again(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_text("nonsense\n")
    with pytest.raises(Refused, match="git does not work in") as stop:
        worktree.Worktree(repository)
    assert "init" not in stop.value.hint
