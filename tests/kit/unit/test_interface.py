"""What chute.py and tests may import is named in chutekit/__init__.py, exists and is described."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import chutekit
import pytest

PROJECT = Path(chutekit.__file__).parents[1]
LINES = re.findall(r"^- `([\w.]+)`: (.+)$", chutekit.__doc__ or "", re.MULTILINE)
INTERFACE = {(module, name) for module, names in LINES for name in re.findall(r"`(\w+)`", names)}
# What a template takes as far as the answers need it.
MANY = {
    "{{ taken | join(', ') }}": "Folders, Workshop, never_cached, without_gpu",
    "{{ fields }}": "EngineFields, JudgeFields",
    "{{ judge }}": "QWEN3",
    "{{ samples | join(', ') }}": "DOCUMENT, PICTURE, SOUND",
}
TEMPLATES = [
    path for name in ("chute.py", "test_api.py") for path in PROJECT.rglob(f"{name}.jinja")
]


def imported(template: Path) -> Iterator[tuple[str, str]]:
    """What a file of the owner's imports from chutekit, whatever the answers are."""
    for line in re.findall(r"^from chutekit.*$", template.read_text(), re.MULTILINE):
        for some, names in MANY.items():
            line = line.replace(some, names)
        for engine in ("vllm", "sglang"):
            for cache in ("lru", "redis"):
                text = line.replace("{{ engine }}", engine).replace("{{ cache }}", cache)
                statement = ast.parse(text).body[0]
                assert isinstance(statement, ast.ImportFrom)
                yield from ((str(statement.module), alias.name) for alias in statement.names)


def used(template: Path) -> Iterator[tuple[str, str]]:
    """The same, with what it takes of modules in place of the modules."""
    for module, name in imported(template):
        whole = f"{module}.{name}"
        if whole in dict(LINES):
            names = re.findall(rf"(?<![\w.]){name}\.(\w+)", template.read_text())
            yield from ((whole, taken) for taken in names if taken != "gpu")
        else:
            yield module, name


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: "/".join(path.parts[-3:]))
def test_what_the_owners_files_use_is_named(template: Path) -> None:
    taken = set(used(template))
    assert taken
    assert taken <= INTERFACE


@pytest.mark.parametrize(
    ("module", "name"), sorted(INTERFACE), ids=[".".join(each) for each in sorted(INTERFACE)]
)
def test_what_is_named_is_described_and_typed(module: str, name: str) -> None:
    thing = getattr(importlib.import_module(module), name)
    if inspect.isclass(thing) or inspect.isfunction(thing):
        assert thing.__doc__
    if inspect.isfunction(thing):
        parameters = inspect.signature(thing).parameters.values()
        assert all(parameter.annotation is not parameter.empty for parameter in parameters)
        assert "return" in thing.__annotations__
