"""Every combination of choices renders to files that parse, lint clean and leave nothing over."""

import itertools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scaffold import __version__
from scaffold.answers.questions import Questionnaire
from scaffold.creation.verify import verify
from scaffold.generated.render import render
from support.answers import CUSTOM, REQUIRED, combinations
from support.places import ROOT

QUESTIONNAIRE = Questionnaire()
#: What the kit calls the modules of a task.
MODULES = {
    "chat": "chat",
    "embed": "embeddings",
    "classify": "classification",
    "rerank": "ranking",
}


@dataclass(frozen=True)
class Rendered:
    """One repository as the template alone makes it."""

    answers: dict[str, Any]
    folder: Path
    files: list[str]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> list[Rendered]:
    """Each combination rendered once."""
    root = tmp_path_factory.mktemp("all")
    repositories = []
    for number, answers in enumerate(combinations()):
        resolution = QUESTIONNAIRE.resolve({**REQUIRED, **answers})
        assert resolution.problems == [], answers
        folder = root / str(number)
        files = render(QUESTIONNAIRE.template, resolution.answers, folder)
        assert verify(folder, files, resolution.context, load=False) == [], answers
        repositories.append(Rendered(resolution.answers, folder, files))
    return repositories


@pytest.mark.whole
@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_ruff_has_nothing_to_say(rendered: list[Rendered], command: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--no-cache", *(r.folder for r in rendered)],
        cwd=rendered[0].folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]


@pytest.mark.path
@pytest.mark.parametrize("answers", CUSTOM, ids=lambda answers: str(answers)[:40])
def test_a_model_of_ones_own_loads_with_the_tag_that_was_computed(
    tmp_path: Path, answers: dict[str, Any]
) -> None:
    """Its image has packages of the distribution, which the table of tags knows nothing of."""
    resolution = QUESTIONNAIRE.resolve({**REQUIRED, **answers})
    files = render(QUESTIONNAIRE.template, resolution.answers, tmp_path)
    assert verify(tmp_path, files, resolution.context) == []


@pytest.mark.whole
def test_files_of_other_choices_are_absent(rendered: list[Rendered]) -> None:
    for repository in rendered:
        files, answers = repository.files, repository.answers
        assert not [f for f in files if "{" in f or f.endswith(".jinja") or "__pycache__" in f]
        workflows = {Path(f).name for f in files if f.startswith(".github/workflows/")}
        assert ("release.yml" in workflows) == (answers["ci"] == "github")
        kit = {f.removeprefix("chutekit/") for f in files if f.startswith("chutekit/")}
        for cache in ("lru", "redis"):
            assert (f"caches/{cache}.py" in kit) == (answers.get("cache") == cache)
        for engine in ("vllm", "sglang"):
            assert (f"engines/{engine}/launch.py" in kit) == (answers.get("engine") == engine)
        for task, module in MODULES.items():
            found = {path for path in kit if path.endswith(f"/{module}.py")}
            assert len(found) == (4 if answers.get("task") == task else 0)
        assert ("engines/judges.py" in kit) == (answers.get("task") == "rerank")
        pooled = answers["workload"] == "llm" and answers["task"] != "chat"
        assert ("testing/standins/pooling.py" in kit) == pooled
        for heard in ("speech/whisper.py", "testing/standins/whisper.py"):
            assert (heard in kit) == (answers["workload"] == "speech")
        assert ("pictures/studio.py" in kit) == (answers["workload"] == "image")
        assert ("engines/engine.py" in kit) == (answers["workload"] == "llm")
        assert ("media/heads.py" in kit) == (answers.get("task") != "generate")
        assert ("media/samples.py" in kit) == (
            answers["workload"] == "custom" or answers.get("task") in ("chat", "edit")
        )
        for module in ("responses", "messages", "tokens"):
            assert (f"engines/{module}.py" in kit) == (answers.get("task") == "chat")
        assert ("models/worker.py" in kit) == (answers["workload"] in ("image", "speech", "custom"))
        for own in ("models/workshop.py", "media/fields.py", "testing/standins/model.py"):
            assert (own in kit) == (answers["workload"] == "custom")
        assert ("ops/keep_warm.py" in kit) == answers["keep_warm"]


@pytest.mark.whole
def test_files_shared_by_all_are_the_same_bytes(rendered: list[Rendered]) -> None:
    shared = [
        path.relative_to(ROOT / "template/project")
        for path in (ROOT / "template/project").rglob("*")
        if path.is_file() and "{{" not in str(path) and path.suffix not in (".jinja", ".pyc")
    ]
    assert len(shared) > 20
    for repository in rendered:
        for path in shared:
            if path.parts[0] == "chutekit" and not (repository.folder / path).is_file():
                continue
            assert (repository.folder / path).read_bytes() == (
                ROOT / "template/project" / path
            ).read_bytes()


def test_no_two_layers_hold_the_same_file() -> None:
    layers = [path for path in (ROOT / "template/project").iterdir() if "{{ layer." in path.name]
    exclusive = [
        {"image", "llm", "speech", "custom"},
        {"generate", "edit", "chat", "embed", "classify", "rerank", "transcribe", "custom"},
        {"diffusers", "vllm", "sglang", "transformers", "custom"},
        {"lru", "redis"},
    ]
    for one, two in itertools.combinations(layers, 2):
        names = {one.name.split(".")[1].split()[0], two.name.split(".")[1].split()[0]}
        if any(names <= group for group in exclusive):
            continue
        common = {p.relative_to(one) for p in one.rglob("*") if p.is_file() and p.suffix != ".pyc"}
        common &= {p.relative_to(two) for p in two.rglob("*") if p.is_file()}
        assert common == set(), names


def test_tool_and_template_share_the_version() -> None:
    assert QUESTIONNAIRE.resolve(REQUIRED).derived["version"] == __version__
    assert f"## {__version__} - " in (ROOT / "CHANGELOG.md").read_text()


def test_the_known_keys_are_the_questions() -> None:
    assert set(QUESTIONNAIRE.resolve(REQUIRED).derived["keys"]) == set(QUESTIONNAIRE.keys)


@pytest.mark.parametrize(
    "word", ["strftime", "ans_random", "shuffle", "_copier_python", "_folder_name", "now()"]
)
def test_nothing_in_the_template_depends_on_when_or_where(word: str) -> None:
    for path in (ROOT / "template").rglob("*"):
        if path.is_file() and (path.suffix in (".jinja", ".yml")):
            text = path.read_text(encoding="utf-8")
            assert f"{{{{ {word}" not in text, path
            assert f"| {word}" not in text, path
