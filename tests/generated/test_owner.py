"""What is the owner's of a generated repository: small, and its own workflow does what it says."""

import itertools
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaffold.answers.questions import Questionnaire, template_folder
from scaffold.generated.render import render
from support.answers import ENDPOINTS, REQUIRED
from support.places import ROOT
from support.releases import git, load_hook
from support.repositories import passes

LINES = 800
UNLISTED = {"model": "a/b", "revision": "0" * 40}
SEEING = {"model": "Qwen/Qwen3.8-27B"}
LABELS = {"task": "classify", **UNLISTED}
VECTORS = {"task": "embed", "model": "Qwen/Qwen3-Embedding-0.6B"}
APIS: dict[str, dict[str, Any]] = {
    "image": {"workload": "image"},
    "image unlisted": {"workload": "image", **UNLISTED},
    "edit": {"workload": "image", "model": "Qwen/Qwen-Image-Edit-2511"},
    "edit unlisted": {"workload": "image", "task": "edit", **UNLISTED},
    **{
        f"{name} {engine}": {"workload": "llm", "engine": engine, **answers}
        for engine in ("vllm", "sglang")
        for name, answers in (
            ("chat", {}),
            ("chat seeing", SEEING),
            ("chat unlisted", UNLISTED),
            ("embed", VECTORS),
            ("classify", LABELS),
        )
    },
    "transcribe": {"workload": "speech"},
    "transcribe unlisted": {"workload": "speech", **UNLISTED},
    "rerank": {"workload": "llm", "model": "Qwen/Qwen3-Reranker-4B"},
    "rerank unlisted": {"workload": "llm", "task": "rerank", **UNLISTED},
}
# Each of these adds to what is the owner's; other answers to the same questions only leave out.
MOST = {"ci": "github", "keep_warm": True, "metrics_cord": True, "include": []}
# The owner's class, requests and answers are theirs, too: two endpoints with a dozen fields.
CUSTOM_APIS: dict[str, dict[str, Any]] = {
    "custom": {"workload": "custom"},
    "custom with two endpoints": {
        "workload": "custom",
        "endpoints": ENDPOINTS[:2],
        "cache": "redis",
    },
}
COMBINATIONS = [
    pytest.param(
        {**APIS[api], "cache": cache, **MOST},
        id=f"{api}, {cache} cache",
        marks=pytest.mark.path if cache == "redis" else pytest.mark.whole,
    )
    for api, cache in itertools.product(APIS, ("none", "lru", "redis"))
] + [
    pytest.param({**answers, **MOST}, id=api, marks=pytest.mark.path)
    for api, answers in CUSTOM_APIS.items()
]


@pytest.mark.parametrize("answers", COMBINATIONS)
def test_what_is_the_owners_can_be_read(tmp_path: Path, answers: dict[str, Any]) -> None:
    resolution = Questionnaire().resolve({**REQUIRED, **answers})
    assert not resolution.problems
    render(template_folder(), resolution.answers, tmp_path)
    yours = load_hook("count").count(tmp_path)["yours"]
    assert yours["chute.py"]
    assert yours["tests/test_api.py"]
    assert yours.total() <= LINES, yours.most_common()


# What owners change in chute.py, and which other number they might put there.
CHANGES = {
    r"^(MAX_MESSAGES = )\d+": "1000",
    r"^(MAX_CHOICES = )\d+": "8",
    r"^(MAX_TEXTS = )\d+": "100",
    r"^(MAX_PIXELS = )\d+": "1048576",
    r"^(CONTEXT_LENGTH = )\d+": "4096",
    r"^(CONCURRENCY = )\d+": "48",
    r"^(MAX_MEGABYTES = )\d+": "9",
    r"^(REQUEST_SECONDS = )\d+": "100",
    r"^(TURNS = )\d+": "2",
    r"(max_length=)2000": "8000",
    r"(\bmax_instances=)\d+": "7",
    r"(shutdown_after_seconds=)\d+": "777",
    r"(scaling_threshold=)[\d.]+": "0.5",
}


@pytest.mark.path
@pytest.mark.parametrize(
    "api", ["image", "chat vllm", "embed vllm", "classify vllm", "rerank", "transcribe", "custom"]
)
def test_its_tests_hold_no_number_that_stands_in_chute(tmp_path: Path, api: str) -> None:
    answers = {**REQUIRED, **(APIS | CUSTOM_APIS)[api]}
    render(template_folder(), Questionnaire().resolve(answers).answers, tmp_path)
    code = (tmp_path / "chute.py").read_text()
    for pattern, number in CHANGES.items():
        code = re.sub(pattern, rf"\g<1>{number}", code, flags=re.MULTILINE)
    (tmp_path / "chute.py").write_text(code)
    passes(tmp_path, "tests")


class Renewal:
    """The workflow renew.yml in a repository of its own, with stand-ins for what it calls."""

    def __init__(self, root: Path) -> None:
        source = ROOT / "template/project/{{ layer.github }}/.github/workflows/renew.yml"
        self.jobs = yaml.safe_load(source.read_text())["jobs"]
        self.folder, self.temporary, self.programs = root / "work", root / "temp", root / "bin"
        git(root, "init", "-q", "--bare", "-b", "main", "origin")
        git(root, "clone", "-q", "origin", "work")
        (self.folder / "old.txt").write_text("old\n")
        git(self.folder, "add", ".")
        git(self.folder, "commit", "-qm", "First")
        self.program(self.temporary / "venv" / "bin" / "chute-new", "exit 0")
        self.program(self.programs / "gh", f'echo "$@" >> {root}/gh; [ "$1" != pr ] || shift')
        self.said = root / "gh"

    def program(self, path: Path, script: str) -> None:
        """Write a shell script in place of a program."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def chute_new(self, script: str) -> None:
        """What chute-new does."""
        self.program(self.temporary / "venv" / "bin" / "chute-new", script)

    def run(self, job: str, command: str) -> tuple[int, str]:
        """The last step of a job that is a script; its status, and what it set as outputs."""
        script = [step for step in self.jobs[job]["steps"] if "run" in step][-1]["run"]
        outputs = self.temporary / "outputs"
        outputs.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.folder,
            env={
                **os.environ,
                "PATH": f"{self.programs}:{os.environ['PATH']}",
                "RUNNER_TEMP": str(self.temporary),
                "GITHUB_OUTPUT": str(outputs),
                "COMMAND": command,
                "TITLE": "Something newer",
            },
            check=False,
        )
        return done.returncode, outputs.read_text()


@pytest.fixture
def renewal(tmp_path: Path) -> Renewal:
    """A repository of one file, with nothing newer."""
    return Renewal(tmp_path)


@pytest.mark.whole
def test_what_is_newer_becomes_a_pull_request(renewal: Renewal) -> None:
    renewal.chute_new(
        """if [ "$3" = --check ]; then echo "Brings a file."; exit 1; fi
        echo "$1 <b>done</b>"; echo '```'; echo '</pre>'
        echo new > new.txt; git add new.txt; echo newer > old.txt
        echo pins > untracked.txt"""
    )
    assert renewal.run("change", "update") == (0, "patch=yes\n")
    about = (renewal.temporary / "about.md").read_text()
    shown = "Brings a file.\nupdate &lt;b>done&lt;/b>\n```\n&lt;/pre>"
    assert about == f"<pre>\n{shown}\n</pre>\n"
    git(renewal.folder, "reset", "-q", "--hard")
    git(renewal.folder, "clean", "-qfd")
    assert renewal.run("propose", "update") == (0, "")
    tree = git(renewal.folder, "ls-tree", "-r", "--name-only", "origin/chute-new-update")
    assert tree.split() == ["new.txt", "old.txt", "untracked.txt"]
    subject = git(renewal.folder, "log", "-1", "--format=%s", "origin/chute-new-update")
    assert subject == "Something newer\n"
    assert "pr create --head chute-new-update --title Something newer" in renewal.said.read_text()


@pytest.mark.whole
def test_nothing_newer_is_no_pull_request(renewal: Renewal) -> None:
    assert renewal.run("change", "pin") == (0, "")


@pytest.mark.whole
def test_conflicts_of_an_update_end_it(renewal: Renewal) -> None:
    renewal.chute_new('[ "$3" = --check ] || { echo CONFLICTS; echo x > old.txt; exit 1; }')
    assert renewal.run("change", "update") == (1, "")
