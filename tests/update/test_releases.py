"""Releases of the real template: how they are packed, and updates between them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaffold import __version__
from scaffold.answers.questions import Questionnaire, template_folder
from scaffold.creation.verify import verify
from scaffold.generated.render import render
from scaffold.update import history
from scaffold.update.history import History, opened
from scaffold.update.run import UpdateOptions, update
from scaffold.versions import Version
from support.answers import REQUIRED
from support.next_release import (
    ANSWERS,
    FIRST_OWN,
    NEXT,
    OWN,
    RELEASED,
    generated,
    next_template,
)
from support.places import ROOT
from support.releases import contents, edit, git, release

# Those in which renew.yml was two workflows.
BEFORE_RENEW = [version for version in RELEASED if version < Version(0, 5, 0)]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released versions, and this checkout's template as the next one.

    A template that differs from it in every way a release can is the oldest.
    """
    folder = tmp_path_factory.mktemp("bundles")
    oldest = next_template(template_folder(), folder / "oldest", Version(0, 0, 1))
    project = oldest / "project"
    (project / "README.md.jinja").write_text("# {{ name }}\n")
    kit = project / "chutekit"
    (kit / "serving" / "metrics.py").rename(kit / "serving" / "numbers.py")
    (kit / "ops" / "dropped.py").write_text('"""Not in later versions."""\n')
    (project / "tests" / "conftest.py").unlink()
    lock = project / "requirements" / "dev.lock"
    lock.write_text("".join(lock.read_text().splitlines(keepends=True)[:400]))
    packed = folder / "packed"
    packed.mkdir()
    release.pack(oldest, packed, Version(0, 0, 1), "The oldest.")
    with opened() as released:
        # On top of another history, so packed anew.
        for version in RELEASED:
            release.pack(released.template(version), packed, version, released.notes(version))
    newest = next_template(template_folder(), folder / "newest")
    release.pack(newest, packed, NEXT, "The next.")
    return packed


@pytest.fixture(scope="module")
def known(bundles: Path) -> Iterator[History]:
    """Those versions unpacked."""
    with opened(bundles) as history:
        yield history


#: From the newest release with all answers, from each before it with every fifth, others for each;
#: with the last answers, from the oldest and from the newest release, is the path.
UPDATES = [
    pytest.param(
        version,
        answers,
        id=f"{number}-{version}",
        marks=pytest.mark.path
        if version in (RELEASED[0], RELEASED[-1]) and answers is ANSWERS[-1]
        else pytest.mark.whole,
    )
    for place, version in enumerate((Version(0, 0, 1), *RELEASED))
    for number, answers in enumerate(ANSWERS)
    if version == RELEASED[-1]
    or (place + number) % 5 == 0
    or (version == RELEASED[0] and answers is ANSWERS[-1])
] + [
    pytest.param(version, answers, id=f"{answers['name']}-{version}", marks=pytest.mark.whole)
    for version in (Version(0, 0, 1), *RELEASED)
    for answers in OWN
    if version >= FIRST_OWN or version == Version(0, 0, 1)
]


@pytest.mark.parametrize(("version", "answers"), UPDATES)
def test_an_update_without_edits_is_a_fresh_generation(
    known: History, tmp_path: Path, version: Version, answers: dict[str, Any]
) -> None:
    folder = generated(known.template(version), tmp_path / "repository", answers)
    fresh = generated(known.template(NEXT), tmp_path / "fresh", answers)
    git(folder, "init", "-q")
    edit(folder, {})
    result = update(folder, lambda _: {}, UpdateOptions(), known)
    assert (result.old, result.new) == (version, NEXT)
    assert (result.conflicts, result.kept, result.left_out) == ({}, [], [])
    assert contents(folder) == contents(fresh)


@pytest.mark.whole
@pytest.mark.parametrize("version", BEFORE_RENEW, ids=str)
def test_edits_of_workflows_that_were_put_together_stay(
    known: History, tmp_path: Path, version: Version
) -> None:
    """Before 0.5.0 renew.yml was update.yml and pins.yml."""
    folder = generated(known.template(version), tmp_path / "repository", {**REQUIRED})
    fresh = generated(known.template(NEXT), tmp_path / "fresh", {**REQUIRED})
    workflows = folder / ".github" / "workflows"
    pins = workflows / "pins.yml"
    # More time to propose; and pins twice a month, where they were refreshed at all.
    edits = {"update.yml": ("timeout-minutes: 10", "timeout-minutes: 15")}
    if pins.exists():
        edits["pins.yml"] = ('"47 5 3 * *"', '"47 5 3,17 * *"')
    for name, (old, new) in edits.items():
        text = (workflows / name).read_text()
        assert old in text
        (workflows / name).write_text(text.replace(old, new))
    edited = pins.read_text() if pins.exists() else ""
    git(folder, "init", "-q")
    edit(folder, {})
    result = update(folder, lambda _: {}, UpdateOptions(), known)
    assert result.conflicts == {}
    assert result.kept == ([".github/workflows/pins.yml"] if edited else [])
    assert not (workflows / "update.yml").exists()
    renewed = (fresh / ".github" / "workflows" / "renew.yml").read_text()
    assert (workflows / "renew.yml").read_text() == renewed.replace(*edits["update.yml"])
    assert (pins.read_text() if pins.exists() else "") == edited


@pytest.mark.whole
def test_an_edited_schedule_of_updates_is_shown_where_it_belongs_now(
    known: History, tmp_path: Path
) -> None:
    """The new one names two times, so git cannot tell which of them was meant."""
    folder = generated(known.template(BEFORE_RENEW[-1]), tmp_path / "repository", {**REQUIRED})
    path = ".github/workflows/update.yml"
    git(folder, "init", "-q")
    edit(folder, {path: (folder / path).read_text().replace('"23 5 * * 1"', '"23 2 * * 1"')})
    result = update(folder, lambda _: {}, UpdateOptions(), known)
    assert list(result.conflicts) == [".github/workflows/renew.yml"]
    assert "23 2 * * 1" in (folder / ".github" / "workflows" / "renew.yml").read_text()


@pytest.mark.whole
@pytest.mark.parametrize("version", RELEASED, ids=str)
@pytest.mark.parametrize("answers", ANSWERS[-2:], ids=["image", "llm"])
def test_every_released_template_renders(
    tmp_path: Path, version: Version, answers: dict[str, Any]
) -> None:
    with opened() as known:
        template = known.template(version)
        resolution = Questionnaire(template).resolve(answers)
        assert not resolution.problems
        files = render(template, resolution.answers, tmp_path)
    found = verify(tmp_path, files, resolution.context, load=False)
    # Before 0.4.0 images had no readme, which the platform's API refuses.
    known_faults = ["IM119"] if version < Version(0, 4, 0) else []
    assert [finding.message.split()[2] for finding in found] == known_faults
    stored = yaml.safe_load((tmp_path / ".copier-answers.yml").read_text())
    assert (stored["_commit"], stored["_src_path"]) == (version.tag, "chute-new")


@pytest.mark.whole
@pytest.mark.parametrize("version", RELEASED, ids=str)
def test_a_bundle_holds_what_its_release_held(version: Version) -> None:
    """Where the history is at hand: the tree of the bundle is the tree of the release."""
    log = subprocess.run(
        ["git", "log", "--format=%H %s", "--fixed-strings", f"--grep=Release {version.tag}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    subjects = (line.split(" ", 1) for line in log.stdout.splitlines())
    commits = [commit for commit, subject in subjects if subject == f"Release {version.tag}"]
    if not commits:
        pytest.skip("this checkout does not reach back to the release")
    with opened() as known:
        known.notes(version)
        packed = known._repository("rev-parse", f"{version.tag}^{{tree}}").strip()
    assert packed == git(ROOT, "rev-parse", f"{commits[0]}:template").strip()


@pytest.mark.whole
def test_what_is_released_fits_together() -> None:
    assert list(release.problems(ROOT)) == []


def test_bundles_are_small() -> None:
    """The first holds every lock; later ones hold what changed."""
    sizes = [(history.FOLDER / f"{version.tag}.bundle").stat().st_size for version in RELEASED]
    assert sum(sizes) < 1_000_000 + 200_000 * len(sizes)


@pytest.mark.whole
def test_the_same_template_is_packed_into_the_same_bytes(tmp_path: Path) -> None:
    packed = []
    for name in ("one", "two"):
        bundles = tmp_path / name
        bundles.mkdir()
        template = next_template(template_folder(), tmp_path / f"template-{name}")
        packed.append(release.pack(template, bundles, NEXT, "The next.").read_bytes())
    assert packed[0] == packed[1]


def test_this_version_is_known() -> None:
    with opened() as known:
        assert str(known.newest) == __version__
