"""What copier reads for each rendering, read once while no file of it changes.

Half of a rendering is copier.yml and the data it includes going through PyYAML, and a run of the
tests has a thousand renderings of the same ones.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from copier import _template

INCLUDED = re.compile(rb"^!include (\S+)$", re.MULTILINE)


@contextmanager
def parsed_once() -> Iterator[None]:
    """Give copier a copy of what the same files held before."""
    load = _template.load_template_config
    known: dict[tuple[object, ...], dict[str, Any]] = {}

    def load_once(conf_path: Path, quiet: bool = False) -> dict[str, Any]:
        state = tuple(map(_state, (conf_path, *_included(conf_path))))
        if state not in known:
            known[state] = load(conf_path, quiet)
        return deepcopy(known[state])

    _template.load_template_config = load_once
    try:
        yield
    finally:
        _template.load_template_config = load


def _included(conf_path: Path) -> list[Path]:
    patterns = INCLUDED.findall(conf_path.read_bytes())
    return sorted(path for pattern in patterns for path in conf_path.parent.glob(pattern.decode()))


def _state(path: Path) -> tuple[Path, int, int]:
    stat = path.stat()
    return path.resolve(), stat.st_mtime_ns, stat.st_size
