"""Repositories whose pins are looked at, and what they are looked up in."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.harness import free_port
from support.images import NEW_COMMIT, render
from support.machine import need
from support.registries import (
    Registry,
    answering,
)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(
        tmp_path_factory.mktemp("rendered") / "repository", base_image="parachutes/base:1.2.3"
    )


@pytest.fixture
def repository(rendered: Path, tmp_path: Path) -> Path:
    """A repository of its own for each test."""
    return Path(shutil.copytree(rendered, tmp_path / "repository"))


@pytest.fixture
def start_registry(tmp_path: Path) -> Iterator[Callable[..., Registry]]:
    need("docker-registry")
    started: list[Registry] = []

    def start(port: int, **sections: object) -> Registry:
        folder = tmp_path / "registry"
        folder.mkdir(exist_ok=True)
        started.append(Registry(folder, port, **sections))
        return started[-1]

    yield start
    for running in started:
        running.process.terminate()
        running.process.wait(10)


@pytest.fixture
def hub(start_registry: Callable[..., Registry], monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Stands in for Docker Hub."""
    running = start_registry(free_port())
    monkeypatch.setenv("CHUTE_NEW_REGISTRY", f"http://{running.address}")
    return running


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stands in for the model hub, where every model has a new commit."""
    with answering((200, json.dumps({"sha": NEW_COMMIT}).encode())) as (url, _):
        monkeypatch.setenv("HF_ENDPOINT", url)
        yield


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which nothing floats."""
    base = f"parachutes/python:3.12.9@sha256:{'0' * 64}"
    return render(tmp_path_factory.mktemp("firm") / "repository", base_image=base)
