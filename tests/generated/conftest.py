"""A repository for pictures that is taken to production on a double of the platform."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.pipeline import (
    TAGLINE,
    Begin,
    Bench,
    Moment,
    generate,
    go_back,
    platform_for,
    walk,
)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Bench]:
    """A repository for pictures, in a folder whose name has a space."""
    folder = tmp_path_factory.mktemp("with space") / "image"
    with platform_for(generate(folder, shared, workload="image", tagline=TAGLINE)) as bench:
        yield bench


@pytest.fixture(scope="session")
def moments(bench: Bench) -> dict[str, Moment]:
    """One version in production, the next on its way: where each of its steps begins."""
    return walk(bench)


@pytest.fixture
def begin(bench: Bench, moments: dict[str, Moment]) -> Iterator[Begin]:
    """Goes back to where a step begins."""
    yield lambda step: go_back(bench, moments[step])
    bench.double.faults.clear()
