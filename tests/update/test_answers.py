"""Answers through an update: new ones, changed ones, those that follow, renamed ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from scaffold.answers.questions import Questionnaire
from scaffold.errors import BadUsage
from scaffold.update.answers import Carried, carry_over
from scaffold.update.migrations import Migration, answers, declared, files
from scaffold.versions import Version
from support.answers import REQUIRED
from support.releases import Releases, contents, edit, git, numbered

LLM = {**REQUIRED, "workload": "llm"}


def carried(
    questionnaire: Questionnaire, made_with: Mapping[str, Any], changes: dict[str, Any]
) -> Carried:
    """What becomes of the complete answers of a repository made with `made_with`."""
    stored = questionnaire.resolve(made_with).answers
    return carry_over(questionnaire, questionnaire, [], stored, changes)


@pytest.mark.whole
def test_without_changes_every_answer_stays(questionnaire: Questionnaire) -> None:
    for made_with in (REQUIRED, LLM, {**LLM, "keep_warm": True, "max_instances": 9}):
        stored = questionnaire.resolve(made_with).answers
        result = carry_over(questionnaire, questionnaire, [], stored, {})
        assert (result.resolution.answers, result.new, result.dropped) == (stored, [], [])


@pytest.mark.whole
def test_defaults_follow_the_answer_they_come_from(questionnaire: Questionnaire) -> None:
    made_with = {**LLM, "tagline": "Mine"}
    other = "Qwen/Qwen3-14B"
    result = carried(questionnaire, made_with, {"model": other}).resolution
    assert result.answers == questionnaire.resolve({**made_with, "model": other}).answers
    result = carried(questionnaire, REQUIRED, {"workload": "llm"}).resolution
    assert result.answers == questionnaire.resolve(LLM).answers


@pytest.mark.whole
def test_what_was_chosen_stays(questionnaire: Questionnaire) -> None:
    made_with = {**REQUIRED, "shutdown_after_seconds": 900, "cache": "redis"}
    result = carried(questionnaire, made_with, {"keep_warm": True}).resolution.answers
    assert (result["shutdown_after_seconds"], result["cache"]) == (900, "redis")
    result = carried(questionnaire, REQUIRED, {"keep_warm": True}).resolution.answers
    assert result["shutdown_after_seconds"] == 3600


@pytest.mark.whole
def test_what_does_not_apply_any_more_is_dropped(questionnaire: Questionnaire) -> None:
    result = carried(questionnaire, LLM, {"workload": "image"})
    llm = ["context_length", "pictures", "tool_parser", "reasoning_parser"]
    assert result.dropped == llm
    assert result.resolution.answers == questionnaire.resolve(REQUIRED).answers


@pytest.mark.whole
def test_a_commit_of_another_model_is_not_kept(questionnaire: Questionnaire) -> None:
    made_with = {**LLM, "model": "a/b", "revision": "a" * 40, "gated": True}
    with pytest.raises(BadUsage) as stop:
        carried(questionnaire, made_with, {"model": "c/d"})
    assert [problem.key for problem in stop.value.problems] == ["revision"]
    result = carried(questionnaire, made_with, {"model": "c/d", "revision": "b" * 40}).resolution
    assert (result.answers["revision"], result.answers["gated"]) == ("b" * 40, False)


@pytest.mark.whole
def test_what_the_new_rules_refuse_is_said_with_its_key(questionnaire: Questionnaire) -> None:
    stored = questionnaire.resolve(REQUIRED).answers
    with pytest.raises(BadUsage) as stop:
        carry_over(questionnaire, questionnaire, [], stored, {"gpu_count": 9, "tee": "no way"})
    assert {problem.key for problem in stop.value.problems} == {"gpu_count", "tee"}
    assert "--set" in stop.value.hint


@pytest.mark.whole
def test_renames_go_through_every_step() -> None:
    steps = [
        Migration(Version(1, 1, 0), {"gpu": "include"}, {}, {"a.py": "b.py"}),
        Migration(Version(1, 2, 0), {}, {"include": {"big": "h200"}}, {"b.py": "c.py", "x": "y"}),
    ]
    assert answers(steps, {"gpu": "big", "name": "n"}) == {"include": "h200", "name": "n"}
    assert answers(steps, {"gpu": "l4", "include": "t4"}) == {"include": "t4"}
    assert answers(steps[:1], {"gpu": ["big"]}) == {"include": ["big"]}
    assert files(steps, {"c.py", "y"}) == {"a.py": "c.py", "b.py": "c.py", "x": "y"}
    assert files(steps, {"y"}) == {"x": "y"}
    assert files([], {"y"}) == {}


@pytest.mark.whole
def test_the_template_declares_what_can_be_read(questionnaire: Questionnaire) -> None:
    for migration in declared(questionnaire.template):
        assert not set(migration.answers) & set(questionnaire.keys), "the old name is a question"
        assert set(migration.answers.values()) <= set(questionnaire.keys)


MOVES = """\
- version: 1.1.0
  answers: {name: title}
  values: {name: {demo: Demo}}
  files: {settings.py: config/settings.py}
"""


@pytest.fixture(scope="module")
def renaming(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """A version that renames a question and its value, and moves a file while rewriting it."""
    made = Releases(tmp_path_factory.mktemp("releases"))
    made.add("1.0.0", {"settings.py": numbered(20), "a.py": "a\n"})
    made.add(
        "1.1.0",
        {
            "settings.py": None,
            # Too little in common for git to see a rename.
            "config/settings.py": numbered(20, **{f"_{n}": f"new {n}" for n in range(1, 15)}),
        },
        'title: {type: str, default: none, help: "What is it called?"}\n',
        MOVES,
    )
    template = made.templates["1.1.0"] / "copier.yml"
    text = template.read_text().replace("name: {type", "other: {type")
    template.write_text(text)
    made.add("1.2.0", {"a.py": "b\n"}, migrations=MOVES)
    (made.templates["1.2.0"] / "copier.yml").write_text(text.replace("1.1.0", "1.2.0"))
    made.repack()
    return made


@pytest.mark.whole
@pytest.mark.parametrize("first", ["1.0.0", "1.1.0"])
def test_a_renamed_answer_keeps_its_value(renaming: Releases, tmp_path: Path, first: str) -> None:
    made_with = {"name": "demo"} if first == "1.0.0" else {"title": "Demo"}
    repository = renaming.generate(first, tmp_path / "repository", made_with)
    result = renaming.update(repository)
    assert (result.conflicts, result.kept, result.dropped_answers) == ({}, [], [])
    assert result.new_questions == (["other"] if first == "1.0.0" else [])
    fresh = renaming.fresh("1.2.0", tmp_path / "fresh", {"title": "Demo"})
    assert contents(repository) == contents(fresh)


@pytest.mark.whole
def test_an_edit_follows_a_declared_move(renaming: Releases, tmp_path: Path) -> None:
    repository = renaming.generate("1.0.0", tmp_path / "repository")
    edit(repository, {"settings.py": numbered(20, _18="mine")})
    result = renaming.update(repository)
    assert (result.conflicts, result.kept) == ({}, [])
    assert not (repository / "settings.py").exists()
    expected = {f"_{n}": f"new {n}" for n in range(1, 15)}
    assert (repository / "config/settings.py").read_text() == numbered(20, _18="mine", **expected)


@pytest.mark.whole
def test_a_file_with_several_new_places_is_where_the_answers_leave_it() -> None:
    steps = [
        Migration(Version(1, 1, 0), files={"cache.py": ["kit/lru.py", "kit/redis.py"]}),
        Migration(Version(1, 2, 0), files={"kit/redis.py": "kit/shared.py"}),
    ]
    assert files(steps, {"kit/lru.py"}) == {"cache.py": "kit/lru.py"}
    assert files(steps, {"kit/shared.py"}) == {
        "cache.py": "kit/shared.py",
        "kit/redis.py": "kit/shared.py",
    }
    assert files(steps, set()) == {}


JOINED = """
- version: 1.1.0
  files: {limits.py: whole.py, names.py: whole.py, units.py: whole.py}
"""
LIMITS, NAMES, UNITS = ("".join(f"{word} {n}\n" for n in range(9)) for word in "lnu")


@pytest.fixture(scope="module")
def joining(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """A version in which three files became one, with a line more."""
    made = Releases(tmp_path_factory.mktemp("releases"))
    made.add("1.0.0", {"limits.py": LIMITS, "names.py": NAMES, "units.py": UNITS})
    gone = {"limits.py": None, "names.py": None, "units.py": None}
    made.add("1.1.0", {**gone, "whole.py": f"all\n{LIMITS}{NAMES}{UNITS}"}, migrations=JOINED)
    made.repack()
    return made


@pytest.mark.whole
@pytest.mark.parametrize(
    "mine",
    [
        {"limits.py": LIMITS.replace("l 3", "mine")},
        {"names.py": NAMES.replace("n 3", "mine")},
        {"units.py": UNITS.replace("u 3", "mine")},
        {
            "limits.py": LIMITS.replace("l 3", "mine"),
            "names.py": NAMES.replace("n 3", "mine too"),
            "units.py": UNITS.replace("u 3", "mine as well"),
        },
    ],
    ids=" and ".join,
)
def test_edits_of_files_that_became_one_land_in_it(
    joining: Releases, tmp_path: Path, mine: dict[str, str]
) -> None:
    repository = joining.generate("1.0.0", tmp_path / "repository")
    edit(repository, mine)
    result = joining.update(repository)
    assert (result.conflicts, result.kept) == ({}, [])
    parts = {"limits.py": LIMITS, "names.py": NAMES, "units.py": UNITS} | mine
    assert (repository / "whole.py").read_text() == "all\n" + "".join(parts.values())
    assert not [name for name in parts if (repository / name).exists()]


@pytest.mark.whole
def test_of_files_that_became_one_a_deleted_one_is_in_it_and_all_deleted_are_left_out(
    joining: Releases, tmp_path: Path
) -> None:
    repository = joining.generate("1.0.0", tmp_path / "one")
    edit(repository, {"limits.py": None, "names.py": NAMES.replace("n 3", "mine")})
    result = joining.update(repository)
    assert (result.conflicts, result.kept) == ({}, [])
    whole = (repository / "whole.py").read_text()
    assert whole == f"all\n{LIMITS}{NAMES.replace('n 3', 'mine')}{UNITS}"

    repository = joining.generate("1.0.0", tmp_path / "all")
    edit(repository, dict.fromkeys(("limits.py", "names.py", "units.py")))
    result = joining.update(repository)
    assert (result.conflicts, result.left_out) == ({}, ["whole.py"])
    assert not (repository / "whole.py").exists()


@pytest.mark.whole
def test_a_declared_move_of_a_file_the_owner_deleted(renaming: Releases, tmp_path: Path) -> None:
    repository = renaming.generate("1.0.0", tmp_path / "repository")
    edit(repository, {"settings.py": None})
    result = renaming.update(repository)
    assert (result.conflicts, result.left_out) == ({}, ["config/settings.py"])
    assert not (repository / "config").exists()


@pytest.mark.whole
def test_dropped_answers_are_told(releases_without_name: Releases, tmp_path: Path) -> None:
    repository = releases_without_name.generate("1.0.0", tmp_path / "repository")
    result = releases_without_name.update(repository)
    assert result.dropped_answers == ["name"]
    stored = yaml.safe_load((repository / ".copier-answers.yml").read_text())
    assert stored == {"_commit": "v1.1.0", "_src_path": "chute-new"}
    assert git(repository, "status", "--porcelain").splitlines() == ["M  .copier-answers.yml"]


@pytest.fixture(scope="module")
def releases_without_name(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    made = Releases(tmp_path_factory.mktemp("releases"))
    made.add("1.0.0", {"a.py": "a\n"})
    made.add("1.1.0", {})
    questions = made.templates["1.1.0"] / "copier.yml"
    lines = questions.read_text().splitlines(keepends=True)
    questions.write_text("".join(line for line in lines if not line.startswith("name:")))
    made.repack()
    return made


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """A version with two new questions, the second one's default made from the first."""
    made = Releases(tmp_path_factory.mktemp("releases"))
    made.add("1.0.0", {"a.py": "a\n"})
    made.add(
        "1.1.0",
        {},
        'region: {type: str, default: eu, choices: [eu, us], help: "Where?"}\n'
        'zone: {type: str, default: "{{ region }}-1", help: "Which zone?"}\n',
    )
    return made


@pytest.mark.whole
@pytest.mark.parametrize(
    ("keys", "region", "zone"),
    [
        ("\r\r", "eu", "eu-1"),
        ("\x1b[B\r\r", "us", "us-1"),
        ("\r\x15mine\r", "eu", "mine"),
        ("\r\x1b[Z\x1b[B\r\r", "us", "us-1"),
    ],
    ids=["defaults", "the next default follows", "typed", "a step back"],
)
def test_new_questions_are_asked_on_a_terminal(
    asking: Releases, tmp_path: Path, keys: str, region: str, zone: str
) -> None:
    repository = asking.generate("1.0.0", tmp_path / "repository")
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(keys)
        result = asking.update(repository, ask=True)
    assert result.new_questions == ["region", "zone"]
    assert (result.answers["region"], result.answers["zone"]) == (region, zone)
    stored = yaml.safe_load((repository / ".copier-answers.yml").read_text())
    assert (stored["region"], stored["zone"]) == (region, zone)


@pytest.mark.whole
def test_leaving_the_questions_changes_nothing(asking: Releases, tmp_path: Path) -> None:
    repository = asking.generate("1.0.0", tmp_path / "repository")
    before = contents(repository)
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text("\r\x03")
        with pytest.raises(KeyboardInterrupt):
            asking.update(repository, ask=True)
    assert contents(repository) == before
    assert git(repository, "status", "--porcelain") == ""


@pytest.mark.whole
def test_questions_that_were_answered_are_not_asked(asking: Releases, tmp_path: Path) -> None:
    repository = asking.generate("1.0.0", tmp_path / "repository")
    changes = {"region": "us", "zone": "mine"}
    result = asking.update(repository, changes, ask=True)
    assert (result.new_questions, result.answers["zone"]) == ([], "mine")
