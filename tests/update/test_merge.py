"""What an update makes of an owner's edits, row by row, with real git."""

import subprocess
from pathlib import Path

import pytest
import yaml

from support.releases import Releases, contents, edit, git, numbered, write

FIRST = {
    "chute.py": numbered(30),
    "config.toml": numbered(30),
    "old_name.py": numbered(30),
    "legacy.py": numbered(12),
    "legacy2.py": numbered(15),
    "unwanted.md": numbered(9),
    "run.sh": "echo run\n",
    "same.py": numbered(20),
}
SECOND = {
    "chute.py": numbered(30, _9="template's nine", _19="template's nineteen"),
    "config.toml": numbered(30, _2="template's two"),
    "old_name.py": None,
    "new_name.py": numbered(30, _3="template's three"),
    "legacy.py": None,
    "legacy2.py": None,
    "unwanted.md": numbered(9, _4="template's four"),
    "added.py": "the template's\n",
    "run.sh": "#!/bin/sh\necho run\n",
    "same.py": numbered(20, _5="both"),
}
REGION = 'region: {type: str, default: eu, help: "Where?"}\n'


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    made = Releases(tmp_path_factory.mktemp("releases"))
    made.add("1.0.0", FIRST)
    made.add("1.1.0", SECOND, REGION, notes="Adds `added.py`.")
    return made


@pytest.fixture
def repository(releases: Releases, tmp_path: Path) -> Path:
    return releases.generate("1.0.0", tmp_path / "repository")


def status(folder: Path) -> list[str]:
    """What git says about the folder."""
    return git(folder, "status", "--porcelain", "--no-renames").splitlines()


def staged(folder: Path, name: str) -> str:
    """A file as it is in the index."""
    return git(folder, "show", f":{name}")


@pytest.mark.whole
def test_without_edits_it_is_what_a_fresh_one_would_be(
    releases: Releases, repository: Path, tmp_path: Path
) -> None:
    result = releases.update(repository)
    assert (str(result.old), str(result.new)) == ("1.0.0", "1.1.0")
    assert (result.conflicts, result.kept, result.left_out) == ({}, [], [])
    assert result.new_questions == ["region"]
    assert result.changed == sorted({*SECOND, ".copier-answers.yml"})
    assert contents(repository) == contents(releases.fresh("1.1.0", tmp_path / "fresh"))
    assert not [line for line in status(repository) if line[1] != " "], "all of it is staged"
    assert git(repository, "log", "--format=%s").split() == ["Create"]


@pytest.mark.path
def test_an_adjacent_edit_is_a_conflict_that_shows_the_base(
    releases: Releases, repository: Path
) -> None:
    edit(repository, {"chute.py": numbered(30, _10="mine")})
    result = releases.update(repository)
    assert list(result.conflicts) == ["chute.py"]
    assert "Merge conflict in chute.py" in result.conflicts["chute.py"]
    assert (repository / "chute.py").read_text() == numbered(
        30,
        _9="<<<<<<< yours\nline 9 of 30\nmine\n||||||| chute-new-v1.0.0\nline 9 of 30",
        _10="line 10 of 30\n=======\ntemplate's nine\nline 10 of 30\n>>>>>>> chute-new-v1.1.0",
        _19="template's nineteen",
    )
    assert "UU chute.py" in status(repository)
    stages = git(repository, "ls-files", "--unmerged").splitlines()
    assert [line.split()[2] for line in stages] == ["1", "2", "3"]
    assert "mine" in git(repository, "show", ":2:chute.py")
    git(repository, "checkout", "--ours", "--", "chute.py")
    assert (repository / "chute.py").read_text() == numbered(30, _10="mine")


@pytest.mark.path
def test_a_distant_edit_is_merged(releases: Releases, repository: Path) -> None:
    edit(repository, {"config.toml": numbered(30, _25="mine")})
    assert not releases.update(repository).conflicts
    assert staged(repository, "config.toml") == numbered(30, _2="template's two", _25="mine")


@pytest.mark.whole
def test_an_edit_follows_a_file_the_template_renamed(releases: Releases, repository: Path) -> None:
    edit(repository, {"old_name.py": numbered(30, _20="mine")})
    assert not releases.update(repository).conflicts
    assert staged(repository, "new_name.py") == numbered(30, _3="template's three", _20="mine")
    assert not (repository / "old_name.py").exists()


@pytest.mark.whole
def test_an_edited_file_the_template_dropped_is_kept(releases: Releases, repository: Path) -> None:
    mine = numbered(15, _7="mine")
    edit(repository, {"legacy2.py": mine})
    result = releases.update(repository)
    assert (result.conflicts, result.kept) == ({}, ["legacy2.py"])
    assert (repository / "legacy2.py").read_text() == staged(repository, "legacy2.py") == mine
    assert not (repository / "legacy.py").exists()


@pytest.mark.whole
def test_a_deleted_file_stays_deleted(releases: Releases, repository: Path) -> None:
    edit(repository, {"unwanted.md": None, "old_name.py": None})
    result = releases.update(repository)
    assert (result.conflicts, result.left_out) == ({}, ["new_name.py", "unwanted.md"])
    assert not {"unwanted.md", "old_name.py", "new_name.py"} & set(contents(repository))


@pytest.mark.whole
def test_a_file_both_added_is_a_conflict(releases: Releases, repository: Path) -> None:
    edit(repository, {"added.py": "mine\n", "mine.py": "mine\n"})
    result = releases.update(repository)
    assert list(result.conflicts) == ["added.py"]
    text = (repository / "added.py").read_text()
    assert "\nmine\n" in text
    assert "\nthe template's\n" in text
    assert (repository / "mine.py").read_text() == "mine\n"


@pytest.mark.whole
def test_modes_change_and_stay(releases: Releases, repository: Path) -> None:
    edit(repository, {"own.sh": "#!/bin/sh\n"})
    (repository / "config.toml").chmod(0o755)
    edit(repository, {})
    assert not releases.update(repository).conflicts
    executable = {name for name, (bit, _) in contents(repository).items() if bit}
    assert executable == {"run.sh", "own.sh", "config.toml"}


@pytest.mark.whole
def test_a_file_the_owner_renamed_gets_the_change(releases: Releases, repository: Path) -> None:
    edit(repository, {"chute.py": None, "app/main.py": numbered(30, _25="mine")})
    assert not releases.update(repository).conflicts
    assert not (repository / "chute.py").exists()
    assert staged(repository, "app/main.py") == numbered(
        30, _9="template's nine", _19="template's nineteen", _25="mine"
    )


@pytest.mark.whole
def test_both_renamed_differently_is_a_conflict(releases: Releases, repository: Path) -> None:
    edit(repository, {"old_name.py": None, "my_name.py": numbered(30, _20="mine")})
    result = releases.update(repository)
    assert set(result.conflicts) == {"old_name.py", "my_name.py", "new_name.py"}
    for name in ("my_name.py", "new_name.py"):
        assert "\nmine\n" in (repository / name).read_text()


@pytest.mark.whole
def test_the_same_change_made_by_the_owner_is_no_conflict(
    releases: Releases, repository: Path
) -> None:
    edit(repository, {"same.py": numbered(20, _5="both")})
    result = releases.update(repository)
    assert not result.conflicts
    assert "same.py" not in result.changed


@pytest.mark.whole
def test_a_folder_where_the_template_has_a_file_is_a_conflict(
    releases: Releases, repository: Path
) -> None:
    edit(repository, {"added.py/mine.txt": "mine\n"})
    result = releases.update(repository)
    assert result.conflicts
    assert (repository / "added.py" / "mine.txt").read_text() == "mine\n"


@pytest.mark.whole
def test_a_link_that_took_a_files_place_is_a_conflict(releases: Releases, repository: Path) -> None:
    (repository / "chute.py").unlink()
    (repository / "chute.py").symlink_to("same.py")
    edit(repository, {})
    assert releases.update(repository).conflicts
    assert (repository / "chute.py").is_symlink() or "chute.py" in "".join(status(repository))


@pytest.mark.whole
def test_history_is_not_needed(releases: Releases, repository: Path) -> None:
    edit(repository, {"config.toml": numbered(30, _25="mine")})
    tree = git(repository, "rev-parse", "HEAD^{tree}").strip()
    squashed = git(repository, "commit-tree", tree, "-m", "Squashed").strip()
    git(repository, "reset", "-q", "--hard", squashed)
    git(repository, "reflog", "expire", "--expire=now", "--all")
    git(repository, "gc", "-q", "--prune=now")
    assert not releases.update(repository).conflicts
    assert staged(repository, "config.toml") == numbered(30, _2="template's two", _25="mine")


@pytest.mark.whole
def test_a_second_update_changes_nothing(releases: Releases, repository: Path) -> None:
    releases.update(repository)
    git(repository, "commit", "-qm", "Update")
    before = contents(repository)
    result = releases.update(repository)
    assert (result.changed, result.conflicts, result.undo, result.next_steps) == ([], {}, "", [])
    assert (contents(repository), status(repository)) == (before, [])


@pytest.mark.whole
@pytest.mark.parametrize(
    "edits",
    [
        {},
        {"chute.py": numbered(30, _10="mine"), "added.py": "mine\n"},
        {"old_name.py": numbered(30, _3="mine")},
        {"old_name.py": None, "my_name.py": numbered(30, _20="mine")},
    ],
    ids=["clean", "conflicts", "conflict in a renamed file", "renamed twice"],
)
def test_one_command_takes_it_back(
    releases: Releases, repository: Path, edits: dict[str, str | None]
) -> None:
    if edits:
        edit(repository, edits)
    write(repository, {"untracked.txt": "mine\n"})
    before = contents(repository)
    result = releases.update(repository)
    assert bool(result.conflicts) == bool(edits)
    assert contents(repository) != before
    subprocess.run(result.undo, shell=True, check=True, cwd="/")
    assert contents(repository) == before
    assert status(repository) == ["?? untracked.txt"]


@pytest.mark.whole
def test_a_dry_run_shows_the_difference_and_writes_nothing(
    releases: Releases, repository: Path
) -> None:
    edit(repository, {"chute.py": numbered(30, _10="mine")})
    before = contents(repository), contents(repository / ".git")
    result = releases.update(repository, dry_run=True)
    assert (contents(repository), contents(repository / ".git")) == before
    assert list(result.conflicts) == ["chute.py"]
    assert "+template's two" in result.diff
    assert "rename to new_name.py" in result.diff
    assert result.undo == ""


@pytest.mark.whole
def test_answers_change_in_the_same_step(
    releases: Releases, repository: Path, tmp_path: Path
) -> None:
    changes = {"region": "us", "name": "other"}
    result = releases.update(repository, changes)
    assert result.new_questions == []
    fresh = releases.fresh("1.1.0", tmp_path / "fresh", changes)
    assert contents(repository) == contents(fresh)
    git(repository, "commit", "-qm", "Update")
    releases.update(repository, {"region": "eu"})
    stored = yaml.safe_load((repository / ".copier-answers.yml").read_text())
    assert stored["region"] == "eu"
    assert status(repository) == ["M  .copier-answers.yml"]
