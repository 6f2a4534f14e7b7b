"""The questions for programs: a JSON Schema that agrees with the tool, and a list of them."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from conftest import REQUIRED, ROOT, Run
from test_same_as_copier import VALUES

from scaffold.answers import read
from scaffold.questions import Questionnaire
from scaffold.schema import listing, schema

QUESTIONNAIRE = Questionnaire()
VALIDATOR = jsonschema.Draft202012Validator(schema(QUESTIONNAIRE))
MODEL = {"model": "owner/name", "revision": "0123456789abcdef" * 2 + "01234567"}
BEYOND_THE_SCHEMA = (
    r"hold|leaves no GPU|needs|is a model for|looks like|must be 1:|must be true|at most 5"
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
]


def verdicts(answers: dict[str, Any]) -> tuple[bool, list[str]]:
    """What the schema says, and what the tool says."""
    full = {**REQUIRED, **answers}
    problems = QUESTIONNAIRE.resolve(full).problems
    return VALIDATOR.is_valid(full), [f"{p.key} {p.message}" for p in problems]


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema(QUESTIONNAIRE))
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
        # A file may write true or 3 in quotes, or one GPU without its list.
        assert (isinstance(value, str) and yaml.safe_load(value) != value) or key == "include", (
            value
        )


@pytest.mark.parametrize("answers", PAIRS, ids=str)
def test_what_goes_with_what_is_judged_as_the_tool_judges_it(answers: dict[str, Any]) -> None:
    valid, problems = verdicts(answers)
    assert valid == (not problems), problems


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
    VALIDATOR.validate(answers)
    made = json.loads(chute_new("answers", "--schema").stdout)
    assert made == schema(QUESTIONNAIRE)


def examples() -> list[Path]:
    """The answers files that come with the project."""
    return sorted((ROOT / "examples").glob("*.yml"))


@pytest.mark.parametrize("example", examples(), ids=lambda path: path.stem)
def test_an_example_fits(example: Path) -> None:
    answers = read(str(example)).values
    assert QUESTIONNAIRE.resolve(answers).problems == []
    VALIDATOR.validate(answers)


def test_every_setting_in_the_documentation_fits() -> None:
    described = schema(QUESTIONNAIRE)["properties"]
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    found = [
        setting
        for page in pages
        for setting in re.findall(r"--set[ =](\w+)=([^\s`]+)", page.read_text())
        if setting[0] != "KEY"
    ]
    assert len(found) > 3
    for key, value in found:
        jsonschema.validate(yaml.safe_load(value), described[key])


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
    assert "Qwen/Qwen3-8B" in asked["model"]["catalog"]
    assert {problem["key"] for problem in document["problems"]} == {"username", "name"}


def test_a_question_that_does_not_apply_says_so() -> None:
    asked = {q["key"]: q for q in listing(QUESTIONNAIRE, {"workload": "image"})["questions"]}
    assert asked["task"]["applies"] is False
    assert asked["cache"]["applies"] is True
