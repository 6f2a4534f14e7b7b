"""chutekit and an update: what was said of it, and an owner's edits of what became part of it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scaffold.answers.questions import template_folder
from scaffold.update import text
from scaffold.update.history import History, opened
from scaffold.update.migrations import between, files
from scaffold.update.run import Updated, UpdateOptions, update
from scaffold.versions import Version
from support.next_release import ANSWERS, NEXT, RELEASED, generated, next_template
from support.releases import contents, edit, git, release

EXAMPLES = {"image": ANSWERS[-2], "llm": ANSWERS[-1]}
# The releases in which there was no chutekit; of those, one of each form of what moved.
BEFORE = [version for version in RELEASED if version < Version(0, 5, 0)]
FORMS = [BEFORE[0], BEFORE[-1]]
LATER = Version(99, 1, 0)
PLACES = ("serving", "ops", "tests", "stub")
EDGE = "chutekit/serving/edge.py"
# Of each place a file that is elsewhere now, in every release, where a last line merges.
MERGEABLE = ["serving/logs.py", "ops/cost.py", "tests/gateway.py", "stub/engine_args.py"]
KEPT = {
    "ops/settings.py": r"\[tool.chutekit\] in pyproject.toml",
    "tests/test_lifecycle.py": r"a test of your own",
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """The releases, this checkout's template as the next, and one after that.

    The later one differs in chutekit and in the middle of README.md.
    """
    folder = tmp_path_factory.mktemp("kit")
    packed = folder / "packed"
    packed.mkdir()
    with opened() as released:
        for version in RELEASED:
            release.pack(released.template(version), packed, version, released.notes(version))
    newest = next_template(template_folder(), folder / "newest")
    release.pack(newest, packed, NEXT, "The next.")
    later = next_template(newest, folder / "later", LATER)
    edge = later / "project" / EDGE
    edge.write_text(edge.read_text().replace('"""', '"""Another beginning. ', 1))
    logs = later / "project" / "chutekit" / "serving" / "logs.py"
    logs.write_text(logs.read_text() + "LATER = 1\n")
    listed = later / "project" / "chutekit" / "MANIFEST.json"
    listed.write_text(listed.read_text().replace('"version": "', '"version": "9'))
    readme = later / "project" / "README.md.jinja"
    readme.write_text(readme.read_text().replace("## What is pinned", "## What is pinned here", 1))
    release.pack(later, packed, LATER, "The one after that.")
    with opened(packed) as history:
        yield history


@pytest.fixture
def make(known: History, tmp_path: Path) -> Callable[..., Path]:
    """A committed repository of a version."""

    def repository(version: Version, answers: dict[str, Any] = EXAMPLES["llm"]) -> Path:
        folder = generated(known.template(version), tmp_path / "repository", answers)
        git(folder, "init", "-q")
        edit(folder, {})
        return folder

    return repository


def bring(folder: Path, known: History, to: Version) -> Updated:
    return update(folder, lambda _: {}, UpdateOptions(to=str(to)), known)


def line_of(name: str) -> str:
    """A line that only the owner has."""
    return f"# my line in {name}\n"


def appended(folder: Path, *names: str) -> None:
    """Commit a last line of the owner's in each file."""
    edit(folder, {name: (folder / name).read_text() + line_of(name) for name in names})


def all_lines(folder: Path) -> set[str]:
    texts = (text.decode(errors="replace") for _, text in contents(folder).values())
    return {line for text in texts for line in text.splitlines(keepends=True)}


def told(result: Updated) -> str:
    return text.updated(result, dry_run=False)


# --- from before there was chutekit -------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "workload"),
    [
        pytest.param(
            version,
            workload,
            id=f"{version}-{workload}",
            marks=pytest.mark.path
            if (version, workload) == (BEFORE[0], "llm")
            else pytest.mark.whole,
        )
        for version in BEFORE
        for workload in EXAMPLES
    ],
)
def test_an_edit_of_every_file_that_moved_or_went_is_kept_and_told(
    make: Callable[..., Path], known: History, version: Version, workload: str
) -> None:
    folder = make(version, EXAMPLES[workload])
    names = [name for name in contents(folder) if name.startswith(tuple(f"{p}/" for p in PLACES))]
    appended(folder, *names)
    result = bring(folder, known, NEXT)
    assert {line_of(name) for name in names} <= all_lines(folder)
    # Each is told: where it went, or that it stayed; or it is in its place and the template's too.
    stayed = {"tests/__init__.py"}
    assert set(names) - result.moved.keys() - set(result.kept) <= stayed
    assert set(result.remedies) == {*result.moved, *result.kept}
    assert all(result.remedies.values())
    for old, new in result.moved.items():
        assert line_of(old) in (folder / new).read_text().splitlines(keepends=True)
    for name in result.kept:
        assert line_of(name) in (folder / name).read_text().splitlines(keepends=True)
    text = told(result)
    assert all(f"  {old} -> {new}: " in text for old, new in result.moved.items())
    assert all(f"  {name}: {result.remedies[name]}" in text for name in result.kept)


@pytest.mark.whole
@pytest.mark.parametrize("name", MERGEABLE)
@pytest.mark.parametrize("version", FORMS, ids=str)
def test_an_edit_becomes_one_of_the_new_place(
    make: Callable[..., Path], known: History, tmp_path: Path, version: Version, name: str
) -> None:
    folder = make(version)
    appended(folder, name)
    result = bring(folder, known, NEXT)
    assert (result.conflicts, result.kept, list(result.moved)) == ({}, [], [name])
    assert result.kit
    assert (result.kit.fate, result.kit.edited) == ("merged", [result.moved[name]])
    fresh = contents(generated(known.template(NEXT), tmp_path / "fresh", EXAMPLES["llm"]))
    bit, text = fresh[result.moved[name]]
    fresh[result.moved[name]] = (bit, text + line_of(name).encode())
    assert contents(folder) == fresh
    assert f"{name} -> {result.moved[name]}: merged there" in told(result)


@pytest.mark.whole
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("version", FORMS, ids=str)
def test_an_edit_of_what_the_template_changed_is_a_conflict_in_the_new_place(
    make: Callable[..., Path], known: History, tmp_path: Path, version: Version, place: str
) -> None:
    folder = make(version)
    fresh = contents(generated(known.template(NEXT), tmp_path / "fresh", EXAMPLES["llm"]))
    before = contents(folder)
    moved = files(between(template_folder(), version, NEXT), fresh)
    name, new = next(
        (old, new)
        for old, new in moved.items()
        if old.startswith(f"{place}/")
        and old in before
        and before[old][1] not in (b"", fresh[new][1])
    )
    lines = before[name][1].decode().splitlines()
    mine = [f"my line {number}, was: {line}" for number, line in enumerate(lines)]
    edit(folder, {name: "".join(f"{line}\n" for line in mine)})
    result = bring(folder, known, NEXT)
    assert (list(result.conflicts), result.moved) == ([new], {name: new})
    assert {f"{line}\n" for line in mine} <= all_lines(folder)
    assert git(folder, "show", f":2:{new}").splitlines() == mine
    assert result.remedies == {name: "resolve the conflict there"}
    assert f"{name} -> {new}: resolve the conflict there" in told(result)


@pytest.mark.whole
@pytest.mark.parametrize("name", list(KEPT))
@pytest.mark.parametrize("version", FORMS, ids=str)
def test_an_edit_without_a_new_place_is_kept_with_what_to_do(
    make: Callable[..., Path], known: History, version: Version, name: str
) -> None:
    folder = make(version)
    appended(folder, name)
    before = (folder / name).read_text()
    result = bring(folder, known, NEXT)
    assert (result.conflicts, result.kept, result.moved) == ({}, [name], {})
    assert (folder / name).read_text() == before
    assert re.search(KEPT[name], result.remedies[name])
    assert result.as_json()["remedies"] == result.remedies
    assert result.as_json()["kept"] == [name]


@pytest.mark.whole
@pytest.mark.parametrize("version", BEFORE, ids=str)
def test_own_files_stay_and_their_old_imports_are_told(
    make: Callable[..., Path], known: History, version: Version
) -> None:
    folder = make(version)
    own = {
        "serving/mine.py": "import serving.errors as mine, os\n",
        "ops/mine.py": "from ops import (\n    cost,\n)\n",
        "stub/mine.py": "import json\n",
        "tests/test_mine.py": "from serving import mine, logs\nfrom tests.gateway import x\n",
    }
    edit(folder, own)
    result = bring(folder, known, NEXT)
    assert (result.conflicts, result.kept, result.moved) == ({}, [], {})
    assert {name: (folder / name).read_text() for name in own} == own
    assert result.imports == {
        "serving/mine.py": {"serving.errors": "chutekit.serving.errors"},
        "ops/mine.py": {"ops.cost": "chutekit.ops.cost"},
        "tests/test_mine.py": {
            "serving.logs": "chutekit.serving.logs",
            "tests.gateway": "chutekit.testing.gateway",
        },
    }
    assert "  ops/mine.py: ops.cost is chutekit.ops.cost\n" in told(result)


@pytest.mark.whole
@pytest.mark.parametrize("version", BEFORE, ids=str)
def test_without_edits_it_is_new(
    make: Callable[..., Path], known: History, version: Version
) -> None:
    result = bring(make(version), known, NEXT)
    assert result.as_json()["chutekit"] == {"fate": "new", "edited": []}
    assert (result.moved, result.remedies, result.imports) == ({}, {}, {})
    assert "chutekit/ is new, and is as it comes." in told(result)


@pytest.mark.whole
@pytest.mark.parametrize("version", BEFORE, ids=str)
def test_a_last_line_of_the_readme_is_not_lost(
    make: Callable[..., Path], known: History, version: Version
) -> None:
    folder = make(version)
    appended(folder, "README.md")
    result = bring(folder, known, NEXT)
    assert set(result.conflicts) <= {"README.md"}
    assert line_of("README.md") in all_lines(folder)


@pytest.mark.whole
def test_to_a_version_without_chutekit_nothing_is_said_of_it(
    make: Callable[..., Path], known: History
) -> None:
    result = bring(make(BEFORE[0]), known, BEFORE[-1])
    assert result.as_json()["chutekit"] is None
    assert "chutekit" not in told(result)


# --- from one version with chutekit to the next ----------------------------------------------


@pytest.mark.whole
@pytest.mark.parametrize("workload", list(EXAMPLES))
def test_a_last_line_of_the_readme_merges(
    make: Callable[..., Path], known: History, tmp_path: Path, workload: str
) -> None:
    folder = make(NEXT, EXAMPLES[workload])
    appended(folder, "README.md")
    result = bring(folder, known, LATER)
    assert result.conflicts == {}
    fresh = generated(known.template(LATER), tmp_path / "fresh", EXAMPLES[workload])
    expected = (fresh / "README.md").read_text()
    assert "What is pinned here" in expected
    assert (folder / "README.md").read_text() == expected + line_of("README.md")


@pytest.mark.whole
def test_only_the_record_holds_the_version(make: Callable[..., Path]) -> None:
    folder = make(NEXT)
    holding = {name for name, (_, text) in contents(folder).items() if str(NEXT).encode() in text}
    assert holding == {".copier-answers.yml"}


@pytest.mark.whole
def test_untouched_it_is_replaced_as_a_whole(
    make: Callable[..., Path], known: History, tmp_path: Path
) -> None:
    folder = make(NEXT)
    edit(folder, {"tests/test_mine.py": "import os\n"})
    result = bring(folder, known, LATER)
    assert result.as_json()["chutekit"] == {"fate": "replaced", "edited": []}
    assert "chutekit/ was replaced as a whole: nobody had edited it." in told(result)
    fresh = generated(known.template(LATER), tmp_path / "fresh", EXAMPLES["llm"])
    assert contents(folder / "chutekit") == contents(fresh / "chutekit")


@pytest.mark.path
def test_edited_it_is_merged_and_the_files_are_named(
    make: Callable[..., Path], known: History, tmp_path: Path
) -> None:
    folder = make(NEXT)
    appended(folder, EDGE)
    edit(folder, {"chutekit/serving/mine.py": "MINE = 1\n", "chutekit/ops/cost.py": None})
    edited = ["chutekit/ops/cost.py", EDGE, "chutekit/serving/mine.py"]
    result = bring(folder, known, LATER)
    assert result.conflicts == {}
    assert result.as_json()["chutekit"] == {"fate": "merged", "edited": edited}
    title = "chutekit/ was merged, because these files of it were edited:"
    assert "\n".join([title, *(f"  {name}" for name in edited)]) in told(result)
    fresh = generated(known.template(LATER), tmp_path / "fresh", EXAMPLES["llm"])
    appended_to = (fresh / EDGE).read_text() + line_of(EDGE)
    assert (folder / EDGE).read_text() == appended_to
    assert not (folder / "chutekit/ops/cost.py").exists()
    rest = contents(fresh / "chutekit")
    mine = contents(folder / "chutekit")
    for name in ("ops/cost.py", "serving/edge.py", "serving/mine.py"):
        rest.pop(name, None)
        mine.pop(name, None)
    assert mine == rest


@pytest.mark.whole
def test_an_edit_that_conflicts_is_named_too(make: Callable[..., Path], known: History) -> None:
    folder = make(NEXT)
    text = (folder / EDGE).read_text()
    edit(folder, {EDGE: text.replace('"""', '"""My beginning. ', 1)})
    result = bring(folder, known, LATER)
    assert list(result.conflicts) == [EDGE]
    assert result.as_json()["chutekit"] == {"fate": "merged", "edited": [EDGE]}
    assert "My beginning. " in (folder / EDGE).read_text()


@pytest.mark.whole
@pytest.mark.parametrize("text", ["{}\n", None], ids=["edited", "deleted"])
def test_the_list_is_written_anew_whatever_was_made_of_it(
    make: Callable[..., Path], known: History, tmp_path: Path, text: str | None
) -> None:
    folder = make(NEXT)
    edit(folder, {"chutekit/MANIFEST.json": text})
    result = bring(folder, known, LATER)
    assert (result.conflicts, result.left_out) == ({}, [])
    assert result.as_json()["chutekit"] == {"fate": "replaced", "edited": []}
    fresh = generated(known.template(LATER), tmp_path / "fresh", EXAMPLES["llm"])
    assert contents(folder) == contents(fresh)


@pytest.mark.whole
def test_another_answer_alone_may_leave_it_as_it_is(
    make: Callable[..., Path], known: History
) -> None:
    folder = make(LATER)
    appended(folder, EDGE)
    result = update(folder, lambda _: {"max_instances": 7}, UpdateOptions(), known)
    assert result.as_json()["chutekit"] == {"fate": "unchanged", "edited": [EDGE]}
    assert "chutekit/ did not change." in told(result)
