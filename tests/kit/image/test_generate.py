"""POST /generate, as a client of `make dev` sees it."""

import io
import json
import threading

import httpx
import pytest
from chute import MAX_PIXELS, GenerateRequest
from chutekit.testing.fixtures import MARKER
from chutekit.testing.running import RunningChute
from PIL import Image
from tests.bodies import SIDE, WRONG


def seed_of(image: Image.Image) -> int:
    """The seed a picture carries."""
    if image.format == "PNG":
        return int(image.info["seed"])
    return int(image.getexif()[0x010E].removeprefix("seed="))


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_picture_has_the_format_the_size_and_the_seed_asked_for(
    client: httpx.Client, kind: str
) -> None:
    body = {"prompt": MARKER, "width": 512, "height": 256, "seed": 7, "format": kind}
    answer = client.post("/generate", json=body).raise_for_status()
    assert answer.headers["content-type"] == f"image/{kind}"
    image = Image.open(io.BytesIO(answer.content))
    assert image.format == kind.upper()
    assert image.size == (512, 256)
    assert seed_of(image) == 7


def test_a_picture_without_a_seed_gets_one_and_says_which(client: httpx.Client) -> None:
    body = {"prompt": MARKER, "format": "png"}
    answers = [client.post("/generate", json=body).raise_for_status() for _ in range(2)]
    seeds = [seed_of(Image.open(io.BytesIO(answer.content))) for answer in answers]
    assert seeds[0] != seeds[1]
    again = client.post("/generate", json={**body, "seed": seeds[0]})
    assert again.content == answers[0].content


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_body_is_a_400_that_names_its_fields(client: httpx.Client, name: str) -> None:
    content, fields = WRONG[name]
    answer = client.post("/generate", content=content)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert {wrong["field"] for wrong in error["fields"]} == fields
    assert all(wrong["message"] for wrong in error["fields"])
    assert error["request_id"]
    assert MARKER not in answer.text


def test_the_area_is_bounded_beyond_the_sides(client: httpx.Client) -> None:
    side = GenerateRequest.model_json_schema()["properties"]["width"]["maximum"]
    assert side * side > MAX_PIXELS
    answer = client.post("/generate", json={"prompt": MARKER, "width": side, "height": side})
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"][0]["field"] == "height"


def test_every_request_is_one_line_in_the_log(
    client: httpx.Client, development: RunningChute
) -> None:
    body = {"prompt": MARKER, "width": SIDE, "height": SIDE, "steps": 3}
    line = development.line(client.post("/generate", json=body))
    assert line["route"] == "generate"
    assert line["status"] == 200
    assert line["steps"] == 3
    assert line["pixels"] == SIDE * SIDE
    assert line["seconds"] > 0


def test_one_picture_at_a_time_and_the_next_is_told_to_wait(development: RunningChute) -> None:
    statuses: list[int] = []

    def ask() -> None:
        with development.client() as client:
            # The stub takes no time for a step, so the size makes the request slow.
            body = json.dumps({"prompt": MARKER, "format": "png", "steps": 1})
            statuses.append(client.post("/generate", content=body).status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200, 429}


def test_the_same_deterministic_request_is_made_once(
    client: httpx.Client, development: RunningChute
) -> None:
    body = {"prompt": MARKER, "seed": 11, "steps": 2}
    answers = [
        client.post("/generate", json=body).raise_for_status(),
        client.post("/generate", json=dict(reversed(body.items()))).raise_for_status(),
    ]
    assert answers[0].content == answers[1].content
    outcomes = [development.line(answer)["cache"] for answer in answers]
    assert outcomes == ["miss", "hit"]


def test_a_request_without_a_seed_is_never_remembered(
    client: httpx.Client, development: RunningChute
) -> None:
    answer = client.post("/generate", json={"prompt": MARKER}).raise_for_status()
    assert "cache" not in development.line(answer)
