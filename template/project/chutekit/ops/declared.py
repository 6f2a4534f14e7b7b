"""What chute.py declares: the two chutes, their image and settings, as values."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chutekit.ops.errors import NO, Problem

MODULE = Path("chute.py")
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
    def code_sha256(self) -> str:
        """The digest of the module that a deployment uploads."""
        return code_sha256(self.code)


def code_sha256(code: str) -> str:
    """Return the digest of a chute module's text, whatever its line ends."""
    return hashlib.sha256("\n".join(code.splitlines()).encode()).hexdigest()


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
        env={**os.environ, "PYTHONPATH": here},
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
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise Problem(f"chute.py cannot be imported: {reason}", "Run: make test", NO) from error


if __name__ == "__main__":
    # That version brings a kit of its own, which its chute.py was written for.
    for loaded in [name for name in sys.modules if name.partition(".")[0] == "chutekit"]:
        del sys.modules[loaded]
    sys.path.insert(0, os.getcwd())
    print(json.dumps(asdict(declared(sys.argv[1]))))
