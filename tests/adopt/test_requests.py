"""Requests keep their names and fields; each bound that they lacked is marked and told."""

import re
from pathlib import Path
from typing import Any

import pytest

from scaffold.answers.questions import Questionnaire
from support.adopting import Adopted, one

CORD = """
@chute.cord(public_api_path="/go")
def go(self, body: Body):
    return {"ok": True}
"""
MARK = "  # A bound of adopt: is it right?"


def with_body(
    folder: Path, questionnaire: Questionnaire, fields: str, before: str = "", cord: str = CORD
) -> Adopted:
    """A prototype whose one request has these fields."""
    rows = "".join(f"    {row}\n" for row in fields.strip().splitlines())
    return one(folder, questionnaire, f"{before}\nclass Body(BaseModel):\n{rows}\n{cord}")


def field(adopted: Adopted, name: str) -> str:
    """The line of a field in the new chute.py."""
    match = re.search(rf"^    ({name}: .*)$", adopted.text, re.M)
    assert match, adopted.text
    return match[1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("it: str", f"it: str = Field(max_length=20000){MARK}"),
        ("it: str = 'x'", f"it: str = Field('x', max_length=20000){MARK}"),
        (
            "it: str = Field(..., min_length=2)",
            f"it: str = Field(..., min_length=2, max_length=20000){MARK}",
        ),
        ("it: str = Field('x',)", f"it: str = Field('x', max_length=20000){MARK}"),
        ("it: str = Field(max_length=5)", "it: str = Field(max_length=5)"),
        ("it: str | None = None", f"it: str | None = Field(None, max_length=20000){MARK}"),
        ("it: str = None", f"it: str | None = Field(None, max_length=20000){MARK}"),
        ("it: int = Field(None, ge=0, le=9)", "it: int | None = Field(None, ge=0, le=9)"),
        ("it: int", f"it: int = Field(ge=-1000000, le=1000000){MARK}"),
        ("it: float = Field(1.5, gt=0)", f"it: float = Field(1.5, gt=0, le=1000000){MARK}"),
        ("it: int = 5_000_000", "it: int = 5_000_000"),
        ("it: bool = True", "it: bool = True"),
        ("it: list[int]", f"it: list[int] = Field(max_length=100){MARK}"),
        (
            "it: list[str] = Field(max_length=3)",
            "it: list[Annotated[str, Field(max_length=20000)]] = Field(max_length=3)",
        ),
        ("image_b64: str", "image_b64: Base64"),
        (
            "image_b64s: list[str] = []",
            f"image_b64s: list[Base64] = Field([], max_length=10){MARK}",
        ),
        ("audio_b64: str = Field(description='a')", "audio_b64: Base64 = Field(description='a')"),
        ("audio_b64: str = Field(max_length=99)", "audio_b64: str = Field(max_length=99)"),
    ],
)
def test_a_field_gets_the_bound_that_it_lacks(
    tmp_path: Path, questionnaire: Questionnaire, before: str, after: str
) -> None:
    adopted = with_body(tmp_path, questionnaire, before)
    assert field(adopted, before.partition(":")[0]) == after
    told = [it for it in adopted.lists["changed"] if it.get("check") == "IV106"]
    assert bool(told) == (MARK in after or after == "image_b64: Base64" or "audio_b64: B" in after)
    assert "most_bytes(Body)" in adopted.text


def test_what_json_has_no_type_for_is_still_taken(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = with_body(
        tmp_path,
        questionnaire,
        "kind: Kind = Kind.A\nday: date\n",
        "from datetime import date\nfrom enum import Enum\n"
        "class Kind(str, Enum):\n    A = 'a'\n    B = 'b'\n",
    )
    assert field(adopted, "kind") == "kind: Annotated[Kind, Field(strict=False)] = Kind.A"
    assert field(adopted, "day") == "day: Annotated[date, Field(strict=False)]"
    assert '"day": "2026-01-01"' in adopted.text


def test_what_has_no_size_is_bounded_as_a_whole_and_told(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = with_body(
        tmp_path, questionnaire, "options: Dict[str, Any] = {}", "from typing import Any, Dict\n"
    )
    assert "max_body_bytes=67108864," in adopted.text
    assert any(
        it["what"] == "field options of Body" and "max_body_bytes" in it["why"]
        for it in adopted.lists["left"]
    )


def test_settings_of_a_model_stay_but_for_being_strict(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = with_body(
        tmp_path,
        questionnaire,
        'model_config = ConfigDict(extra="allow", populate_by_name=True)\n'
        'it: int = Field(alias="count", ge=1, le=3)\n',
        "from pydantic import ConfigDict\n",
    )
    assert (
        'model_config = ConfigDict(populate_by_name=True, json_schema_extra={"examples": '
        "[GO_EXAMPLE]})" in adopted.text
    )
    assert 'GO_EXAMPLE = {"count": 1}' in adopted.text
    assert any(it["what"] == "the settings of Body" for it in adopted.lists["changed"])


@pytest.mark.parametrize(
    ("fields", "example"),
    [
        ("it: str = Field(max_length=4)", {"it": "an e"}),
        ("it: str = Field(max_length=9, examples=['mine'])", {"it": "mine"}),
        ("it: str = Field(max_length=5, pattern='^[a-z]{2}$')", {"it": "en"}),
        ("it: int = Field(ge=7, le=9)", {"it": 7}),
        ("it: int = Field(gt=3, lt=100, multiple_of=8)", {"it": 8}),
        ("it: float = Field(gt=2, le=9)", {"it": 2.001}),
        ("a: int = Field(1, ge=1, le=2)\nb: str = Field('x', max_length=9)", {"b": "an exampl"}),
        ("it: list[int] = Field(min_length=2, max_length=3)", {"it": [1, 1]}),
    ],
)
def test_examples_are_within_bounds(
    tmp_path: Path, questionnaire: Questionnaire, fields: str, example: dict[str, Any]
) -> None:
    adopted = with_body(tmp_path, questionnaire, fields)
    assert adopted.adoption.endpoints.posts[0].body.example == example


def test_an_example_of_ones_own_goes_before_one_that_is_made_up(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = with_body(
        tmp_path,
        questionnaire,
        "text: str = Field(max_length=99)\nseed: int = Field(0, ge=0, le=9)\n",
        "class Small(BaseModel):\n    text: str = 'the sea'\n",
        CORD.replace('"/go")', '"/go", input_schema=Body, minimal_input_schema=Small)'),
    )
    assert adopted.adoption.endpoints.posts[0].body.example == {"text": "the sea"}


def test_a_dict_becomes_a_class_with_what_the_code_reads(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = one(
        tmp_path,
        questionnaire,
        """
@chute.cord(public_api_path="/go")
async def go(self, data: dict):
    if "mask_b64" in data:
        pass
    return {"a": data["text"], "b": float(data.get("scale", 1.5)), "c": data.get("mode", "fast")}
""",
    )
    assert field(adopted, "text") == "text: JsonValue"
    assert field(adopted, "scale").startswith("scale: float | None = Field(None, ge=")
    assert field(adopted, "mode").startswith("mode: str | None = Field(None, max_length=20000)")
    assert field(adopted, "mask_b64") == "mask_b64: JsonValue = Field(None)"
    assert "data = request.model_dump(exclude_unset=True)" in adopted.text


def test_a_dict_that_is_handed_on_takes_any_field(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = one(
        tmp_path,
        questionnaire,
        """
@chute.cord(public_api_path="/go")
async def go(self, data: dict):
    return self.run(**data)
""",
    )
    assert "class GoRequest(BaseModel):" in adopted.text
    assert "parse=GoRequest.model_validate," in adopted.text
    assert "input_schema=GO_SCHEMA," in adopted.text
    tests = (adopted.folder / "tests/test_api.py").read_text()
    assert 'OPEN = {"/go"}' in tests
    assert "no_such_field" not in tests.partition("@pytest")[0]
    assert any(it.get("check") == "IV115" for it in adopted.lists["left"])
