"""The questions and what they include, read once while no file of them changes.

Half of a rendering is copier.yml and the data it includes going through PyYAML, and so is half of
what a questionnaire does; a run of the tests has a thousand of both, of the same files.
"""

import pickle
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from copier import _template

from scaffold.answers import questions

INCLUDED = re.compile(rb"^!include (\S+)$", re.MULTILINE)


@contextmanager
def parsed_once() -> Iterator[None]:
    """Give copier, and our questionnaires, a copy of what the same files held before."""
    with (
        mock.patch.object(_template, "load_template_config", _once(_template.load_template_config)),
        mock.patch.object(questions, "_load", _once(questions._load)),
    ):
        yield


def _once(load: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    known: dict[tuple[object, ...], bytes] = {}

    def load_once(conf_path: Path, *details: Any) -> dict[str, Any]:
        state = (*map(_state, (conf_path, *_included(conf_path))), *details)
        if state not in known:
            known[state] = pickle.dumps(load(conf_path, *details))
        copied: dict[str, Any] = pickle.loads(known[state])
        return copied

    return load_once


def _included(conf_path: Path) -> list[Path]:
    patterns = INCLUDED.findall(conf_path.read_bytes())
    return sorted(path for pattern in patterns for path in conf_path.parent.glob(pattern.decode()))


def _state(path: Path) -> tuple[Path, int, int]:
    stat = path.stat()
    return path.resolve(), stat.st_mtime_ns, stat.st_size
