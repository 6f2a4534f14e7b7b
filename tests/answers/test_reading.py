"""Answers files: what can be read, and that nothing in one can do more than be a value."""

import io
import sys
from pathlib import Path

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.answers.reading import MAX_BYTES, Given, assign, read
from scaffold.errors import BadUsage


def written(folder: Path, content: str | bytes) -> str:
    """The path of an answers file with this content."""
    path = folder / "answers.yml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_yaml_gives_values_and_their_lines(tmp_path: Path) -> None:
    given = read(written(tmp_path, "# mine\nname: x\n\ngpu_count: 2\ninclude: [a, b]\n"))
    assert given.values == {"name": "x", "gpu_count": 2, "include": ["a", "b"]}
    assert given.lines == {
        "name": 2,
        "gpu_count": 4,
        "include": 5,
        "include.0": 5,
        "include.1": 5,
    }


@pytest.mark.parametrize("indent", [None, 2, "\t"], ids=["flat", "spaces", "tabs"])
def test_json_is_read_too(tmp_path: Path, indent: int | str | None) -> None:
    import json

    values = {"name": "x", "tee": True, "include": ["a"], "tagline": 'q"\\/ \n é 🎈', "p": None}
    assert read(written(tmp_path, json.dumps(values, indent=indent))).values == values


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"name: x")))
    assert read("-").values == {"name": "x"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("", "is empty", id="empty"),
        pytest.param("# only a comment\n", "is empty", id="comment"),
        pytest.param("a: [1, 2", "neither YAML nor JSON", id="broken"),
        pytest.param("just words", "not a mapping", id="words"),
        pytest.param("- a\n- b\n", "not a mapping", id="list"),
        pytest.param("a: 1\n---\nb: 2\n", "neither YAML nor JSON", id="two-documents"),
        pytest.param("a: 1\nb: 2\na: 3\n", "could not be read", id="twice"),
        pytest.param('{\n\t"a": 1,\n\t"a": 2}', "stands twice", id="twice-json"),
        pytest.param("a: &x [1]\nb: *x\n", "anchors", id="anchor"),
        pytest.param("a: !!python/object/apply:os.system ['true']\n", "the tag", id="object"),
        pytest.param("a: !custom 1\n", "the tag", id="tag"),
        pytest.param("a: !!binary aGk=\n", "the tag", id="binary"),
        pytest.param("[" * 3000, "nested too deeply", id="deep"),
        pytest.param(b"\xff\xfe\x00", "not UTF-8", id="bytes"),
        pytest.param("a: b\n" * (MAX_BYTES // 4), "larger than", id="huge"),
        pytest.param('a: "\\ud800"\n', "could not be read", id="surrogate"),
        pytest.param(f"a: 0x{'f' * 5000}\n", "could not be read", id="a number of any size"),
        pytest.param(f"a: [{'1:' * 3000}1]\n", "could not be read", id="minutes of minutes"),
        pytest.param(f'{{"a": {{"b": {10**30}}}}}', "could not be read", id="a number in JSON"),
        pytest.param("a: " + "9" * 5000, "could not be read", id="digits"),
    ],
)
def test_what_is_no_answers_file_is_refused(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(BadUsage) as refused:
        read(written(tmp_path, content))
    assert says in refused.value.message


def test_a_key_given_twice_names_both_lines(tmp_path: Path) -> None:
    with pytest.raises(BadUsage) as refused:
        read(written(tmp_path, "name: x\ntee: true\nname: y\n"))
    (problem,) = refused.value.problems
    assert (problem.key, problem.line) == ("name", 3)
    assert "line 1" in problem.message


def test_a_missing_file_is_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match=r"no-such\.yml"):
        read(str(tmp_path / "no-such.yml"))


def test_what_yaml_takes_for_a_date_stays_text(tmp_path: Path) -> None:
    assert read(written(tmp_path, "tagline: 2026-11-23\n")).values == {"tagline": "2026-11-23"}


def test_set_wins_and_loses_the_line() -> None:
    given = assign(
        Given({"name": "a", "tee": True}, {"name": 1, "tee": 2}),
        ["name=b=c", "gpu_count=2", "include=l4, a10", "exclude=", "max_hourly_price_per_gpu=null"],
        Questionnaire().form,
    )
    assert given.values == {
        "name": "b=c",
        "tee": True,
        "gpu_count": 2,
        "include": ["l4", "a10"],
        "exclude": [],
        "max_hourly_price_per_gpu": None,
    }
    assert given.lines == {"tee": 2}


def test_set_without_a_value_is_refused() -> None:
    with pytest.raises(BadUsage) as refused:
        assign(Given(), ["name"], Questionnaire().form)
    assert refused.value.problems[0].message == "is not of the form KEY=VALUE"
