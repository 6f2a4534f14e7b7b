"""What is left for the owner of a prototype is told, and why."""

from pathlib import Path

import pytest

from scaffold.adopt.ledger import shown
from scaffold.answers.questions import Questionnaire
from support.adopting import PROTOTYPES, adopt, one


def test_what_is_done_to_the_chute_is_left(tmp_path: Path, questionnaire: Questionnaire) -> None:
    adopted = one(
        tmp_path,
        questionnaire,
        """
chute.state.ready = False

@chute.get("/extra")
def extra():
    return 1

class Body(BaseModel):
    text: str = Field(max_length=9)

@chute.cord(public_api_path="/go")
def go(self, body: Body):
    return {"n": body.text}
""",
    )
    left = [entry["what"] for entry in adopted.lists["left"]]
    assert "chute.state.ready = False" in left
    assert any("def extra" in what or '@chute.get("/extra")' in what for what in left)
    assert "ready" not in adopted.text


def test_failures_that_a_cord_hides_are_left_for_the_owner(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = one(
        tmp_path,
        questionnaire,
        """
@chute.cord(public_api_path="/go")
async def go(self, body: dict):
    try:
        return {"n": int(body["n"])}
    except Exception as error:
        return {"error": str(error)}
""",
    )
    found = {each.get("check"): each["from"] for each in adopted.lists["left"]}
    line = (
        (tmp_path / "prototype.py")
        .read_text()
        .split("\n")
        .index('        return {"error": str(error)}')
    )
    assert found["ER102"] == found["ER103"] == f"prototype.py:{line + 1}"


def test_why_a_helper_is_imported_late_is_not_that_no_package_has_it(
    questionnaire: Questionnaire, tmp_path: Path
) -> None:
    adopted = adopt(PROTOTYPES / "documents", tmp_path / "repository", questionnaire)
    why = {each["what"]: each["why"] for each in adopted.lists["changed"]}
    helpers = [
        each for each in adopted.adoption.pieces.heavy if adopted.adoption.pieces.is_helper(each)
    ]
    assert helpers
    for node in helpers:
        assert why[shown(node)].startswith("it is a file of yours beside chute.py")


def test_a_model_without_a_commit_is_left_and_not_carried(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    code = """
@chute.on_startup()
async def load(self):
    from transformers import AutoModel
    self.model = AutoModel.from_pretrained("owner/judge")

@chute.cord(public_api_path="/go")
async def go(self, body: dict):
    return {"n": body["n"]}
"""
    lists = one(tmp_path, questionnaire, code).lists
    assert "model owner/judge" in [each["what"] for each in lists["left"]]
    assert "model owner/judge" not in [each["what"] for each in lists["carried"]]


@pytest.mark.parametrize("name", ["speak.py", "chat_vllm.py", "sdxl_template.py"])
def test_the_readme_points_to_what_was_told(
    name: str, tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = adopt(PROTOTYPES / name, tmp_path / "repository", questionnaire)
    assert "(ADOPTED.md)" in (adopted.folder / "README.md").read_text()


def test_packages_that_no_lock_has_are_left_to_be_pinned(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = adopt(PROTOTYPES / "speak.py", tmp_path / "repository", questionnaire)
    (entry,) = [each for each in adopted.lists["left"] if "without hashes" in each["what"]]
    assert entry["what"] == "packages without hashes: kokoro==0.9.4"
    assert "make pin" in entry["why"]
    assert adopted.adoption.pin == "make pin"  # before the tests, says the next step


def test_what_is_locked_already_needs_no_pin_first(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = adopt(PROTOTYPES / "guard.py", tmp_path / "repository", questionnaire)
    assert adopted.adoption.pin in ("", 'make pin ARGS="--only tag"')


def test_what_no_cord_is_given_is_left_for_the_owner(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    code = """
from fastapi import Request

@chute.cord(public_api_path="/go")
async def go(self, request: Request):
    return {"n": (await request.json())["n"]}
"""
    left = one(tmp_path, questionnaire, code).lists["left"]
    assert "IV103" in [each.get("check") for each in left]
