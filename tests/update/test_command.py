"""`chute-new update` from a checkout, a clone and a wheel, and plain copier's."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaffold.update.history import opened
from scaffold.versions import Version
from support.answers import REQUIRED
from support.checkout import Checkout, run
from support.machine import need
from support.next_release import generated
from support.releases import contents, edit, git


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Version 1.1.0, which adds a file, and changes one that 1.0.0 has."""
    made = Checkout(tmp_path_factory.mktemp("checkout"))
    assert made.release("1.0.0").returncode == 0
    project = made.root / "template" / "project"
    (project / "ADDED.md").write_text("Added.\n")
    readme = project / "README.md.jinja"
    readme.write_text(readme.read_text() + "\nThe end.\n")
    made.note("1.1.0", "Adds `ADDED.md`. The image tag does not change.")
    done = made.release("1.1.0")
    assert done.returncode == 0, done.stderr
    made.commit()
    return made


@pytest.fixture(scope="module")
def first(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of version 1.0.0, made by plain copier from the template of then."""
    folder = tmp_path_factory.mktemp("first") / "repository"
    with opened(checkout.root / "scaffold" / "history") as known:
        template = str(known.template(Version(1, 0, 0)))
        data = [
            argument for key, value in REQUIRED.items() for argument in ("-d", f"{key}={value}")
        ]
        done = run(
            *COPIER,
            "copy",
            "-q",
            "--defaults",
            *data,
            template,
            str(folder),
            cwd=folder.parent,
        )
    assert done.returncode == 0, done.stderr
    git(folder, "init", "-q", "-b", "main")
    edit(folder, {})
    return folder


@pytest.fixture
def repository(first: Path, tmp_path: Path) -> Path:
    """A repository of version 1.0.0."""
    return Path(shutil.copytree(first, tmp_path / "repository"))


def updated(repository: Path, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The document of an update from 1.0.0 to 1.1.0 that went well."""
    assert done.returncode == 0, done.stderr + done.stdout
    document: dict[str, Any] = json.loads(done.stdout)
    assert (document["from"], document["to"]) == ("1.0.0", "1.1.0")
    assert document["changed"] == [".copier-answers.yml", "ADDED.md", "README.md"]
    assert (document["conflicts"], document["kept"], document["new_questions"]) == ([], [], [])
    assert (repository / "ADDED.md").read_text() == "Added.\n"
    assert "_commit: v1.1.0" in (repository / ".copier-answers.yml").read_text()
    return document


UPDATE = (sys.executable, "-m", "scaffold", "update")


@pytest.mark.path
def test_the_command(checkout: Checkout, repository: Path) -> None:
    done = run(*UPDATE, "--json", cwd=repository, path=checkout.root)
    document = updated(repository, done)
    assert document["changelog"] == {"1.1.0": "Adds `ADDED.md`. The image tag does not change."}
    assert document["path"] == str(repository)
    again = run(*UPDATE, "--json", cwd=repository, path=checkout.root)
    assert again.returncode == 3
    assert json.loads(again.stdout)["error"]["code"] == 3
    git(repository, "commit", "-qm", "Update")
    again = run(*UPDATE, str(repository), cwd=repository.parent, path=checkout.root)
    assert (again.returncode, again.stdout) == (0, f"{repository} is up to date (version 1.1.0).\n")


@pytest.mark.whole
def test_the_command_for_people(checkout: Checkout, repository: Path) -> None:
    edit(repository, {"ADDED.md": "Mine.\n"})
    checked = run(*UPDATE, "--check", cwd=repository, path=checkout.root)
    assert checked.returncode == 1
    assert "Adds `ADDED.md`." in checked.stdout
    dry = run(*UPDATE, "--dry-run", cwd=repository, path=checkout.root)
    assert dry.returncode == 1
    assert "+The end." in dry.stdout
    assert git(repository, "status", "--porcelain") == ""
    done = run(*UPDATE, cwd=repository, path=checkout.root)
    assert done.returncode == 1
    assert "CONFLICTS:\n  ADDED.md: " in done.stdout
    assert "To take it back:\n  git -C " in done.stdout
    undo = done.stdout.splitlines()[-1].strip()
    subprocess.run(undo, shell=True, check=True)
    assert git(repository, "status", "--porcelain") == ""
    done = run(*UPDATE, "--to", "1.0.0", "--check", cwd=repository, path=checkout.root)
    assert (done.returncode, "the newest here" in done.stdout) == (0, True)


@pytest.mark.whole
def test_answers_change_with_the_command(
    checkout: Checkout, repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "answers.yml").write_text("workload: llm\ncache: redis\n")
    done = run(
        *UPDATE,
        "--answers",
        str(tmp_path / "answers.yml"),
        "--set=max_instances=7",
        "--json",
        cwd=repository,
        path=checkout.root,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    changes = {"workload": "llm", "cache": "redis", "max_instances": 7}
    assert document["answers"].items() >= changes.items()
    assert document["image_tags"][0].startswith("diffusers-")
    assert document["image_tags"][1].startswith("vllm-")
    new = ["context_length", "pictures", "tool_parser", "reasoning_parser"]
    assert document["new_questions"] == new
    fresh = generated(checkout.root / "template", tmp_path / "fresh", {**REQUIRED, **changes})
    assert contents(repository) == contents(fresh)
    wrong = run(*UPDATE, "--set=gpu_count=9", "--json", cwd=repository, path=checkout.root)
    assert wrong.returncode in (2, 3)


@pytest.mark.whole
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--to", "9.9.9"], 2),
        (["--set", "gpu_count=9"], 2),
        (["--set", "nmae=x"], 2),
        (["--answers", "missing.yml"], 2),
        (["missing"], 2),
        (["--nope"], 2),
        (["chutekit"], 3),
    ],
)
def test_exit_codes(checkout: Checkout, repository: Path, arguments: list[str], code: int) -> None:
    done = run(*UPDATE, *arguments, cwd=repository, path=checkout.root)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("error: ")
    assert git(repository, "status", "--porcelain") == ""


@pytest.mark.whole
def test_without_a_network(checkout: Checkout, repository: Path) -> None:
    need("unshare")
    alone = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--map-root-user", "--net")
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let us leave the network")
    done = run(*alone, *UPDATE, "--json", cwd=repository, path=checkout.root)
    updated(repository, done)


@pytest.mark.whole
def test_from_a_clone_without_tags(checkout: Checkout, repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", "--no-tags", f"file://{checkout.root}", "clone")
    assert git(tmp_path / "clone", "tag") == ""
    updated(repository, run(*UPDATE, "--json", cwd=repository, path=tmp_path / "clone"))


@pytest.mark.whole
def test_from_an_installed_wheel(checkout: Checkout, repository: Path, tmp_path: Path) -> None:
    """Installed by pip, which compiles; its dependencies come from the environment of the tests."""
    if importlib.util.find_spec("hatchling") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("hatchling is missing")
    root = tmp_path / "source"
    git(tmp_path, "clone", "-q", f"file://{checkout.root}", "source")
    venv.create(tmp_path / "venv", with_pip=True, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    site = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    (site / "tests.pth").write_text("\n".join(p for p in sys.path if p.endswith("site-packages")))
    pip = ("-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", str(root))
    done = run(str(python), *pip, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(root)
    assert (site / "scaffold" / "history" / "v1.0.0.bundle").is_file()
    command = tmp_path / "venv" / "bin" / "chute-new"
    updated(repository, run(str(command), "update", "--json", cwd=repository))


@pytest.fixture
def published(checkout: Checkout, tmp_path: Path) -> dict[str, Any]:
    """The environment in which a URL leads to the exported releases."""
    target = tmp_path / "published"
    assert checkout.python("hooks/release.py", "--export", str(target)).returncode == 0
    assert git(target, "tag").split() == ["v1.0.0", "v1.1.0"]
    assert git(target, "status", "--porcelain") == ""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{target}/.git.insteadOf",
        "GIT_CONFIG_VALUE_0": URL,
        "COPIER_CACHE_DIR": str(tmp_path / "cache"),
    }


URL = "https://git.example/chute-new-template.git"
COPIER = (sys.executable, "-m", "copier")


@pytest.mark.whole
def test_plain_copier_updates_what_it_made_from_a_published_template(
    published: dict[str, Any], checkout: Checkout, tmp_path: Path
) -> None:
    repository = tmp_path / "repository"
    data = [argument for key, value in REQUIRED.items() for argument in ("-d", f"{key}={value}")]
    copy = run(
        *COPIER,
        "copy",
        "-q",
        "--defaults",
        "--vcs-ref=v1.0.0",
        *data,
        URL,
        str(repository),
        cwd=tmp_path,
        **published,
    )
    assert copy.returncode == 0, copy.stderr
    stored = yaml.safe_load((repository / ".copier-answers.yml").read_text())
    assert (stored["_src_path"], stored["_commit"]) == (URL, "v1.0.0")
    git(repository, "init", "-q")
    edit(repository, {"mine.py": "mine\n"})
    both = Path(shutil.copytree(repository, tmp_path / "both"))
    done = run(*COPIER, "update", "-q", "--defaults", cwd=repository, **published)
    assert done.returncode == 0, done.stderr
    # Ours gives the same, and the way back to copier stays open.
    assert run(*UPDATE, cwd=both, path=checkout.root).returncode == 0
    assert contents(both) == contents(repository)
    assert f"_src_path: {URL}" in (both / ".copier-answers.yml").read_text()


@pytest.mark.whole
def test_plain_copier_updates_ours_once_they_name_a_published_template(
    published: dict[str, Any], repository: Path
) -> None:
    record = repository / ".copier-answers.yml"
    without = run(*COPIER, "update", "-q", "--defaults", cwd=repository, **published)
    assert without.returncode != 0
    text = record.read_text().replace("_src_path: chute-new\n", f"_src_path: {URL}\n")
    edit(repository, {record.name: text})
    done = run(*COPIER, "update", "-q", "--defaults", cwd=repository, **published)
    assert done.returncode == 0, done.stderr
    assert (repository / "ADDED.md").is_file()


@pytest.mark.whole
def test_the_hook_wants_a_changelog_and_a_later_version(checkout: Checkout, tmp_path: Path) -> None:
    copy = Checkout.__new__(Checkout)
    copy.root = Path(shutil.copytree(checkout.root, tmp_path / "copy"))
    before = contents(copy.root)
    for version, message in [
        ("1.2.0", "CHANGELOG.md has no section"),
        ("1.1.0", "released already"),
        ("1.0.5", "released already"),
        ("next", "not of the form"),
    ]:
        done = copy.release(version)
        assert (done.returncode, message in done.stderr) == (1, True), done.stderr
    assert contents(copy.root) == before
    assert copy.python("hooks/release.py", "--check").returncode == 0
    copy.note("1.2.0", "More.")
    assert 'must say "the image tag does not"' in copy.release("1.2.0").stderr
    copy.note("1.2.0", "More. The image tag does not change.")
    (copy.root / "template" / "stray.txt").touch()
    assert "not as it is committed" in copy.release("1.2.0").stderr
    (copy.root / "template" / "stray.txt").unlink()
    done = copy.release("1.2.0")
    assert done.returncode == 0, done.stderr
    assert "git commit -m 'Release v1.2.0'" in done.stdout
    assert '"1.2.0"' in (copy.root / "scaffold" / "__init__.py").read_text()
    assert '"1.2.0"' in (copy.root / "template" / "copier.yml").read_text()
    assert copy.python("hooks/release.py", "--check").returncode == 0
    bundle = copy.root / "scaffold" / "history" / "v1.1.0.bundle"
    bundle.write_bytes(bundle.read_bytes()[:-30])
    assert "damaged" in copy.python("hooks/release.py", "--check").stdout
