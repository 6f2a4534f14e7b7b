"""What Jinja makes of a text, made once: copier has the same ones compiled often, and ours too.

What one run has compiled the next one reads: compiling takes as long as all the rest of rendering.
It is code, and kept as Python keeps its own, in the `__pycache__` beside this module and for the
same versions: who can write there can change the program anyway.
"""

import hashlib
import marshal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import Environment, compiler
from jinja2.sandbox import SandboxedEnvironment

from scaffold import foreign

# All texts of one template are a thousand. More are those of other versions: they begin anew.
MOST_TEXTS = 4000
MOST_BYTES = 32 * 2**20
Texts = dict[tuple[Any, ...], CodeType]
_DIGEST = hashlib.sha256
# What Jinja's lexer depends on.
_SYNTAX = (
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "line_statement_prefix",
    "line_comment_prefix",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "keep_trailing_newline",
)
_compile = Environment.compile
_made: Texts = {}


def _once(environment: Environment, source: Any, *details: Any, **more: Any) -> Any:
    """Every part of every path is a template to copier, and so is every choice and validator.

    What comes of a text depends on the syntax and on what writes the code; of the extensions a
    text uses none or does not compile without it.
    """
    sandboxed = isinstance(environment, SandboxedEnvironment)
    if not (sandboxed and isinstance(source, str)) or more.get("raw"):
        return _compile(environment, source, *details, **more)
    writers = (environment.code_generator_class, environment.undefined)
    key = (
        source,
        *(getattr(environment, name) for name in _SYNTAX),
        *(f"{each.__module__}.{each.__qualname__}" for each in writers),
        details,
        tuple(sorted(more.items())),
    )
    if key not in _made:
        _made[key] = kept().get(key) or _compile(environment, source, *details, **more)
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


def path() -> Path:
    """Where they are kept for the next run."""
    return Path(cache_from_source(__file__)).with_suffix(".texts")


@cache
def kept() -> Texts:
    """What earlier runs compiled; empty where that is of other versions, or cannot be read."""
    try:
        content = foreign.content(path(), MOST_BYTES)
        digest, texts = content[: _DIGEST().digest_size], content[_DIGEST().digest_size :]
        if digest != _sealed(texts):
            return {}
        found: Texts = marshal.loads(texts)
    except (OSError, NotImplementedError, ValueError, EOFError, TypeError):
        return {}
    return found


def to_keep() -> bytes:
    """The content of that file, with what this run has compiled; empty where that is nothing new.

    So it is where Python is told to write no bytecode, too.
    """
    new = {key: code for key, code in _made.items() if key not in kept()}
    if not new or sys.dont_write_bytecode or sys.implementation.cache_tag is None:
        return b""
    texts = marshal.dumps(_made if len(new) + len(kept()) > MOST_TEXTS else kept() | new)
    return _sealed(texts) + texts if len(texts) < MOST_BYTES else b""


def _sealed(texts: bytes) -> bytes:
    """A digest of them and of what compiled them: this Python, and Jinja by its file."""
    written = Path(compiler.__file__).stat()
    maker = f"{MAGIC_NUMBER.hex()} {written.st_size} {written.st_mtime_ns}".encode()
    return _DIGEST(maker + texts).digest()
