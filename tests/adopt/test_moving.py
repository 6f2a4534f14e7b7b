"""Code is moved, not rewritten: with its comments, under the same paths, into the class Model."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.check import findings
from scaffold.check.catalog import checks
from scaffold.errors import BadUsage
from support.adopting import CUSTOM, PROTOTYPES, Adopted, adopt, method, one


@pytest.fixture(scope="module")
def all_adopted(
    tmp_path_factory: pytest.TempPathFactory, questionnaire: Questionnaire
) -> dict[str, Adopted]:
    """All prototypes that become code of one's own."""
    return {
        name: adopt(PROTOTYPES / name, tmp_path_factory.mktemp("a") / "repository", questionnaire)
        for name in CUSTOM
    }


@pytest.mark.parametrize("name", CUSTOM)
def test_what_is_found_is_what_is_left(all_adopted: dict[str, Adopted], name: str) -> None:
    """The checklist finds nothing in the result but what the third list names."""
    adopted = all_adopted[name]
    left = {(entry.get("check"), entry["from"]) for entry in adopted.lists["left"]}
    found = findings(adopted.folder)
    assert [each for each in found if not adopted.adoption.accepts(each)] == []
    assert {(each.id, f"new {each.file}:{each.line}") for each in found} <= left


@pytest.mark.parametrize("name", CUSTOM)
def test_no_comment_is_lost(all_adopted: dict[str, Adopted], name: str) -> None:
    """Each is in the new chute.py, or told in ADOPTED.md."""
    adopted = all_adopted[name]
    source = adopted.adoption.prototype.module.text
    here = adopted.text + "".join(entry["what"] for entry in adopted.lists["carried"])
    comments = re.findall(r"(?m)^\s*(# .+)$|\s{2}(# [^\"'\n]+)$", source)
    lost = [part for pair in comments for part in pair if part and part.strip() not in here]
    assert lost == []


@pytest.mark.parametrize("name", CUSTOM)
def test_every_path_is_served_as_it_was(all_adopted: dict[str, Adopted], name: str) -> None:
    adopted = all_adopted[name]
    for cord in adopted.adoption.prototype.cords:
        path = cord.public_path or f"/{cord.value('path').value or cord.function.name}"
        served = re.findall(r'(?:public_api_path=|get_cord\()"([^"]+)"', adopted.text)
        assert path in served
        kind = cord.value("output_content_type").value
        if kind and kind != "text/event-stream" and path != "/health":
            assert f'output_content_type="{kind}"' in adopted.text


def test_bodies_of_functions_are_as_they_were(all_adopted: dict[str, Adopted]) -> None:
    """Statement by statement, but for returns, errors and where models come from."""
    text = all_adopted["guard.py"].text
    flatten = text[text.index("def flatten") :]
    assert flatten.startswith(
        "def flatten(messages: List[Message]) -> str:\n"
        '    text = """\n    the conversation\n"""\n'
        '    return text + "\\n".join(f"{m.role.value}: {m.content}" for m in messages)\n'
    )
    assert "            revision=MODEL_REVISION,  # pinned\n" in text
    assert "str(folders[MODEL_ID])" in text


def test_what_needs_heavy_packages_waits_for_the_model(all_adopted: dict[str, Adopted]) -> None:
    text = all_adopted["guard.py"].text
    tree = ast.parse(text)
    assert not any(
        isinstance(node, ast.Import | ast.ImportFrom) and "torch" in ast.unparse(node)
        for node in tree.body
    )
    made = method(text, "__init__")
    assert made.index("import torch\n") < made.index("DEVICE = ") < made.index("def score(")
    # Used by a method of Model, so it must be known to the whole file.
    assert re.search(r"global .*\bscore\b", made)
    film = all_adopted["film.py"].text
    assert 'def as_array(film: "torch.Tensor") -> np.ndarray:' in film


def test_names_that_meet_get_others(all_adopted: dict[str, Adopted]) -> None:
    text = all_adopted["edit_picture.py"].text
    assert 'OWN_MODELS = {"edit": "Qwen/Qwen-Image-Edit-2509"}' in text
    assert "class OwnModel(RequestModel):" in text
    assert "request=OwnModel," in text
    assert 'load_pipeline(OWN_MODELS["edit"])' in text
    assert "frozen=False" in text  # a field of it is changed


def test_models_without_a_commit_stay_as_they_are(all_adopted: dict[str, Adopted]) -> None:
    """Without a network nobody knows the commit; the third list says what to do."""
    adopted = all_adopted["transcribe.py"]
    assert "AutoProcessor.from_pretrained(MODEL)" in adopted.text
    assert any(entry.get("check") == "PI105" for entry in adopted.lists["left"])


def test_coroutines_stay_coroutines_of_one_loop(all_adopted: dict[str, Adopted]) -> None:
    text = all_adopted["clone.py"].text
    assert "self._wait(self._load(folders))" in method(text, "__init__")
    assert method(text, "clone").endswith("return self._wait(self._clone(request))")
    assert "async with self.lock:" in method(text, "_clone")
    told = all_adopted["tell.py"].text
    assert "yield from self._each(self._tell(request))" in method(told, "tell")
    assert 'yield _chunk(word + " ")' in method(told, "tell_plain")


def test_helpers_come_along_and_into_the_image(all_adopted: dict[str, Adopted]) -> None:
    adopted = all_adopted["documents"]
    pages = (PROTOTYPES / "documents/pages.py").read_text()
    assert (adopted.folder / "pages.py").read_text() == pages
    assert '.add("pages.py", "/app/pages.py")' in adopted.text
    wanted = (adopted.folder / "requirements/image.in").read_text()
    assert "rapidocr-onnxruntime==1.4.4\n" in wanted
    assert wanted.endswith("`make pin` locks them.\npypdfium2\n")
    project = tomllib.loads((adopted.folder / "pyproject.toml").read_text())
    assert project["tool"]["chutekit"]["added"] == ["pages.py"]


def test_modules_are_told_beside_packages_of_another_name(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    """The repository's own tests ask for the package of each module."""
    code = """
from chutes.image import Image
image = (
    Image(username="alice", name="one", tag="1")
    .run_command("pip install opencv-python-headless==4.12.0.88 scikit-learn torch PyYAML")
)
chute = Chute(username="alice", name="one", image=image, node_selector=NodeSelector())

class Body(BaseModel):
    text: str = Field(max_length=9)

@chute.cord(public_api_path="/go")
def go(self, body: Body):
    import cv2, yaml
    from sklearn.cluster import KMeans
    return {"n": 1}
"""
    adopted = one(tmp_path, questionnaire, code, chute="")
    wanted = (adopted.folder / "requirements/image.in").read_text().splitlines()
    assert "opencv-python-headless==4.12.0.88  # import cv2" in wanted
    assert "scikit-learn  # import sklearn" in wanted
    assert "pyyaml  # import yaml" in wanted


def test_errors_become_what_reaches_clients(tmp_path: Path, questionnaire: Questionnaire) -> None:
    adopted = one(
        tmp_path,
        questionnaire,
        """
class Body(BaseModel):
    n: int = Field(ge=0, le=9)

@chute.cord(public_api_path="/go")
async def go(self, body: Body):
    if body.n == 1:
        raise HTTPException(status_code=404, detail=f"no {body.n}")
    if body.n == 2:
        raise HTTPException(status.HTTP_429_TOO_MANY_REQUESTS, "later")
    if body.n == 3:
        return JSONResponse(status_code=418, content={"why": body.n})
    if body.n == 4:
        return JSONResponse({"n": 4})
    return {"n": body.n}
""",
    )
    go = method(adopted.text, "go")
    assert 'raise Refusal(400, "refused", f"no {body.n}")' in go
    assert 'raise Refusal(429, "refused", "later")' in go
    assert 'raise Refusal(400, "refused", str({"why": body.n}))' in go
    assert 'return GoAnswer.model_validate({"n": 4})' in go
    changed = {entry.get("check") for entry in adopted.lists["changed"]}
    assert {"ER101", "ER105"} <= changed


def test_answers_are_bytes_of_the_type_that_clients_got(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = one(
        tmp_path,
        questionnaire,
        """
class Body(BaseModel):
    text: str = Field(max_length=9)

@chute.cord(public_api_path="/plain", output_content_type="text/plain")
def plain(self, body: Body):
    return body.text

@chute.cord(public_api_path="/picture", output_content_type="image/png")
def picture(self, body: Body):
    return Response(content=self.draw(body.text), media_type="image/webp")

@chute.cord(public_api_path="/file")
def file(self, body: Body):
    return StreamingResponse(self.open(body.text), media_type="application/zip")
""",
    )
    assert "return _content(body.text)" in method(adopted.text, "plain")
    assert "return _content(self.draw(body.text))" in method(adopted.text, "picture")
    assert 'Model.picture, "image/webp")' in adopted.text
    assert "return _content(self.open(body.text))" in method(adopted.text, "file")
    assert 'output_content_type="application/zip"' in adopted.text


def test_an_empty_request_is_one(tmp_path: Path, questionnaire: Questionnaire) -> None:
    """In the prototype a POST without a parameter failed on any body."""
    adopted = one(
        tmp_path,
        questionnaire,
        '\n@chute.cord(public_api_path="/go")\ndef go(app):\n    return {"at": app.place}\n',
    )
    assert "class GoRequest(RequestModel):" in adopted.text
    assert "app = self\n" in method(adopted.text, "go")


def test_every_check_that_is_named_is_there(all_adopted: dict[str, Adopted]) -> None:
    named = {
        entry["check"]
        for adopted in all_adopted.values()
        for entries in adopted.lists.values()
        for entry in entries
        if entry.get("check")
    }
    assert named <= set(checks())


def test_decorators_of_its_own_stay_around_a_body(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = one(
        tmp_path,
        questionnaire,
        """
import torch

class Body(BaseModel):
    text: str = Field(max_length=9)

@chute.cord(public_api_path="/go")
@torch.inference_mode()
async def go(self, body: Body):
    # Without gradients.
    return {"n": self.model(body.text)}
""",
    )
    assert method(adopted.text, "go").endswith(
        "        body = request\n"
        "        @torch.inference_mode()\n"
        "        def whole():\n"
        "            # Without gradients.\n"
        '            return GoAnswer.model_validate({"n": self.model(body.text)})\n'
        "\n        return whole()"
    )
    assert "global torch" in method(adopted.text, "__init__")


def test_a_function_with_two_cords_is_one(tmp_path: Path, questionnaire: Questionnaire) -> None:
    adopted = one(
        tmp_path,
        questionnaire,
        """
class Body(BaseModel):
    text: str = Field(max_length=9)

@chute.cord(public_api_path="/go")
@chute.cord(path="again", public_api_path="/v1/go")
async def go(self, body: Body):
    return {"n": body.text}
""",
    )
    assert adopted.text.count('GoAnswer.model_validate({"n": body.text})') == 1
    assert {'public_api_path="/go"', 'public_api_path="/v1/go"'} <= set(
        re.findall(r'public_api_path="[^"]+"', adopted.text)
    )


KEY = "hf_" + "A1b2" * 9


def test_a_key_is_neither_moved_nor_told(tmp_path: Path, questionnaire: Questionnaire) -> None:
    """In the environment of an image it is left out; of code with one nothing is made."""
    code = """
from chutes.image import Image
TOKEN = 1
image = Image(username="alice", name="one", tag="1").with_env("HF_TOKEN", "KEY")
chute = Chute(username="alice", name="one", image=image, node_selector=NodeSelector())

class Body(BaseModel):
    text: str = Field(max_length=9)

@chute.cord(public_api_path="/go")
def go(self, body: Body):
    return {"n": TOKEN}
""".replace("KEY", KEY)
    (tmp_path / "a").mkdir()
    adopted = one(tmp_path / "a", questionnaire, code, chute="")
    told = (adopted.folder / "ADOPTED.md").read_text() + adopted.text + str(adopted.lists)
    assert KEY not in told
    assert "environment variable HF_TOKEN" in str(adopted.lists["left"])
    with pytest.raises(BadUsage, match=r"prototype\.py holds a key on line \d+") as stop:
        one(tmp_path, questionnaire, code.replace("TOKEN = 1", f"TOKEN = {KEY!r}"), chute="")
    assert KEY not in stop.value.message


def test_what_needs_the_instance_waits_for_it(tmp_path: Path, questionnaire: Questionnaire) -> None:
    adopted = one(
        tmp_path,
        questionnaire,
        """
import os

TOKEN = os.environ["SOME_TOKEN"]
FOLDER = os.environ.get("SOME_FOLDER", "/cache")

class GoAnswer:
    pass

class Body(BaseModel):
    text: str = Field(max_length=9)

@chute.cord(public_api_path="/go")
def go(self, body: Body):
    return {"n": TOKEN, "at": FOLDER}
""",
    )
    made = method(adopted.text, "__init__")
    assert "global TOKEN\n" in made
    assert 'TOKEN = os.environ["SOME_TOKEN"]' in made
    assert '\nFOLDER = os.environ.get("SOME_FOLDER", "/cache")\n' in adopted.text
    # A class of that name was there already.
    assert "class NewGoAnswer(BaseModel):" in adopted.text


def test_an_answer_with_an_error_status_keeps_its_sentence(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    adopted = one(
        tmp_path,
        questionnaire,
        """
@chute.cord(public_api_path="/go")
async def go(self, body: dict):
    if len(body["items"]) > 20:
        return JSONResponse({"error": "too many"}, status_code=413)
    return {"n": len(body["items"])}
""",
    )
    assert 'raise Refusal(400, "refused", "too many")' in method(adopted.text, "go")


def test_events_that_are_put_together_are_events(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    code = """
@chute.cord(public_api_path="/go", stream=True)
async def go(self, body: dict):
    yield "data: " + str(body["n"]) + "\\n\\n"
"""
    adopted = one(tmp_path, questionnaire, code)
    assert "OU107" not in [each.get("check") for each in adopted.lists["left"]]
