"""AGENTS.md of a generated repository names what is there, and every command there is."""

import re
from pathlib import Path
from typing import Any

import pytest

from support.repositories import rendered

APIS: dict[str, dict[str, Any]] = {
    "image": {"workload": "image"},
    "chat": {"workload": "llm", "ci": "none", "keep_warm": True},
    "embed": {"workload": "llm", "model": "Qwen/Qwen3-Embedding-0.6B"},
    "rerank": {"workload": "llm", "model": "Qwen/Qwen3-Reranker-0.6B"},
    "transcribe": {"workload": "speech"},
    "custom": {"workload": "custom", "system_packages": ["ffmpeg"]},
}
pytestmark = pytest.mark.path  # five repositories are rendered
#: Each of them is run in a repository by test_generated.py.
PROOFS = ["make setup", "make test", "make lint", "make check"]


@pytest.fixture(scope="module", params=APIS)
def repository(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of each API."""
    return rendered(APIS[request.param], tmp_path_factory.mktemp("agents") / "repository")


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    """What its agents read, which the file that they look for names."""
    assert "(chutekit/AGENTS.md)" in (repository / "AGENTS.md").read_text()
    return (repository / "chutekit" / "AGENTS.md").read_text()


def targets(repository: Path) -> set[str]:
    """What make can be asked for."""
    phony = re.findall(r"^\.PHONY: (.*)$", (repository / "Makefile").read_text(), re.MULTILINE)
    return {target for line in phony for target in line.split()}


def test_its_commands_are_those_that_are_run_in_a_repository(page: str) -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    assert [line.partition("#")[0].strip() for line in block.splitlines()] == PROOFS


def test_it_names_every_target_there_is_and_no_other(repository: Path, page: str) -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)", page))
    assert named == targets(repository) - {"help"} | {"keep-warm"}
    assert "where there is one, `make keep-warm`" in page


def test_what_it_says_of_files_is_so(repository: Path, page: str) -> None:
    whose = page.split("## Whose files these are")[1].split("\n## ")[0]
    paths = [path for path in re.findall(r"`([^`\s]+)`", whose) if "/" in path or "." in path]
    assert {"chute.py", "chutekit/", "tests/"} <= set(paths)
    for path in {*paths} - {".github/"}:
        assert list(repository.glob(path)), path


def test_what_it_calls_a_setting_of_chute_stands_there(repository: Path, page: str) -> None:
    code = (repository / "chute.py").read_text()
    names = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", page))
    assert names == {"IMAGE_TAG", "WEIGHTS"}
    for name in names:
        assert re.search(rf"^{name}\b", code, re.MULTILINE), name
