"""The questions for programs: a JSON Schema that agrees with the tool, and a list of them."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from scaffold.answers.questions import Questionnaire
from scaffold.answers.reading import read, typed
from scaffold.answers.schema import listing, schema
from support.answers import ENDPOINTS, REQUIRED
from support.command import Run
from support.judging import judge
from support.places import ROOT
from support.random_answers import FEW, VALUES

QUESTIONNAIRE = Questionnaire()
MODEL = {"model": "owner/name", "revision": "0123456789abcdef" * 2 + "01234567"}
# Arithmetic over facts, what only one model of the catalog has, and what looks like a secret.
BEYOND_THE_SCHEMA = (
    r"hold|leaves no GPU|needs|below min_vram|attention heads|the length"
    r"|must be (generate|edit|chat|embed|classify|rerank): |must not be rerank"
    r"|looks like|must be empty|does not see|is required$"
)
SINGLE = [(key, value) for key, values in VALUES.items() for value in values]
PAIRS: list[dict[str, Any]] = [
    {"workload": "llm", "engine": "vllm"},
    {"workload": "llm", "engine": "diffusers"},
    {"workload": "image", "engine": "sglang"},
    {"engine": "vllm"},
    {"workload": "llm", "task": "chat", "context_length": 4096},
    {"task": "chat"},
    {"model": "owner/name"},
    MODEL,
    {"workload": "llm", **MODEL},
    {"model": "Qwen/Qwen3-8B"},
    {"workload": "llm", "model": "Qwen/Qwen3-8B"},
    {"workload": "llm", "model": "Qwen/Qwen-Image"},
    {"concurrency": 2},
    {"workload": "llm", "concurrency": 2},
    {"name": "tee-tee", "tee": False},
    {"name": "tee-tee", "tee": True},
    {"name": "tee-tee"},
    {"workload": "llm", "tool_parser": ""},
    {"workload": "llm", "tool_parser": "hermes", "reasoning_parser": "qwen3"},
    {"workload": "image", "tool_parser": "hermes"},
    {"username": "a-b"},
    {"name": "leo-master"},
    {"name": "leomaster"},
    {"exclude": ["l4", "a10", 4090, "5090", "a40"]},
    {"exclude": ["l4", "a10", 4090, "5090", "a40", "a4000"]},
    {"include": [4090, "l4"]},
    {"include": [4091]},
]
# Each wrong by itself, by a rule that stands in the schema.
WRONG: list[dict[str, Any]] = [
    {"workload": "video"},
    {"workload": None},
    {"engine": "tgi"},
    {"model": "no slash"},
    {"model": 3},
    {"revision": "main"},
    {"revision": "a" * 39},
    {"gated": "perhaps"},
    {"workload": "llm", "context_length": 511},
    {"workload": "llm", "context_length": 10**7},
    {"workload": "llm", "task": "rank"},
    {"username": "x"},
    {"username": "a b c"},
    {"username": 12},
    {"username": "a.b"},
    {"name": "Abc"},
    {"name": "raffinement"},
    {"name": "my-glyph"},
    {"name": "a-"},
    {"name": "1abc"},
    {"name": "a" * 49},
    {"tagline": "x" * 1025},
    {"tagline": ["x"]},
    {"tee": 1},
    {"tee": None},
    {"gpu_count": 0},
    {"gpu_count": 9},
    {"gpu_count": 1.5},
    {"gpu_count": True},
    {"min_vram_gb_per_gpu": 15},
    {"min_vram_gb_per_gpu": 141},
    {"include": ["H100"]},
    {"include": "h100"},
    {"include": None},
    {"exclude": [["l4"]]},
    {"max_hourly_price_per_gpu": 0},
    {"max_hourly_price_per_gpu": 10},
    {"max_hourly_price_per_gpu": []},
    {"concurrency": 0},
    {"workload": "llm", "concurrency": 257},
    {"max_instances": 0},
    {"max_instances": 101},
    {"scaling_threshold": 0},
    {"scaling_threshold": 1.01},
    {"keep_warm": "often"},
    {"shutdown_after_seconds": 59},
    {"shutdown_after_seconds": 604801},
    {"staging_max_instances": 0},
    {"staging_shutdown_after_seconds": 1},
    {"cache": "disk"},
    {"cache": False},
    {"metrics_cord": None},
    {"ci": "gitlab"},
    {"base_image": "ubuntu:24.04"},
    {"nmae": "x"},
    {"layer": "x"},
    {"gpus": []},
    {"": 1},
]


@cache
def validator() -> Any:
    """What judges by the schema."""
    return judge(schema(QUESTIONNAIRE))


def verdicts(answers: dict[str, Any]) -> tuple[bool, list[str]]:
    """What the schema says, and what the tool says."""
    full = {**REQUIRED, **answers}
    problems = QUESTIONNAIRE.resolve(full).problems
    return validator().is_valid(full), [f"{p.key} {p.message}" for p in problems]


def test_it_is_a_schema() -> None:
    validator().check_schema(schema(QUESTIONNAIRE))
    for key, described in schema(QUESTIONNAIRE)["properties"].items():
        assert described["description"], key
        assert described.keys() & {"type", "enum"}, key


@pytest.mark.parametrize(("key", "value"), SINGLE, ids=str)
def test_each_answer_is_judged_as_the_tool_judges_it(key: str, value: Any) -> None:
    valid, problems = verdicts({key: value})
    if valid and problems:
        # What depends on a default that the schema does not know, or on arithmetic over facts.
        assert re.search(BEYOND_THE_SCHEMA, "; ".join(problems)), problems
    if not valid and not problems:
        # A file may write true or 3 in quotes.
        assert isinstance(value, str)
        assert yaml.safe_load(value) != value


@pytest.mark.parametrize("answers", PAIRS, ids=str)
def test_what_goes_with_what_is_judged_as_the_tool_judges_it(answers: dict[str, Any]) -> None:
    valid, problems = verdicts(answers)
    assert valid == (not problems), problems


@pytest.mark.parametrize("answers", WRONG, ids=str)
def test_what_is_wrong_is_wrong_to_both(answers: dict[str, Any]) -> None:
    valid, problems = verdicts(answers)
    assert not valid
    assert problems


def test_what_is_missing_is_missing_to_both() -> None:
    for key in REQUIRED:
        rest = {name: value for name, value in REQUIRED.items() if name != key}
        assert not validator().is_valid(rest)
        assert [p.key for p in QUESTIONNAIRE.resolve(rest).problems] == [key]


#: Items of the lists whose items are not enumerated.
LISTED: dict[str, list[Any]] = {
    "endpoints": ENDPOINTS[:2],
    "models": [f"owner/name@{'0' * 40}", f"owner/other@{'1' * 40}"],
    "packages": ["einops==0.8.1", "timm==1.0.19"],
    "system_packages": ["ffmpeg", "libgl1=1.6.0-1"],
}


def conforming(key: str, described: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of one key that its own part of the schema allows."""
    if "enum" in described:
        return st.sampled_from(described["enum"])
    types = [described["type"]] if isinstance(described["type"], str) else described["type"]
    lowest = described.get("minimum", described.get("exclusiveMinimum"))
    highest = described.get("maximum", described.get("exclusiveMaximum"))
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "boolean": st.booleans(),
        "null": st.none(),
        "integer": st.integers(lowest, highest),
        "number": st.floats(
            lowest,
            highest,
            exclude_min="exclusiveMinimum" in described,
            exclude_max="exclusiveMaximum" in described,
        ),
        "array": st.lists(
            st.sampled_from(LISTED.get(key) or described.get("items", {"enum": [None]})["enum"]),
            min_size=described.get("minItems", 0),
            max_size=min(4, described.get("maxItems", 4)),
            unique_by=repr if key in LISTED else None,
        ),
        "string": st.from_regex(described["pattern"], fullmatch=True)
        if "pattern" in described
        else st.text(max_size=min(40, described.get("maxLength", 40))),
    }
    if key == "model":
        kinds["string"] |= st.sampled_from(CATALOG)
    return st.one_of(*(kinds[kind] for kind in types))


PROPERTIES = schema(QUESTIONNAIRE)["properties"]
MODELS = QUESTIONNAIRE.resolve({}).derived["catalog"]
CATALOG = [entry["id"] for entries in MODELS.values() for entry in entries]
CONFORMING = st.lists(st.sampled_from(list(PROPERTIES)), max_size=5, unique=True).flatmap(
    lambda keys: st.fixed_dictionaries({key: conforming(key, PROPERTIES[key]) for key in keys})
)


@pytest.mark.whole
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CONFORMING)
def test_what_the_schema_takes_fails_only_by_rules_it_cannot_express(
    answers: dict[str, Any],
) -> None:
    valid, problems = verdicts(answers)
    event(f"valid: {valid}, problems: {bool(problems)}")
    if valid:
        assert not [said for said in problems if not re.search(BEYOND_THE_SCHEMA, said)]
    else:  # by what goes with what, for each value by itself is as the schema says
        assert problems


@pytest.mark.path
@pytest.mark.parametrize("workload", ["image", "llm"])
def test_a_starter_file_names_the_schema_and_fits_it(
    chute_new: Run, tmp_path: Path, workload: str
) -> None:
    starter = chute_new("answers", "--workload", workload).stdout
    (first,) = re.findall(r"\A# yaml-language-server: \$schema=(\S+)\n", starter)
    assert f"chute-new answers --schema > {first}" in starter
    uncommented = re.sub(r"(?m)^# (?=[a-z_]+: )", "", starter).replace("  # required", " abc")
    answers = yaml.safe_load(uncommented)
    assert len(answers) > 20
    validator().validate(answers)
    # As it comes, with what is to be filled in, an editor finds nothing either; the tool does.
    as_it_comes = yaml.safe_load(starter)
    assert as_it_comes["username"] is None
    validator().validate(as_it_comes)
    problems = {(p.key, p.message) for p in QUESTIONNAIRE.resolve(as_it_comes).problems}
    assert problems == {("username", "is required"), ("name", "is required")}
    made = json.loads(chute_new.fresh("answers", "--schema").stdout)
    assert made == schema(QUESTIONNAIRE)


def examples() -> list[Path]:
    """The answers files that come with the project."""
    return sorted((ROOT / "examples").glob("*.yml"))


@pytest.mark.parametrize("example", examples(), ids=lambda path: path.stem)
def test_an_example_fits(example: Path) -> None:
    answers = read(str(example)).values
    assert QUESTIONNAIRE.resolve(answers).problems == []
    validator().validate(answers)


def test_every_answer_in_the_documentation_fits() -> None:
    described = schema(QUESTIONNAIRE)["properties"]
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    found = [
        setting
        for page in pages
        for setting in re.findall(r"--set[ =](\w+)=([^\s`]+)", page.read_text())
        if setting[0] != "KEY"
    ]
    blocks = [
        yaml.safe_load(block)
        for page in pages
        for block in re.findall(r"(?s)^```yaml\n(.*?)^```", page.read_text(), re.MULTILINE)
    ]
    found += [setting for block in blocks for setting in block.items()]
    assert len(found) > 6
    for key, value in found:
        assert key in described
        answer = typed(value, QUESTIONNAIRE.form(key)) if isinstance(value, str) else value
        validator().check_schema(described[key])
        validator().evolve(schema=described[key]).validate(answer)


def test_the_list_says_what_is_asked_beside_some_answers(chute_new: Run) -> None:
    run = chute_new("answers", "--questions", "--workload=llm", "--set=min_vram_gb_per_gpu=80")
    document = json.loads(run.stdout)
    asked = {question["key"]: question for question in document["questions"]}
    assert list(asked) == list(QUESTIONNAIRE.keys)
    assert asked["username"]["required"]
    assert asked["username"]["default"] is None
    assert asked["min_vram_gb_per_gpu"]["answer"] == 80
    assert [choice["value"] for choice in asked["engine"]["choices"]] == ["vllm", "sglang"]
    assert any(choice["refused_because"] for choice in asked["include"]["choices"])
    assert asked["concurrency"]["default"] == 64
    assert asked["max_instances"]["limits"]["maximum"] == 100
    assert re.search(asked["name"]["limits"]["not"]["pattern"], "raffinement")
    assert "Qwen/Qwen3-8B" in asked["model"]["catalog"]
    assert {problem["key"] for problem in document["problems"]} == {"username", "name"}


def test_known_answers_are_filled_in(chute_new: Run, tmp_path: Path) -> None:
    options = ["--workload=llm", "--set=username=bob", "--set=name=abc", "--set=include=l40s,h100"]
    starter = tmp_path / "starter.yml"
    starter.write_text(chute_new("answers", *options).stdout)
    known = {"workload": "llm", "username": "bob", "name": "abc", "include": ["l40s", "h100"]}
    assert read(str(starter)).values == known
    assert QUESTIONNAIRE.resolve(known).problems == []
    run = chute_new("answers", "--set=gpu_count=9", "--set=nmae=x")
    assert (run.returncode, run.stdout) == (2, "")
    assert "gpu_count must be" in run.stderr
    assert "did you mean name?" in run.stderr


def test_one_document_at_a_time(chute_new: Run) -> None:
    assert chute_new("answers", "--schema", "--questions").returncode == 2


def test_each_question_says_its_type() -> None:
    types = {q["key"]: q["type"] for q in listing(QUESTIONNAIRE, {})["questions"]}
    assert types["cache"] == types["name"] == "string"
    assert types["include"] == types["exclude"] == "array"
    assert (types["gpu_count"], types["tee"]) == ("integer", "boolean")
    assert types["max_hourly_price_per_gpu"] == ["number", "null"]


@pytest.mark.whole
@settings(max_examples=150, deadline=None)
@given(FEW)
def test_any_answers_can_be_listed_beside(answers: dict[str, Any]) -> None:
    document = json.loads(json.dumps(listing(QUESTIONNAIRE, answers)))
    assert [question["key"] for question in document["questions"]] == list(QUESTIONNAIRE.keys)
    wrong = {problem.key for problem in QUESTIONNAIRE.resolve(answers).problems}
    assert {problem["key"] for problem in document["problems"]} == wrong


def test_a_question_that_does_not_apply_says_so() -> None:
    asked = {q["key"]: q for q in listing(QUESTIONNAIRE, {"workload": "image"})["questions"]}
    assert asked["pictures"]["applies"] is False
    assert asked["cache"]["applies"] is True
