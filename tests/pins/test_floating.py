"""What floats in a repository is found, and what is firm is left alone."""

import json
import re
import shutil
from pathlib import Path

import pytest

from scaffold.pins.floating import floating
from support.command import Run
from support.images import BASE, NEW_COMMIT, contents
from support.registries import (
    AMD64,
    Registry,
)

DEV, IMAGE = "requirements/dev.lock", "requirements/image.lock"
WORKFLOW = ".github/workflows/planted.yml"
HOOKS = ".pre-commit-config.yaml"
ACTION = ".github/actions/planted/action.yml"
STEP = '    .add("requirements/constraints.txt'
# File, what is replaced there ("" appends), by what, and where the finding must be.
PLANTED = [
    (DEV, r"^(httpx)==\S+", r"\1>=0.1", DEV),
    (DEV, r"^(chutes)==\S+", r"\1==0.1", DEV),
    (DEV, r"^(pytest==\S+)( \\\n    --hash=\S+)+", r"\1", DEV),
    (DEV, r"^chutes==(.|\n    )*\n", "", DEV),
    (DEV, r"^(attrs)==\S+", r"\1==26.*", DEV),
    (DEV, "", "\n--extra-index-url https://example.org/simple\n", DEV),
    (IMAGE, r"^(vllm)==\S+", r"\1==0.8.3", IMAGE),
    (IMAGE, r"^(torch)==\S+", r"\1", IMAGE),
    ("requirements/image.in", r"^(vllm)==\S+", r"\1==0.33.0", IMAGE),
    ("requirements/constraints.txt", r"^torch==.*\n", "", "requirements/constraints.txt"),
    ("requirements/constraints.txt", r"^(numpy)==.*", r"\1==1.0", "requirements/constraints.txt"),
    ("chute.py", r"^BASE_IMAGE = .*", 'BASE_IMAGE = "parachutes/python:latest"', "chute.py"),
    ("chute.py", r"^BASE_IMAGE = .*", 'BASE_IMAGE = "parachutes/python:3.12.9"', "chute.py"),
    ("chute.py", r"^REVISION = .*", 'REVISION = "main"', "chute.py"),
    ("chute.py", r"^REVISION = .*", 'REVISION = "b6f1a2c"', "chute.py"),
    ("chute.py", r"--require-hashes ", "", "chute.py"),
    (WORKFLOW, "", "      - uses: actions/checkout@v4\n", WORKFLOW),
    (WORKFLOW, "", "      - uses: actions/setup-python@main\n", WORKFLOW),
    (WORKFLOW, "", "    runs-on: ubuntu-latest\n", WORKFLOW),
    (WORKFLOW, "", "          python-version: 3.x\n", WORKFLOW),
    (WORKFLOW, "", "        image: redis:7\n", WORKFLOW),
    (WORKFLOW, "", "      - run: pip install chute-new\n", WORKFLOW),
    (HOOKS, "", "    rev: v0.5.0\n", HOOKS),
    (HOOKS, "", "        additional_dependencies: [types-requests]\n", HOOKS),
    (ACTION, "", "    - uses: actions/cache@v4\n", ACTION),
    (WORKFLOW, "", "      - uses: docker://alpine:3.19\n", WORKFLOW),
    (WORKFLOW, "", "      - run: curl -fsSL https://example.org/install.sh | sh\n", WORKFLOW),
    (WORKFLOW, "", "      - run: pipx install ruff\n", WORKFLOW),
    (WORKFLOW, "", "      - run: npx eslint\n", WORKFLOW),
    (WORKFLOW, "", "      - run: docker run redis:7\n", WORKFLOW),
    (DEV, "", "-e .\n", DEV),
    (DEV, "", "-i https://example.org/simple\n", DEV),
    (DEV, "", "requests @ git+https://example.org/requests\n", DEV),
    (IMAGE, "", "./local.whl\n", IMAGE),
    ("Makefile", "", "tools:\n\tuv pip install ruff\n", "Makefile"),
    ("tools/get.sh", "", "git clone https://example.org/tools\n", "tools/get.sh"),
    ("Dockerfile", "", "FROM python:3.12\n", "Dockerfile"),
    ("chutekit/serving/x.py", "", 'load("a/b", revision="main")\n', "chutekit/serving/x.py"),
    ("chute.py", r"^REVISION = .*", "REVISION = None", "chute.py"),
    ("chute.py", r"^.*PIP_CONSTRAINT.*\n", "", "chute.py"),
    ("chute.py", rf"^{re.escape(STEP)}", f'    .apt_install("ffmpeg")\n{STEP}', "chute.py"),
    ("chute.py", r'"pip install ', '"apt-get install -y ffmpeg && pip install ', "chute.py"),
    ("chute.py", r'image\.lock"\n', 'image.lock && pip install torch"\n', "chute.py"),
]


@pytest.mark.whole
def test_nothing_floats_in_a_new_repository_with_a_digest(firm: Path) -> None:
    assert list(floating(firm)) == []


@pytest.mark.whole
@pytest.mark.parametrize(("file", "old", "new", "where"), PLANTED, ids=range(len(PLANTED)))
def test_planted_floating_pin_is_found(
    firm: Path, tmp_path: Path, file: str, old: str, new: str, where: str
) -> None:
    repository = Path(shutil.copytree(firm, tmp_path / "repository"))
    path = repository / file
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text() if path.is_file() else ""
    planted = re.sub(old, new, text, count=1, flags=re.MULTILINE) if old else text + new
    assert planted != text
    path.write_text(planted)
    assert where in {stale.where for stale in floating(repository)}


FIRM = f"""
      - uses: actions/cache@{"a" * 40}
      - uses: ./.github/actions/own
      - run: pip install --require-hashes -r requirements/dev.lock
      - run: pipx install ruff==0.14.0
      - run: npx eslint@9.1.0
      - run: docker run redis@sha256:{"b" * 64}
      - run: sudo apt-get install -y redis-server=5:7.0.15-1
      - run: git clone https://example.org/x && git -C x checkout {"c" * 40}
      - run: curl -fsSLO https://example.org/x && sha256sum -c x.sha256
      - run: curl -f http://localhost:8000/health
"""


@pytest.mark.whole
def test_what_is_pinned_is_left_alone(firm: Path, tmp_path: Path) -> None:
    repository = Path(shutil.copytree(firm, tmp_path / "repository"))
    (repository / WORKFLOW).parent.mkdir(parents=True, exist_ok=True)
    (repository / WORKFLOW).write_text(FIRM)
    assert list(floating(repository)) == []


@pytest.mark.whole
def test_pin_check_names_all_that_is_planted_and_stale(
    firm: Path, tmp_path: Path, hub: Registry, models: None, chute_new: Run
) -> None:
    digest = hub.push("parachutes/python", "3.12.9", AMD64)
    repository = Path(shutil.copytree(firm, tmp_path / "repository"))
    kept = [plant for plant in PLANTED if plant[0] in (WORKFLOW, HOOKS, ACTION, "Makefile", DEV)]
    for file, old, new, _ in kept:
        path = repository / file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text() if path.is_file() else ""
        path.write_text(re.sub(old, new, text, count=1, flags=re.MULTILINE) if old else text + new)
    support = repository / "chutekit" / "serving" / "errors.py"
    support.write_text(f"{support.read_text()}\n")
    before = contents(repository)
    run = chute_new.fresh(
        "pin", str(repository), "--check", "--json", "--only=base", "--only=model"
    )
    assert run.returncode == 1, run.stderr
    found = json.loads(run.stdout)
    wanted = {stale["wanted"] for stale in found["stale"]}
    assert {f"{BASE}@{digest}", NEW_COMMIT} <= wanted
    assert {"base image", "image tag"} <= {stale["what"] for stale in found["stale"]}
    assert len(found["stale"]) >= len(kept) + 3
    assert found["written"] == []
    assert contents(repository) == before
