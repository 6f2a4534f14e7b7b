"""Runs git, whatever git state surrounds us; the only module that does.

A repository may be anybody's, and git has many settings that name a program: none of those runs.
What a repository can bring itself, such as a bare repository in one of its folders, is not
looked at; what its own configuration names is taken back, setting by setting.
"""

import copy
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

# What points git at another repository, as inside a git hook, must not reach ours; nor what makes
# it run something, or read settings from variables.
_KEPT = (
    "GIT_TRACE",
    "GIT_EXEC_PATH",
    "GIT_AUTHOR_",
    "GIT_COMMITTER_",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
)
# Nothing here ever needs a network, a terminal or a password.
_CLOSED = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_ASKPASS": "false",
    "GIT_EDITOR": "false",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_SSH_COMMAND": "false",
    "GIT_TERMINAL_PROMPT": "0",
}
# As from the command line, so that they win over every file; git looks for a bare repository only
# where it is named then, which the first of them says (git-config, safe.bareRepository).
SAFE = {
    "safe.bareRepository": "explicit",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.sshCommand": "false",
    "core.gitProxy": "",
    "core.askPass": "false",
    "core.editor": "false",
    "core.pager": "cat",
    "core.alternateRefsCommand": "false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "gpg.program": "false",
    "gpg.openpgp.program": "false",
    "gpg.ssh.program": "false",
    "gpg.x509.program": "false",
    "credential.helper": "",
    "diff.external": "",
    "diff.ignoreSubmodules": "dirty",
    "submodule.recurse": "false",
    "status.submoduleSummary": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "protocol.ext.allow": "never",
}
# Settings with a name of the repository's choice in them that run a program, or demand that one
# ran; git takes an empty one as none.
_NAMED = re.compile(
    r"(filter\..*\.(clean|smudge|process|required)|diff\..*\.(command|textconv)"
    r"|merge\..*\.driver|credential\..*\.helper|remote\..*\.(uploadpack|receivepack|vcs|proxy)"
    r"|submodule\..*\.update|alias\..*|pager\..*)",
    re.IGNORECASE | re.DOTALL,
)
_NONE = {"required": "false", "update": "none"}
# More than any of it takes; a configuration that includes a FIFO would take for ever.
SECONDS = 300
# The configuration, which each command reads first, takes none.
CONFIGURATION_SECONDS = 20


def program(name: str = "git") -> str | None:
    """Where git is, or another; never one that only a folder relative to the current one has."""
    folders = [each for each in os.get_exec_path() if Path(each).is_absolute()]
    return shutil.which(name, path=os.pathsep.join(folders))


def available() -> bool:
    """Is there a git to run?"""
    return program() is not None


def clean_environment() -> dict[str, str]:
    """The environment without the variables that redirect git, and with all of `SAFE`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(_KEPT)
    }
    return kept | _CLOSED | _settings(SAFE)


def _settings(values: Mapping[str, str]) -> dict[str, str]:
    """The variables by which git takes settings as if from its command line."""
    found = {"GIT_CONFIG_COUNT": str(len(values))}
    for number, (key, value) in enumerate(values.items()):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def version() -> tuple[int, int]:
    """Major and minor version of the git on this machine."""
    found = re.search(r"(\d+)\.(\d+)", Git(Path(__file__).parent)("version"))
    return (int(found[1]), int(found[2])) if found else (0, 0)


def said(error: subprocess.CalledProcessError) -> str:
    """The last line git wrote about its failure."""
    return next(iter(reversed((error.stderr or "").strip().splitlines())), "no reason given")


def is_foreign(error: subprocess.CalledProcessError) -> bool:
    """Did git refuse a folder because it is somebody else's?"""
    # The command it proposes then is the same in every language.
    return "safe.directory" in (error.stderr or "")


def trusting(folder: Path) -> str:
    """The command after which git works in the repository that holds the folder."""
    top = next((p for p in (folder, *folder.parents) if (p / ".git").exists()), folder)
    return f"git config --global --add safe.directory {shlex.quote(str(top))}"


class Git:
    """Runs git in one folder; a command that fails, or takes longer, raises CalledProcessError.

    Output is text; bytes that are not UTF-8, as in names of files, survive the way out and back.
    """

    seconds: float = SECONDS

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = clean_environment() | environment

    def disarm(self) -> "Git":
        """Take back what the configuration of the folder's repository names to be run.

        That of the user is among it: a filter of theirs may do what the repository tells it to.
        """
        quick = copy.copy(self)
        quick.seconds = CONFIGURATION_SECONDS
        listed = quick("config", "--list", "--name-only", "--includes", "-z").split("\0")
        names = {name for name in listed if _NAMED.fullmatch(name)}
        taken = {name: _NONE.get(name.rpartition(".")[2].lower(), "") for name in sorted(names)}
        self.environment |= _settings(SAFE | taken)
        return self

    def __call__(self, *arguments: str, given: str | bytes = b"") -> str:
        return os.fsdecode(self.raw(*arguments, given=given))

    def raw(self, *arguments: str, given: str | bytes = b"") -> bytes:
        """The output as bytes; `given` goes to standard input."""
        return self._run(arguments, given).stdout

    def answer(self, *arguments: str) -> tuple[int, str]:
        """Status and output of a command that says no by status 1."""
        done = self._run(arguments, allowed=1)
        return done.returncode, os.fsdecode(done.stdout)

    def succeeds(self, *arguments: str) -> bool:
        """Does it end with status 0?"""
        return self._run(arguments, allowed=255).returncode == 0

    def _run(
        self, arguments: tuple[str, ...], given: str | bytes = b"", *, allowed: int = 0
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            done = subprocess.run(
                [program() or "git", *arguments],
                cwd=self.folder,
                env=self.environment,
                check=False,
                capture_output=True,
                input=os.fsencode(given) if isinstance(given, str) else given,
                timeout=self.seconds,
                # The terminal's Ctrl-C is for us; a git that it ends may leave its lock behind.
                start_new_session=True,
            )
        except subprocess.TimeoutExpired as error:
            said = f"git {arguments[0]} took more than {self.seconds} s"
            raise subprocess.CalledProcessError(1, error.cmd, stderr=said) from error
        if not 0 <= done.returncode <= allowed:
            raise subprocess.CalledProcessError(
                done.returncode, done.args, stderr=os.fsdecode(done.stderr)
            )
        return done

    def has_identity(self) -> bool:
        """Does git know whom to name as author and committer?"""
        return all(
            self.succeeds("var", name) for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
        )


def scratch(folder: Path, *, borrow: Path | None = None, kind: str = "sha1") -> Git:
    """A bare repository of our own, out of reach of anybody's settings, hooks and identity.

    With `borrow`, the objects in that folder of another repository can be read, never changed;
    `kind` is then the kind of its hashes. What is committed here depends on its content alone.
    """
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        fixed |= {
            f"GIT_{role}_NAME": "chute-new",
            f"GIT_{role}_EMAIL": "chute-new@localhost",
            f"GIT_{role}_DATE": "2000-01-01T00:00:00Z",
        }
    folder.mkdir(parents=True)
    git = Git(folder, **fixed)
    git("init", "--quiet", "--bare", "--template=", f"--object-format={kind}")
    # Found by searching, it could be refused as somebody else's, or another one be found.
    git.environment["GIT_DIR"] = str(folder)
    if borrow:
        alternates = folder / "objects" / "info" / "alternates"
        alternates.parent.mkdir(exist_ok=True)
        alternates.write_bytes(os.fsencode(borrow) + b"\n")
    return git


def tree(repository: Git, folder: Path) -> str:
    """Store a folder's files as they are, without filters and ignore rules; the tree's hash."""
    files = sorted(
        p for p in folder.rglob("*") if p.is_file() and ".git" not in p.relative_to(folder).parts
    )
    listed = "".join(f"{path}\n" for path in files)
    blobs = repository("hash-object", "-w", "--no-filters", "--stdin-paths", given=listed).split()
    entries = "".join(
        f"{'100755' if path.stat().st_mode & 0o100 else '100644'} {blob}\t"
        f"{path.relative_to(folder).as_posix()}\0"
        for path, blob in zip(files, blobs, strict=True)
    )
    repository("read-tree", "--empty")
    repository("update-index", "-z", "--add", "--index-info", given=entries)
    return repository("write-tree").strip()


def first_commit(folder: Path, message: str) -> str:
    """Make `folder` a repository with everything in one commit; returns the commit's hash.

    Hooks, signing and templates of the user are left out: they belong to the user's commits.
    An unset identity is replaced for this commit only.
    """
    git = Git(folder)
    git("init", "--quiet", "--template=", "--initial-branch=main")
    # Forced, because a user's own global ignore file would silently drop files of the template.
    git("add", "--all", "--force")
    if not git.has_identity():
        git.environment |= {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", "chute-new"), ("EMAIL", "chute-new@localhost"))
        }
    git("commit", "--quiet", "--message", message)
    return git("rev-parse", "HEAD").strip()
