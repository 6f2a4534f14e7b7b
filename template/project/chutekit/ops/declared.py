"""What this repository declares: in chute.py its two chutes, in pyproject.toml the rest.

What the commands need to know beyond chute.py stands in pyproject.toml, under `[tool.chutekit]`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chutekit import WrongUse
from chutekit.ops.children import environment
from chutekit.ops.command import NO, Problem

MODULE = Path("chute.py")
PROJECT = Path("pyproject.toml")
#: Settings that the platform reports back under the same name.
SETTINGS = (
    "tee",
    "concurrency",
    "max_instances",
    "scaling_threshold",
    "shutdown_after_seconds",
    "allow_external_egress",
    "revision",
)


@dataclass(frozen=True)
class Declared:
    """One chute as chute.py declares it."""

    variant: str
    username: str
    name: str
    chute_id: str
    image_id: str
    image: str
    code: str
    settings: dict[str, Any]
    selector: dict[str, Any]

    @property
    def reference(self) -> str:
        """The name by which the SDK's command line knows it."""
        return f"chute:{self.variant}"

    @property
    def target(self) -> str:
        """What make deploys it with."""
        return "promote" if self.variant == "prod" else "deploy-staging"

    @property
    def code_sha256(self) -> str:
        """The digest of the module that a deployment uploads, whatever its line ends."""
        return hashlib.sha256("\n".join(self.code.splitlines()).encode()).hexdigest()


def declared(variant: str) -> Declared:
    """Import chute.py from the current directory and return its `prod` or `staging`."""
    chute = getattr(chute_module(), variant)
    selector = chute.node_selector.model_dump()
    return Declared(
        variant=variant,
        username=chute._username,
        name=chute.name,
        chute_id=chute.uid,
        image_id=chute.image.uid,
        image=f"{chute.image.name}:{chute.image.tag}",
        code=MODULE.read_text(encoding="utf-8"),
        settings={name: getattr(chute, name) for name in SETTINGS},
        selector={key: value for key, value in selector.items() if value is not None},
    )


def declared_in(folder: Path, variant: str) -> Declared:
    """Return what chute.py of another folder declares, from a process of its own."""
    here = str(Path(__file__).parent.parent.parent)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "chutekit.ops.declared", variant],
        cwd=folder,
        env=environment() | {"PYTHONPATH": here},
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise Problem("That version's chute.py cannot be imported (see above).", status=NO)
    return Declared(**json.loads(done.stdout.splitlines()[-1]))


def chute_module() -> Any:
    """Import chute.py from the current directory as the SDK's own commands do."""
    if not MODULE.is_file():
        raise Problem("There is no chute.py here.", "Run this from the root of the repository.", NO)
    # The SDK leaves files out of the image when it believes to run on the platform.
    os.environ.pop("CHUTES_EXECUTION_CONTEXT", None)
    try:
        return importlib.import_module("chute")
    except WrongUse as mistake:
        raise Problem(
            f"chute.py cannot be used: {mistake}", "Mend it, then: make test", NO
        ) from None
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise Problem(f"chute.py cannot be imported: {reason}", "Run: make test", NO) from error


@dataclass(frozen=True)
class Settings:
    """The table of pyproject.toml, key by key."""

    #: Environment variables that the chute's instances get as secrets.
    secrets: list[str]
    #: The module with what the smoke test sends to this chute.
    probes: str
    #: US dollars per hour and GPU; a dated estimate.
    usd_per_hour: dict[str, float]
    #: Files of one's own that go into the image.
    added: list[str] = field(default_factory=list)


def settings() -> Settings:
    """Read the table from the current directory."""
    try:
        table = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["chutekit"]
        return Settings(**table)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise Problem(
            f"{PROJECT} has no complete table [tool.chutekit]: {error}",
            "It needs secrets, probes and usd_per_hour, and may have added; nothing else.",
            NO,
        ) from error


if __name__ == "__main__":
    # That version brings a kit of its own, which its chute.py was written for.
    for loaded in [name for name in sys.modules if name.partition(".")[0] == "chutekit"]:
        del sys.modules[loaded]
    sys.path.insert(0, str(Path.cwd()))
    print(json.dumps(asdict(declared(sys.argv[1]))))
