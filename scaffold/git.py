"""Runs git for a folder of our own, whatever git state surrounds us."""

import os
import shutil
import subprocess
from pathlib import Path

# What points git at another repository, as inside a git hook, must not reach ours.
_KEPT = (
    "GIT_SSL_",
    "GIT_SSH",
    "GIT_ASKPASS",
    "GIT_TRACE",
    "GIT_EXEC_PATH",
    "GIT_TEMPLATE_DIR",
    "GIT_AUTHOR_",
    "GIT_COMMITTER_",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
)


def available() -> bool:
    """Is there a git to run?"""
    return shutil.which("git") is not None


def clean_environment() -> dict[str, str]:
    """The environment without the variables that redirect git."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(_KEPT)
    }


def first_commit(folder: Path, message: str) -> str:
    """Make `folder` a repository with everything in one commit; returns the commit's hash.

    Hooks, signing and templates of the user are left out: they belong to the user's commits.
    An unset identity is replaced for this commit only.
    """
    git = _Git(folder)
    git("init", "--quiet", "--template=", "--initial-branch=main")
    # Forced, because a user's own global ignore file would silently drop files of the template.
    git("add", "--all", "--force")
    if not git.has_identity():
        git.environment |= {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", "chute-new"), ("EMAIL", "chute-new@localhost"))
        }
    unhooked = ("-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null")
    git(*unhooked, "commit", "--quiet", "--message", message)
    return git("rev-parse", "HEAD").strip()


class _Git:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = clean_environment()

    def __call__(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        ).stdout

    def has_identity(self) -> bool:
        return all(
            subprocess.run(
                ["git", "var", name],
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                check=False,
            ).returncode
            == 0
            for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
        )
