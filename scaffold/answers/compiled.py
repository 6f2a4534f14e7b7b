"""What Jinja makes of a text, made once: copier has the same ones compiled often, and ours too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from jinja2 import Environment
from jinja2.sandbox import SandboxedEnvironment

_compile = Environment.compile
_made: dict[tuple[Any, ...], Any] = {}


def _once(environment: Environment, source: Any, *details: Any, **more: Any) -> Any:
    """Every part of every path is a template to copier, and so is every choice and validator.

    What comes of a text depends on the syntax, of which there is one lexer each, and on what writes
    the code; of the extensions a text uses none or does not compile without it.
    """
    sandboxed = isinstance(environment, SandboxedEnvironment)
    if not (sandboxed and isinstance(source, str)) or more.get("raw"):
        return _compile(environment, source, *details, **more)
    syntax = (environment.lexer, environment.code_generator_class, environment.undefined)
    key = (syntax, source, details, tuple(sorted(more.items())))
    if key not in _made:
        _made[key] = _compile(environment, source, *details, **more)
    return _made[key]


class Sandbox(SandboxedEnvironment):
    """Jinja's, compiling once."""

    compile: Callable[..., Any] = _once


@contextmanager
def compiled_once() -> Iterator[None]:
    """Let all sandboxes, of whoever's class, compile a text once."""
    before = Environment.compile
    Environment.compile = _once  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Environment.compile = before  # type: ignore[method-assign]
