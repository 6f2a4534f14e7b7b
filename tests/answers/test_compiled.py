"""Texts are compiled once, for us and for copier and the next run, and nobody else's are."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, compiler
from jinja2.sandbox import SandboxedEnvironment

from scaffold.answers import compiled
from scaffold.answers.compiled import Sandbox, compiled_once


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Jinja is given to compile from now on."""
    given: list[str] = []
    compile_one = compiled._compile

    def counted(environment: Environment, source: str, *details: object, **more: object) -> object:
        given.append(source)
        return compile_one(environment, source, *details, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Environment, "compile", counted)  # not as conftest.py has it
    monkeypatch.setattr(compiled, "_compile", counted)
    monkeypatch.setattr(compiled, "_made", {})
    return given


def test_a_text_is_compiled_once_for_all_sandboxes(sources: list[str]) -> None:
    with compiled_once():
        for environment in (Sandbox(), SandboxedEnvironment(), SandboxedEnvironment()):
            assert environment.from_string("{{ 1 + 1 }}").render() == "2"
    assert sources == ["{{ 1 + 1 }}"]


def test_another_syntax_or_no_sandbox_is_compiled_for_itself(sources: list[str]) -> None:
    with compiled_once():
        for environment in (Sandbox(), Sandbox(trim_blocks=True), Environment(), Environment()):
            environment.from_string("{{ 1 + 1 }}")
    assert len(sources) == 4


def test_jinja_is_given_back_as_it_was() -> None:
    before = Environment.compile
    with pytest.raises(KeyError), compiled_once():
        raise KeyError
    assert Environment.compile is before


def compiled_from(environment: Environment, text: str) -> str:
    with compiled_once():
        return environment.from_string(text).render()


@pytest.fixture
def place(tmp_path: Path, sources: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where compiled texts are kept in this test, empty."""
    path = tmp_path / "compiled.texts"
    monkeypatch.setattr(compiled, "path", lambda: path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    compiled.kept.cache_clear()
    yield path
    compiled.kept.cache_clear()


def next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_made", {})
    compiled.kept.cache_clear()


def test_the_next_run_reads_what_this_one_compiled(
    place: Path, sources: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled_from(Sandbox(), "{{ 1 + 1 }}")
    place.write_bytes(compiled.to_keep())
    sources.clear()
    next_run(monkeypatch)
    assert compiled_from(Sandbox(), "{{ 1 + 1 }}") == "2"
    assert sources == []
    assert compiled.to_keep() == b""
    compiled_from(Sandbox(trim_blocks=True), "{{ 1 + 1 }}")
    assert sources == ["{{ 1 + 1 }}"]


@pytest.mark.parametrize("wrong", ["nothing", "cut", "another", "of another Jinja"])
def test_what_does_not_hold_any_more_is_compiled_again(
    wrong: str, place: Path, sources: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled_from(Sandbox(), "{{ 1 + 1 }}")
    good = compiled.to_keep()
    broken = {"nothing": b"", "cut": good[:-9], "another": good[:-9] + b"another!!"}
    place.write_bytes(broken.get(wrong, good))
    if wrong == "of another Jinja":
        monkeypatch.setattr(compiler, "__file__", __file__)
    sources.clear()
    next_run(monkeypatch)
    assert compiled_from(Sandbox(), "{{ 1 + 1 }}") == "2"
    assert sources == ["{{ 1 + 1 }}"]


def test_texts_of_other_versions_make_way(
    place: Path, sources: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "MOST_TEXTS", 1)
    sizes = []
    for text in ("{{ 1 }}", "{{ 2 }}", "{{ 3 }}"):
        next_run(monkeypatch)
        compiled_from(Sandbox(), text)
        place.write_bytes(compiled.to_keep())
        next_run(monkeypatch)
        sizes.append(len(compiled.kept()))
    assert sizes == [1, 1, 1]


def test_nothing_is_kept_where_python_writes_no_bytecode(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    compiled_from(Sandbox(), "{{ 1 + 1 }}")
    assert compiled.to_keep() == b""
