"""What a lock holds against an engine's own words has all that the engine asks of it."""

import ast
import importlib
import importlib.metadata
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn

from scaffold.pins.locks import locked
from support.places import TEMPLATE
from support.serving import sglang

LOCK = TEMPLATE / "project" / "{{ layer.sglang }}" / "requirements" / "image.lock"
STARTERS: dict[str, Callable[..., object]] = {
    "Config": uvicorn.Config,
    "Server": uvicorn.Server,
    "run": uvicorn.run,
}


def uses(path: Path) -> Iterator[str]:
    """What a module has of uvicorn that this uvicorn does not."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "uvicorn":
                found = importlib.import_module(module)
                yield from (f"{module}.{n.name}" for n in node.names if not hasattr(found, n.name))
            case ast.Attribute(value=ast.Name(id="uvicorn"), attr=name):
                if not hasattr(uvicorn, name):
                    yield f"uvicorn.{name}"
            case ast.Call(func=ast.Attribute(value=ast.Name(id="uvicorn"), attr=name)):
                known = inspect.signature(STARTERS[name]).parameters
                given = {keyword.arg for keyword in node.keywords if keyword.arg}
                yield from sorted(f"uvicorn.{name}({word}=...)" for word in given - known.keys())


@pytest.mark.heavy
def test_the_locked_uvicorn_has_what_sglang_uses() -> None:
    assert locked(LOCK.read_text())["uvicorn"] == importlib.metadata.version("uvicorn")
    users = [path for path in (sglang() / "srt").rglob("*.py") if "uvicorn" in path.read_text()]
    assert any(path.name == "http_server.py" for path in users)
    assert [missing for path in users for missing in uses(path)] == []
