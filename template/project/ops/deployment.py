"""Deploys a chute and believes only what the platform says when it is read back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops import build, fee, replaced
from ops.advice import advice
from ops.cli import chutes
from ops.declared import Declared, code_sha256
from ops.errors import Problem
from ops.patience import seconds
from ops.platform import Platform
from ops.progress import say, wait


@dataclass(frozen=True)
class Live:
    """A chute as the platform has it."""

    version: str
    image_id: str
    code: str
    chute: dict[str, Any]

    @property
    def code_sha256(self) -> str:
        """The digest of the deployed module."""
        return code_sha256(self.code)


def live(platform: Platform, chute_id: str) -> Live | None:
    """Read a chute back, None when it was never deployed."""
    chute = platform.chute(chute_id)
    if chute is None:
        return None
    code = platform.code(chute_id)
    if code is None:
        raise Problem(
            f"The platform shows the chute {chute_id} but not its code.",
            "Without it nobody can tell which version runs. Run the command again later.",
        )
    image = chute.get("image") or {}
    return Live(str(chute.get("version", "")), str(image.get("image_id", "")), code, chute)


def differences(wanted: Declared, found: Live | None) -> list[str]:
    """Name everything in which a live chute is not what chute.py declares."""
    if found is None:
        return ["it is not deployed"]
    wrong = []
    if found.code_sha256 != wanted.code_sha256:
        wrong.append("it runs other code")
    if found.image_id != wanted.image_id:
        wrong.append(f"it runs another image than {wanted.image}")
    there = {**found.chute, **(found.chute.get("node_selector") or {})}
    for name, value in {**wanted.settings, **wanted.selector}.items():
        # An API that does not report a setting can neither confirm nor deny it.
        if name in there and there[name] != value:
            wrong.append(f"{name} is {there[name]}, not {value}")
    return wrong


def deploy(
    platform: Platform, wanted: Declared, folder: Path = Path("."), *, paid: bool = True
) -> bool:
    """Make the platform run what is wanted; False when it did already. `paid` allows a fee."""
    found = live(platform, wanted.chute_id)
    if not differences(wanted, found):
        return False
    build.require(platform, wanted)
    say(f"Deploying {wanted.name} with {wanted.image}.")
    complaint = _submit(wanted, folder)
    if fee.is_notice(complaint) and found is None and paid:
        fee.accept(wanted.name, complaint)
        complaint = _submit(wanted, folder, "--accept-fee")
    _confirm(platform, wanted, complaint)
    replaced.remember(wanted.variant, found.chute if found else {})
    return True


def _submit(wanted: Declared, folder: Path, *flags: str) -> str:
    limit = seconds("OPS_DEPLOY_SECONDS")
    return chutes("deploy", wanted.reference, *flags, limit=limit, folder=folder).complaint


def _confirm(platform: Platform, wanted: Declared, complaint: str) -> None:
    if complaint:
        wrong = differences(wanted, live(platform, wanted.chute_id))
        if wrong:
            raise Problem(f"{wanted.name} was not deployed: {complaint}", advice(complaint))
        return

    def look() -> tuple[bool, str]:
        wrong = differences(wanted, live(platform, wanted.chute_id))
        return not wrong, "; ".join(wrong) or "as declared"

    hint = "Run the command again; `make status` shows what the platform has."
    wait(f"{wanted.name} on the platform", seconds("OPS_DEPLOY_SECONDS"), look, hint)
