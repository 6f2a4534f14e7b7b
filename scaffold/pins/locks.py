"""Hash-locked requirements: one uv command per lock, reproducible from the header of the file."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from scaffold import files
from scaffold.errors import Failed, OutsideFailure, Refused
from scaffold.git import clean_environment, program

# Declared by the SDK and imported nowhere in it, and the only dependency without wheels for
# current Pythons. Left out, no lock needs a compiler; in the image the platform adds it.
WITHOUT = "netifaces"

# For laptops and CI: any Python from 3.11, any system.
ANYWHERE = ("--universal", "--python-version", "3.11")

# For the container image: Python of the base image; glibc 2.35, so wheels for up to 2.34 work.
IMAGE = ("--python-version", "3.12", "--python-platform", "x86_64-manylinux_2_34")

# Of a requirement, in characters.
LONGEST = 4000

_LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
_SECRET = re.compile("TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|ACCESS_?KEY|CONFIG_INI", re.I)
_PLAIN = re.compile(
    r"(?![\w.-]+\.(zip|whl|egg|tar|tgz|tbz|txz|gz|bz2|xz|zst|lz|lzma)\b)[A-Za-z0-9][\w.-]*\s*(\[[^\]]*\])?\s*"
    r"([(<>=!~;][^@]*|@\s*https://[^\s;]+\.whl(#\S*)?\s*(;.*)?)?"
    r"|--(only-binary|no-binary|prerelease|index-url|extra-index-url)[ =]\s*\S+|-i\s+\S+"
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})(?![0-9a-f])")


def compile_lock(
    folder: Path, source: str, lock: str, target: Sequence[str], *, upgrade: bool = True
) -> None:
    """Resolve `source` into `lock`, both relative to `folder`; an existing lock stays if it fails.

    With `upgrade` the resolution starts from nothing: an old lock is a source of preferences for
    uv, and two runs would differ. Without it only what no longer fits `source` is replaced.
    """
    command = [
        *("uv", "pip", "compile", *target, "--generate-hashes", "--no-annotate"),
        *("--no-emit-package", WITHOUT, source, "--output-file", lock),
    ]
    # What replaces a requirement of a package that would pin something without a wheel.
    override = Path(source).with_suffix(".override")
    if (folder / override).is_file():
        command += ["--override", override.as_posix()]
    path = folder / lock
    before = path.read_bytes() if path.is_file() else None
    if upgrade:
        path.unlink(missing_ok=True)
    done = subprocess.run(
        [uv(), *command[1:], "--quiet"],
        cwd=folder,
        env=environment() | {"UV_CUSTOM_COMPILE_COMMAND": " ".join(command)},
        capture_output=True,
        text=True,
    )
    problem = done.stderr.strip() if done.returncode else _not_as_asked(folder / source, path)
    if problem:
        path.unlink(missing_ok=True)
        if before is not None:
            files.replace({path: before}, within=folder)
        # uv exits 1 when there is no solution and 2 for everything else.
        kind = OutsideFailure if done.returncode > 1 else Failed
        raise kind(f"{source} could not be locked: {problem}")


def require_plain(text: str, source: str) -> None:
    """Refuse requirements whose own code would run, or that are read from somewhere else.

    uv builds a folder to know what it needs, whatever it was told about building, and puts values
    of variables into addresses.
    """
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        bare = re.sub(r"(^|\s)#.*", "", line).strip()
        if bare and (len(bare) > LONGEST or "${" in bare or not _PLAIN.fullmatch(bare)):
            raise Refused(
                f"{source} is not locked with {bare[:80]!r} in it",
                hint="a name, a version and an index are taken, or the address of a wheel",
            )


def environment() -> dict[str, str]:
    """What uv gets: nothing that opens anything but an index, and the word to build nothing.

    A package without a wheel, or in a folder, runs its own code to say what it needs.
    """
    return {
        name: value
        for name, value in clean_environment().items()
        if name.startswith(("UV_", "PIP_", "NETRC")) or not _SECRET.search(name)
    } | {"UV_NO_BUILD": "1"}


def normal(name: str) -> str:
    """The one spelling of a package's name, https://peps.python.org/pep-0503/#normalized-names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str) -> dict[str, str]:
    """The version of each package in the text of a lock, by normal name."""
    return {normal(name): version for name, version in _LOCKED.findall(text)}


def hashes(text: str) -> dict[str, set[str]]:
    """The SHA-256 of each file that a lock allows for a package, by normal name."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in text.splitlines():
        if match := _LOCKED.match(line):
            name = normal(match[1])
            found[name] = set()
        if name:
            found[name].update(_HASH.findall(line))
    return found


def constraints(text: str) -> str:
    """What must not change when the platform installs the SDK: all that is locked but the SDK."""
    pins = locked(text)
    lines = [f"{name}=={pins[name]}" for name in sorted(pins) if name != "chutes"]
    return "\n".join(["# Written with image.lock; do not edit.", *lines, ""])


def _not_as_asked(source: Path, lock: Path) -> str:
    """Say which `==` of the source the lock lacks: a resolver may go far back without a word."""
    got = locked(lock.read_text())
    wrong = [
        f"{name}=={version} was asked for, not {got.get(name, 'nothing')}"
        for name, version in locked(source.read_text()).items()
        if got.get(name) != version
    ]
    return "; ".join(wrong)


def uv() -> str:
    """Where uv is: the one on the PATH, or the one that came with this package."""
    if found := program("uv"):
        return found
    try:
        from uv import find_uv_bin
    except ImportError:
        raise OutsideFailure(
            "uv is not installed", hint="Install it, for example with: pip install uv"
        ) from None
    return find_uv_bin()
