"""A generated chute that changes pictures, on the real SDK, meets whatever clients may send.

Once with the stub, and, where TEST_DIFFUSERS_PYTHON names an interpreter that has diffusers, with a
real FLUX.2 klein pipeline of random weights on the CPU. What is unlisted goes through the same
function as in test_diffusers.py.
"""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.painting import MARKER, Served, editing
from support.photos import base64_of, odd, plain, refused

PICTURE, OTHER = base64_of(plain()), base64_of(plain(colour="orange"))
GOOD = {"prompt": MARKER, "image_b64s": [PICTURE], "width": 256, "height": 256, "steps": 1}
EXAMPLES = {"stub": 2000, "diffusers": 100}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("stub", marks=pytest.mark.whole),
        pytest.param("diffusers", marks=pytest.mark.heavy),
    ],
)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One for all tests of a backend."""
    with editing(request.param, tmp_path_factory.mktemp(request.param)) as served:
        yield served


def post(served: Served, **changes: Any) -> Any:
    """The answer to a good request with changes."""
    return served.post(json.dumps({**GOOD, **changes}).encode(), "/edit")


def pixels(served: Served, **changes: Any) -> tuple[tuple[int, int], bytes]:
    """The size and the pixels of a picture with a seed."""
    image = pytest.importorskip("PIL.Image")
    answer = post(served, seed=5, format="png", **changes)
    assert answer.status_code == 200, answer.text
    found = image.open(io.BytesIO(answer.content))
    return found.size, found.tobytes()


def test_the_backend_is_the_one_meant(served: Served, request: pytest.FixtureRequest) -> None:
    assert served.client.get("/health").json()["backend"] in request.node.name


def test_seed_prompt_and_pictures_determine_the_picture(served: Served) -> None:
    size, first = pixels(served, steps=2)
    assert size == (256, 256)
    # Not the remembered bytes: a format of its own is another entry in the cache.
    assert post(served, seed=5, steps=2, format="webp").content[8:12] == b"WEBP"
    assert pixels(served, steps=2)[1] == first
    assert pixels(served, steps=2, prompt="another one")[1] != first
    assert pixels(served, steps=2, image_b64s=[OTHER])[1] != first


def test_every_picture_counts(served: Served) -> None:
    two = pixels(served, image_b64s=[PICTURE, OTHER])[1]
    assert len({two, pixels(served)[1], pixels(served, image_b64s=[PICTURE, PICTURE])[1]}) == 3


def test_without_a_size_the_first_picture_decides(served: Served) -> None:
    size, _ = pixels(served, width=None, height=None, image_b64s=[base64_of(plain((512, 64)))])
    assert size == (2896, 352)


@pytest.mark.parametrize("name", odd())
def test_whatever_decodes_is_changed(served: Served, name: str) -> None:
    assert post(served, image_b64s=[base64_of(odd()[name])]).status_code == 200


@pytest.mark.parametrize("name", refused())
def test_what_is_no_picture_is_a_400_that_names_it(served: Served, name: str) -> None:
    answer = post(served, image_b64s=[base64_of(refused()[name])])
    assert answer.status_code == 400, answer.text
    assert [wrong["field"] for wrong in answer.json()["error"]["fields"]] == ["image_b64s.0"]


media = st.one_of(
    st.sampled_from([plain(), *odd().values(), *refused().values()]),
    # Damaged at one place.
    st.builds(
        lambda whole, at, byte: whole[: at % len(whole)] + byte + whole[at % len(whole) + 1 :],
        st.sampled_from([plain(), *odd().values()]),
        st.integers(0, 10_000),
        st.binary(min_size=1, max_size=3),
    ),
    st.binary(max_size=60),
).map(base64_of)
odd_values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([[]])
)
bodies = st.builds(
    lambda pictures, changes: {**GOOD, "image_b64s": pictures, **changes},
    st.lists(media, max_size=4),
    st.dictionaries(
        st.sampled_from(["prompt", "width", "height", "seed", "format", "image_b64s", "more"]),
        odd_values,
        max_size=1,
    )
    | st.just({}),
)


def test_no_body_whatever_gets_more_than_a_refusal(
    served: Served, request: pytest.FixtureRequest
) -> None:
    """Thousands of bodies with media: pictures, and 400s that name fields, and nothing else."""
    seen: dict[int, int] = {}
    examples = EXAMPLES["stub" if "stub" in request.node.name else "diffusers"]

    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(bodies)
    def survives(body: dict[str, Any]) -> None:
        answer = served.post(json.dumps(body).encode(), "/edit")
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        if answer.status_code == 200:
            assert answer.headers["content-type"].startswith("image/")
            return
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["fields"]
        assert "Traceback" not in answer.text

    survives()
    assert seen[200] > examples / 40, seen
    assert seen[400] > examples / 40, seen
    assert served.client.get("/health").json()["status"] == "ready"
    log = served.chute.log.read_text()
    assert PICTURE[:60] not in log
    assert not [line for line in served.chute.events("request") if line["status"] >= 500]
