"""The installed packages against those the image was locked with.

The platform installs the SDK on top of the finished image. Constraints make that fail rather than
change another package; this is the proof on the running instance.
"""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from chutekit.serving import logs
from chutekit.serving.lifecycle import StartupError, development

LOCK = Path(__file__).parent.parent.parent / "requirements" / "image.lock"
SDK = "chutes"

_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def check() -> None:
    """Raise StartupError when an installed package is not the locked one.

    The SDK's version is the platform's choice: another one than was tested is a warning, and an
    error only below the tested minor version, whose interfaces may be missing. On a laptop other
    packages are right, so `chutes run --dev` skips all of this.
    """
    if development():
        logs.event("drift_check_skipped", reason="chutes run --dev")
        return
    locked = dict(_LOCKED.findall(LOCK.read_text(encoding="utf-8")))
    _check_sdk(locked.pop(SDK))
    if changes := list(differences(locked)):
        raise StartupError(f"Packages are not those of {LOCK.name}: {', '.join(changes)}.")


def differences(locked: dict[str, str]) -> Iterator[str]:
    """Say of each package that is missing or has another version what it is and should be."""
    for name, wanted in locked.items():
        installed = _installed(name)
        if installed != wanted:
            yield f"{name} is {installed or 'missing'}, not {wanted}"


def _check_sdk(tested: str) -> None:
    installed = _installed(SDK)
    if installed == tested:
        return
    if installed is None or _minor(installed) < _minor(tested):
        raise StartupError(
            f"The platform's {SDK} is {installed or 'missing'}; this was made for {tested}."
        )
    logs.event("sdk_untested", installed=installed, tested=tested)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _minor(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", release)[:2])
