"""Texts are compiled once, for us and for copier, and nobody else's are."""

import pytest
from jinja2 import Environment
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
