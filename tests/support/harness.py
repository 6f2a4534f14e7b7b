"""What generated repositories start chutes with in their tests, for the tests here."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from support.places import TEMPLATE


def harness(repository: Path) -> ModuleType:
    """The generated repository's own chutekit/testing/running.py."""
    path = repository / "chutekit" / "testing" / "running.py"
    spec = importlib.util.spec_from_file_location("generated_running", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


#: A TCP port for a server of any kind; the file is the same in every repository.
free_port: Callable[[], int] = harness(TEMPLATE / "project").free_port
