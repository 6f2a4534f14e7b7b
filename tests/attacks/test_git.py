"""A repository whose settings have git run programs: no git of ours runs any of them.

Each test first sees the program run by the git that a user would type: an attack that does nothing
would pass every test.
"""

import ast
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scaffold import git as ours
from scaffold.errors import Refused
from support.command import Run
from support.places import ROOT
from support.releases import Releases, git, numbered, write

FIRST = {"chute.py": numbered(30), "sub/a.txt": numbered(3)}
SECOND = {"chute.py": numbered(30, _9="template's nine"), "sub/b.txt": numbered(4)}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    made = Releases(tmp_path_factory.mktemp("releases"))
    made.add("1.0.0", FIRST)
    made.add("1.1.0", SECOND)
    return made


@pytest.fixture
def repository(releases: Releases, tmp_path: Path) -> Path:
    return releases.generate("1.0.0", tmp_path / "repository")


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "it ran"


def script(path: Path, marker: Path, *, then: str = "cat") -> Path:
    """A program that leaves a mark, and goes on as one that does its work."""
    path.write_text(f"#!/bin/sh\necho \"$0 $@\" >> '{marker}'\n{then}\n")
    path.chmod(0o755)
    return path


def touch(repository: Path) -> None:
    """Git has to look at the content of every file again."""
    for path in repository.rglob("*"):
        if path.is_file() and ".git" not in path.relative_to(repository).parts:
            os.utime(path, (1, 1))


def settings(repository: Path, command: str) -> None:
    """Every setting that names a program, in the configuration of the repository."""
    (repository / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    git(repository, "add", ".gitattributes")
    git(repository, "commit", "--quiet", "-m", "attributes")
    for name, value in {
        "core.fsmonitor": command,
        "core.sshCommand": command,
        "core.pager": command,
        "core.editor": command,
        "core.askPass": command,
        "core.alternateRefsCommand": command,
        "filter.evil.clean": command,
        "filter.evil.smudge": command,
        "filter.evil.required": "true",
        "diff.external": command,
        "diff.evil.textconv": command,
        "diff.evil.command": command,
        "merge.evil.driver": command,
        "credential.helper": f"!{command}",
        "gpg.program": command,
        "commit.gpgSign": "true",
        "alias.st": f"!{command}",
        "remote.origin.url": str(repository),
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": command,
        "extensions.partialClone": "origin",
    }.items():
        git(repository, "config", name, value)
    hooks = repository / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-index-change", "post-checkout", "reference-transaction", "pre-commit"):
        shutil.copy(command, hooks / name)
    touch(repository)


@pytest.mark.path
def test_no_setting_of_a_repository_runs_anything(
    releases: Releases, repository: Path, tmp_path: Path, marker: Path
) -> None:
    settings(repository, str(script(tmp_path / "evil", marker)))
    subprocess.run(["git", "diff"], cwd=repository, capture_output=True)
    subprocess.run(["git", "status"], cwd=repository, capture_output=True)
    assert marker.exists(), "the attack itself does not work"
    marker.unlink()
    touch(repository)
    assert releases.update(repository, dry_run=True).diff
    assert not marker.exists()
    touch(repository)
    assert "chute.py" in releases.update(repository).changed
    assert "template's nine" in (repository / "chute.py").read_text()
    assert not marker.exists(), marker.read_text()


@pytest.mark.path
def test_undoing_a_failed_update_runs_nothing_either(
    releases: Releases,
    repository: Path,
    tmp_path: Path,
    marker: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from scaffold.errors import OutsideFailure
    from scaffold.update.worktree import Worktree

    settings(repository, str(script(tmp_path / "evil", marker)))
    before = (repository / "chute.py").read_text()
    apply = Worktree._apply

    def failing(self: Worktree, *arguments: object) -> None:
        apply(self, *arguments)  # type: ignore[arg-type]
        raise subprocess.CalledProcessError(1, "git", stderr="the disk is full")

    marker.unlink(missing_ok=True)
    monkeypatch.setattr(Worktree, "_apply", failing)
    with pytest.raises(OutsideFailure, match="nothing was changed"):
        releases.update(repository)
    assert (repository / "chute.py").read_text() == before
    assert not marker.exists(), marker.read_text()


@pytest.mark.path
@pytest.mark.parametrize("worktree", ["", "..", "."], ids=["bare", "around it", "itself"])
def test_a_bare_repository_in_a_folder_of_a_clone_is_not_used(
    releases: Releases, repository: Path, tmp_path: Path, marker: Path, worktree: str
) -> None:
    """What a clone can bring: such a repository is made of plain files."""
    folder = repository / "part"
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)
    command = script(tmp_path / "evil", marker)
    shutil.copy(repository / ".copier-answers.yml", folder)
    write(folder, {"config": _bare_config(command, worktree)})
    git(repository, "add", "--force", "part")
    git(repository, "commit", "--quiet", "-m", "part")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(repository), str(clone))
    for name in ("objects", "refs"):  # git keeps no empty folder, an archive does
        (clone / "part" / name).mkdir(exist_ok=True)
    subprocess.run(["git", "status"], cwd=clone / "part", capture_output=True)
    if worktree:
        assert marker.exists(), "the attack itself does not work"
        marker.unlink()
    for dry_run in (True, False):
        with pytest.raises(Refused, match=r"cannot use bare repository|that can be used"):
            releases.update(clone / "part", dry_run=dry_run)
    assert not marker.exists(), marker.read_text()


def _bare_config(command: Path, worktree: str) -> str:
    kind = f"bare = false\n\tworktree = {worktree}" if worktree else "bare = true"
    return (
        f"[core]\n\trepositoryformatversion = 0\n\t{kind}\n\tfsmonitor = {command}\n"
        f'[diff]\n\texternal = {command}\n[alias]\n\tst = "!{command}"\n'
    )


@pytest.mark.path
def test_the_command_does_not_either(
    repository: Path, tmp_path: Path, marker: Path, chute_new: Run
) -> None:
    folder = repository / "part"
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)
    write(folder, {"config": _bare_config(script(tmp_path / "evil", marker), "..")})
    write(folder, {".copier-answers.yml": "_commit: v0.6.0\nusername: alice\nname: demo\n"})
    run = chute_new("update", ".", "--dry-run", cwd=folder)
    assert run.returncode == 3, run.stderr
    assert not marker.exists()


@pytest.mark.path
def test_nothing_runs_in_a_submodule(
    releases: Releases, repository: Path, tmp_path: Path, marker: Path
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "--quiet")
    write(inner, {"a": "a\n"})
    git(inner, "add", ".")
    git(inner, "commit", "--quiet", "-m", "a")
    allowed = ("-c", "protocol.file.allow=always")
    git(repository, *allowed, "submodule", "--quiet", "add", str(inner), "inner")
    with (repository / ".gitmodules").open("a") as file:
        file.write("\tignore = none\n")
    git(repository, "add", ".gitmodules")
    git(repository, "commit", "--quiet", "-m", "inner")
    git(repository / "inner", "config", "core.fsmonitor", str(script(tmp_path / "evil", marker)))
    (repository / "inner" / "a").write_text("changed\n")
    subprocess.run(["git", "status"], cwd=repository, capture_output=True)
    assert marker.exists(), "the attack itself does not work"
    marker.unlink()
    assert releases.update(repository, dry_run=True).diff
    assert "chute.py" in releases.update(repository).changed
    assert not marker.exists(), marker.read_text()


@pytest.mark.path
def test_a_work_tree_somewhere_else_is_not_written(
    releases: Releases, repository: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(repository, home, ignore=shutil.ignore_patterns(".git"))
    before = (home / "chute.py").read_text()
    git(repository, "config", "core.worktree", str(home))
    with pytest.raises(Refused):
        releases.update(repository)
    assert (home / "chute.py").read_text() == before


@pytest.mark.path
def test_a_configuration_that_never_ends_is_not_waited_for(
    releases: Releases, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "fifo")
    git(repository, "config", "include.path", str(tmp_path / "fifo"))
    monkeypatch.setattr(ours, "CONFIGURATION_SECONDS", 2)
    with pytest.raises(Refused, match="took more than 2 s"):
        releases.update(repository)


@pytest.mark.path
def test_a_git_in_the_current_folder_is_never_run(
    repository: Path, marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(repository / "git", marker)
    monkeypatch.chdir(repository)
    for first in (".", "", "bin/.."):
        monkeypatch.setenv("PATH", f"{first}{os.pathsep}{os.environ['PATH']}")
        assert ours.Git(repository)("rev-parse", "--is-inside-work-tree").strip() == "true"
    assert not marker.exists()


@pytest.mark.path
def test_settings_from_variables_do_not_reach_it(
    repository: Path, tmp_path: Path, marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = str(script(tmp_path / "evil", marker))
    hostile = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": command,
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor'='{command}'",
        "GIT_EXTERNAL_DIFF": command,
        "GIT_SSH_COMMAND": command,
        "GIT_SSH": command,
        "GIT_ASKPASS": command,
        "GIT_PAGER": command,
        "GIT_EDITOR": command,
        "GIT_PROXY_COMMAND": command,
        "GIT_TEMPLATE_DIR": str(tmp_path),
        "GIT_DIR": str(tmp_path),
    }
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    found = ours.clean_environment()
    assert command not in found.values()
    assert {"GIT_DIR", "GIT_SSH", "GIT_EXTERNAL_DIFF", "GIT_TEMPLATE_DIR"}.isdisjoint(found)
    repository_git = ours.Git(repository)
    repository_git("status")
    repository_git("diff", "--no-ext-diff")
    assert not marker.exists()


@pytest.mark.path
def test_a_repository_that_is_made_keeps_the_identity_and_runs_nothing_of_the_user(
    tmp_path: Path, marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = script(tmp_path / "evil", marker)
    config = tmp_path / "gitconfig"
    config.write_text(
        f"[user]\n\tname = Someone\n\temail = someone@localhost\n[core]\n\thooksPath = {tmp_path}\n"
        f"\tfsmonitor = {command}\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = {command}\n"
    )
    for role in ("AUTHOR", "COMMITTER"):
        for part in ("NAME", "EMAIL"):
            monkeypatch.delenv(f"GIT_{role}_{part}")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    script(tmp_path / "pre-commit", marker, then="exit 1")
    made = tmp_path / "made"
    write(made, {"a": "a\n"})
    ours.first_commit(made, "first")
    assert git(made, "log", "-1", "--format=%an <%ae>").strip() == "Someone <someone@localhost>"
    assert not marker.exists()


def test_only_one_module_runs_git() -> None:
    """And the one that runs copier hides git from it."""
    named = {
        path.relative_to(ROOT / "scaffold").as_posix()
        for path in (ROOT / "scaffold").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in ("run", "Popen", "check_output", "which")
        and any("git" in ast.unparse(argument) for argument in node.args)
        and "git" in {str(getattr(n, "value", "")) for a in node.args for n in ast.walk(a)}
    }
    assert named == {"git.py"}
    assert 'local.env(PATH="")' in (ROOT / "scaffold/generated/render.py").read_text()
