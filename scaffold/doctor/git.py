"""git: whether it is there, works in the folder, and knows whom to name in a commit."""

import subprocess
from collections.abc import Iterator

from scaffold import git
from scaffold.doctor.finding import Finding
from scaffold.doctor.machine import Machine

_USES = "make rollback ARGS=--to, chute-new update and your own commits"


def findings(machine: Machine) -> Iterator[Finding]:
    """None of it stops a target by itself: a rollback knows fewer versions, an update refuses."""
    if not git.available():
        yield Finding("git-absent", f"git is not installed; it serves {_USES}", "Install git.")
        return
    here = git.Git(machine.folder)
    here.seconds = git.CONFIGURATION_SECONDS
    if not here.has_identity():
        yield Finding(
            "git-identity",
            "git does not know whom to name in a commit",
            "git config --global user.name NAME && git config --global user.email ADDRESS",
        )
    if machine.answers is None:
        return
    try:
        here("rev-parse", "--git-dir")
    except subprocess.CalledProcessError as error:
        if git.is_foreign(error):
            message = f"git does not work here, because the folder is somebody else's: {_USES}"
            yield Finding("git-owner", message, git.trusting(machine.folder))
        else:
            message = f"the repository is in no git repository: {_USES}"
            yield Finding("git-none", message, "git init && git add . && git commit")
