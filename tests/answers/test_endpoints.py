"""The answers of a model of one's own: lists that hold things, judged part by part."""

import json
from pathlib import Path
from typing import Any

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.answers.reading import assign, read
from scaffold.answers.schema import schema
from scaffold.errors import BadUsage
from support.answers import A_COMMIT, CUSTOM, ENDPOINTS, REQUIRED
from support.judging import judge

QUESTIONNAIRE = Questionnaire()
FIELD = {"text": {"type": "str"}}


def problems(**answers: Any) -> dict[str, str]:
    """What is wrong, by place."""
    found = QUESTIONNAIRE.resolve({**REQUIRED, "workload": "custom", **answers}).problems
    return {problem.key: problem.message for problem in found}


def one(**changes: Any) -> list[dict[str, Any]]:
    """One endpoint, right but for the changes."""
    return [{"name": "read", "fields": FIELD, **changes}]


def field(**said: Any) -> list[dict[str, Any]]:
    """One endpoint with that field."""
    return one(fields={"it": said})


@pytest.mark.parametrize("answers", CUSTOM, ids=lambda answers: str(answers)[:40])
def test_what_a_whole_api_needs_can_be_answered(answers: dict[str, Any]) -> None:
    assert problems(**answers) == {}
    full = {**REQUIRED, **answers}
    assert judge(schema(QUESTIONNAIRE)).is_valid(full)


@pytest.mark.parametrize(
    ("endpoints", "place"),
    [
        ("read", "endpoints"),
        ([], "endpoints"),
        ({}, "endpoints"),
        (None, "endpoints"),
        (one() * 21, "endpoints"),
        ([7], "endpoints.0"),
        ([{"fields": FIELD}, *one()], "endpoints.0.name"),
        (one(name="Read"), "endpoints.0.name"),
        (one(name=7), "endpoints.0.name"),
        (one(name="a" * 31), "endpoints.0.name"),
        (one(path="read"), "endpoints.0.path"),
        (one(path="/Read"), "endpoints.0.path"),
        (one(path="/1/read"), "endpoints.0.path"),
        (one(path="/read/"), "endpoints.0.path"),
        (one(answer="xml"), "endpoints.0.answer"),
        (one(answer=None), "endpoints.0.answer"),
        (one(gpu="yes"), "endpoints.0.gpu"),
        (one(cache="lru"), "endpoints.0.cache"),
        (one(method="GET"), "endpoints.0.method"),
        (one(description="two\nlines"), "endpoints.0.description"),
        (one(fields={}), "endpoints.0.fields"),
        (one(fields=["text"]), "endpoints.0.fields"),
        (one(fields={"Text": {"type": "str"}}), "endpoints.0.fields.Text"),
        (one(fields={"it": "str"}), "endpoints.0.fields.it"),
        (field(), "endpoints.0.fields.it.type"),
        (field(type="text"), "endpoints.0.fields.it.type"),
        (field(type="list"), "endpoints.0.fields.it.type"),
        (field(type="str", ge=1), "endpoints.0.fields.it.ge"),
        (field(type="int", ge="1"), "endpoints.0.fields.it.ge"),
        (field(type="int", ge=True), "endpoints.0.fields.it.ge"),
        (field(type="int", multiple_of=0), "endpoints.0.fields.it.multiple_of"),
        (field(type="int", default=1.5), "endpoints.0.fields.it.default"),
        (field(type="str", choices=["a"]), "endpoints.0.fields.it.choices"),
        (field(type="str", choices=["a", 1]), "endpoints.0.fields.it.choices.1"),
        (field(type="list[int]", default=[1, "a"]), "endpoints.0.fields.it.default.1"),
        (field(type="image_b64", megapixels=0), "endpoints.0.fields.it.megapixels"),
        (field(type="image_b64", default="x"), "endpoints.0.fields.it.default"),
        (field(type="image_b64", seconds=3), "endpoints.0.fields.it.seconds"),
        (field(type="file_b64", kinds=["pdf"]), "endpoints.0.fields.it.kinds.0"),
        (one(returns={"it": {"type": "image_b64"}}), "endpoints.0.returns.it.type"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_by_its_place_and_wrong_to_the_schema(
    endpoints: Any, place: str
) -> None:
    assert list(problems(endpoints=endpoints)) == [place]
    full = {**REQUIRED, "workload": "custom", "endpoints": endpoints}
    assert not judge(schema(QUESTIONNAIRE)).is_valid(full)


def test_a_name_that_yaml_takes_for_a_number_is_no_name() -> None:
    assert list(problems(endpoints=one(fields={5: {"type": "str"}}))) == ["endpoints.0.fields"]


@pytest.mark.parametrize("key", ["two words", "a; endpoints: b", "x" * 100, "", "line\n"])
def test_a_key_that_is_no_name_at_all_is_not_repeated(key: str) -> None:
    found = problems(endpoints=field(type="str", **{key: 1}))
    assert found == {"endpoints.0.fields.it": "has a key that is no name"}


@pytest.mark.parametrize(
    ("endpoints", "place", "told"),
    [
        ([*one(), *one(path="/b")], "endpoints.1.name", "is the name of another"),
        ([*one(), *one(name="b", path="/read")], "endpoints.1.path", "is the path of another"),
        (one(name="class"), "endpoints.0.name", "chute.py uses class itself"),
        (one(name="chute"), "endpoints.0.name", "chute.py uses chute itself"),
        (one(name="never_cached"), "endpoints.0.name", "chute.py uses never_cached itself"),
        (one(name="without_gpu"), "endpoints.0.name", "chute.py uses without_gpu itself"),
        (one(cache=True, answer="text/event-stream"), "endpoints.0.cache", "made anew each time"),
        (one(path="/health"), "endpoints.0.path", "served already"),
        (one(path="/ping"), "endpoints.0.path", "served already"),
        (one(fields={"from": {"type": "str"}}), "endpoints.0.fields.from", "must be another name"),
        (one(fields={"copy": {"type": "str"}}), "endpoints.0.fields.copy", "must be another name"),
        (one(fields={"model_x": FIELD["text"]}), "endpoints.0.fields.model_x", "another name"),
        (one(answer="image/png", returns=FIELD), "endpoints.0.returns", "applies to an answer in"),
        (field(type="str", pattern="^x$"), "endpoints.0.fields.it.example", "required beside"),
        (
            field(type="str", pattern="^x$", example="y"),
            "endpoints.0.fields.it.example",
            "within the bounds",
        ),
        (
            field(type="str", max_length=3, default="long"),
            "endpoints.0.fields.it.default",
            "within the bounds",
        ),
        (
            field(type="str", choices=["a", "b"], default="c"),
            "endpoints.0.fields.it.default",
            "within the bounds",
        ),
        (field(type="int", ge=5, le=4), "endpoints.0.fields.it", "leaves no value"),
        (
            [*one(name="v_2"), *one(name="v2", path="/b")],
            "endpoints.1.name",
            "differs from another endpoint in nothing but _",
        ),
        (
            [
                *one(name="a", fields={"b_c": {"type": "str", "choices": ["x", "y"]}}),
                *one(name="a_b", path="/b", fields={"c": {"type": "str", "choices": ["x", "z"]}}),
            ],
            "endpoints.1.fields.c",
            "behind that of its endpoint",
        ),
        (one(fields={"list": FIELD["text"]}), "endpoints.0.fields.list", "another name"),
        (
            field(type="str", min_length=9, max_length=3),
            "endpoints.0.fields.it.min_length",
            "at most max_length",
        ),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_named(endpoints: Any, place: str, told: str) -> None:
    found = problems(endpoints=endpoints)
    assert list(found) == [place]
    assert told in found[place]


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("models", ["a/b", "a/b@main", f"b@{A_COMMIT}", 5]),
        ("packages", ["torch", "torch>=2", "torch==", "https://example.com/x.whl", "-r x"]),
        ("system_packages", ["Ffmpeg", "ffmpeg;", "a b", "$(x)", "--now", "ffmpeg=1 2"]),
    ],
)
def test_a_list_names_each_entry_that_is_wrong(key: str, wrong: list[Any]) -> None:
    assert list(problems(**{key: wrong})) == [f"{key}.{place}" for place in range(len(wrong))]


@pytest.mark.parametrize("pattern", ["(?=x)x", "(?<!y)x", r"(x)\1", "(?P<a>x)(?P=a)"])
def test_a_pattern_that_pydantic_cannot_use_is_refused(pattern: str) -> None:
    found = problems(endpoints=field(type="str", pattern=pattern, example="x"))
    assert "without look-around" in found["endpoints.0.fields.it.pattern"]


def test_a_pattern_that_is_none_is_refused() -> None:
    found = problems(endpoints=field(type="str", pattern="(", example="x"))
    assert found["endpoints"].startswith("holds a pattern that is no regular expression")


@pytest.mark.parametrize("key", ["ge", "lt", "default", "example"])
@pytest.mark.parametrize("value", [float("inf"), float("nan"), -1e301])
def test_a_number_that_no_body_can_hold_is_refused(key: str, value: float) -> None:
    assert list(problems(endpoints=field(type="float", **{key: value}))) == [
        f"endpoints.0.fields.it.{key}"
    ]


def test_no_secret_hides_in_a_list() -> None:
    token = "hf_" + "Aa1" * 12
    found = problems(endpoints=field(type="str", default=token))
    assert list(found) == ["endpoints.0.fields.it.default"]
    assert token not in found["endpoints.0.fields.it.default"]


@pytest.mark.parametrize("key", ["endpoints", "models", "packages", "system_packages"])
def test_lists_are_for_a_model_of_ones_own_only(key: str) -> None:
    value = ENDPOINTS if key == "endpoints" else []
    found = QUESTIONNAIRE.resolve({**REQUIRED, key: value}).problems
    assert [(each.key, each.message) for each in found] == [
        (key, "does not apply to workload image")
    ]


def test_nothing_is_remembered_unless_it_is_said() -> None:
    """What a method answers may differ each time; and repositories made before have no cache."""
    own = QUESTIONNAIRE.resolve({**REQUIRED, "workload": "custom"})
    assert own.answers["cache"] == "none"
    assert problems(cache="redis", endpoints=one(cache=False)) == {}
    assert problems(cache="none", endpoints=one(cache=True)) == {}
    assert problems(endpoints=one(cache=False, answer="text/event-stream")) == {}


@pytest.mark.parametrize("key", ["engine", "model", "revision", "task", "context_length"])
def test_what_belongs_to_other_workloads_is_refused(key: str) -> None:
    assert problems(**{key: "x"}) == {key: "does not apply to workload custom"}
    full = {**REQUIRED, "workload": "custom", key: "x"}
    assert not judge(schema(QUESTIONNAIRE)).is_valid(full)


FILE = """\
workload: custom
username: alice
name: mine
endpoints:
  - name: read
    fields:
      text: {type: str}
      image_b64:
        type: image_b64
        megapixels: many
  - name: Write
    fields:
      text: {type: text}
models:
  - a/b@main
"""
LINES = {
    "endpoints.0.fields.image_b64.megapixels": 10,
    "endpoints.1.name": 11,
    "endpoints.1.fields.text.type": 13,
    "models.0": 15,
}


def test_every_problem_has_the_line_it_stands_on(tmp_path: Path) -> None:
    path = tmp_path / "answers.yml"
    path.write_text(FILE)
    given = read(str(path))
    found = QUESTIONNAIRE.resolve(given.values, given.lines).problems
    assert {problem.key: problem.line for problem in found} == LINES
    assert next(p.value for p in found if p.key == "endpoints.1.name") == "Write"


def test_json_has_lines_too(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    answers = {**REQUIRED, "workload": "custom", "endpoints": one(name="Read")}
    path.write_text(json.dumps(answers, indent=1))
    given = read(str(path))
    (problem,) = QUESTIONNAIRE.resolve(given.values, given.lines).problems
    assert problem.line == 1 + [line.strip() for line in path.read_text().splitlines()].index(
        '"name": "Read",'
    )


def test_what_set_replaces_has_no_line_any_more(tmp_path: Path) -> None:
    path = tmp_path / "answers.yml"
    path.write_text(FILE)
    given = assign(
        read(str(path)), ["endpoints=[{name: Read, fields: {a: {type: int}}}]"], QUESTIONNAIRE.form
    )
    found = QUESTIONNAIRE.resolve(given.values, given.lines).problems
    assert [(p.key, p.line) for p in found] == [("endpoints.0.name", None), ("models.0", 15)]


@pytest.mark.parametrize(
    "fields",
    [{"\ud800": {"type": "str"}}, {"text": {"type": "str", "description": "\ud800"}}],
    ids=["name", "value"],
)
def test_what_is_no_text_is_refused_wherever_it_stands(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({**REQUIRED, "endpoints": one(fields=fields)}))
    with pytest.raises(BadUsage) as refused:
        read(str(file))
    assert [problem.key for problem in refused.value.problems] == ["endpoints"]
