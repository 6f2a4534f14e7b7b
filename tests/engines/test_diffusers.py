"""A generated image chute, on the real SDK, meets whatever clients may send.

Once with the stub, and, where TEST_DIFFUSERS_PYTHON names an interpreter that has diffusers,
with a real SDXL pipeline of random weights on the CPU, as a model of the catalog and as one that is
not. It lies in a prepared Hugging Face cache, so the generated code is exactly that of production.
"""

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.painting import MARKER, SMALL, Served, painting

EXAMPLES = 2000


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("stub", marks=pytest.mark.whole),
        pytest.param("diffusers", marks=pytest.mark.heavy),
        pytest.param("diffusers-unlisted", marks=pytest.mark.heavy),
    ],
)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One for all tests of a backend."""
    with painting(request.param, tmp_path_factory.mktemp(request.param)) as served:
        yield served


def test_the_backend_is_the_one_meant(served: Served, request: pytest.FixtureRequest) -> None:
    """Nothing below proves anything when the stub answers for the pipeline."""
    assert served.client.get("/health").json()["backend"] in request.node.name


def test_a_seed_determines_the_picture(served: Served) -> None:
    """The same request gives the same pixels; another seed, prompt or size gives others."""
    image = pytest.importorskip("PIL.Image")

    def pixels(**changes: Any) -> bytes:
        body = {"prompt": MARKER, "seed": 5, "format": "png", **SMALL, "steps": 2, **changes}
        answer = served.post(json.dumps(body).encode())
        assert answer.status_code == 200, answer.text
        return bytes(image.open(io.BytesIO(answer.content)).tobytes())

    first = pixels()
    # Not the remembered bytes: a format of its own is another entry in the cache.
    webp = json.dumps({"prompt": MARKER, "seed": 5, "format": "webp", **SMALL, "steps": 2})
    assert served.post(webp.encode()).content[8:12] == b"WEBP"
    assert pixels() == first
    assert pixels(seed=6) != first
    assert pixels(prompt="another one") != first
    assert pixels(guidance=1.0) != first


def test_a_prompt_longer_than_the_model_reads_is_not_quoted_in_the_log(served: Served) -> None:
    """The text encoder reads 77 tokens; libraries like to print what they cut off."""
    body = {**SMALL, "prompt": f"{'a ' * 200}{MARKER}"}
    assert served.post(json.dumps(body).encode()).status_code == 200
    assert MARKER not in served.chute.log.read_text()


def test_a_client_that_leaves_does_not_hold_the_pipeline(served: Served) -> None:
    """The running inference ends at its next step, long before its last."""
    if served.client.get("/health").json()["backend"] == "stub":
        pytest.skip("takes no time; the generated repository's own tests slow it down for this")
    body = {"prompt": MARKER, "width": 1024, "height": 1024, "steps": 80}
    with pytest.raises(httpx.ReadTimeout):
        served.client.post("/generate", json=body, timeout=1.0)
    started = time.monotonic()
    while (answer := served.post(json.dumps({"prompt": MARKER, **SMALL}).encode())).is_error:
        assert time.monotonic() - started < 60, answer.text
        time.sleep(0.05)
    whole = served.chute.line(answer)["seconds"] * 80 * 16
    assert time.monotonic() - started < whole / 2
    assert [line for line in served.chute.events("request") if line["status"] == 499]


texts = st.text(max_size=40) | st.just(MARKER) | st.text(alphabet="\x00\ud800\u202e💥", max_size=5)
numbers = (
    st.integers(-10, 2000)
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.sampled_from([0, 1, 256, 512, 2**31, 2**32, 2**64, 10**400])
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(
    ["prompt", "negative_prompt", "width", "height", "steps", "guidance", "seed", "format"]
)
# Right but for some fields, so that most examples come past the first check.
requests = st.builds(
    lambda changes, extra: {"prompt": MARKER, **SMALL, **changes, **extra},
    st.dictionaries(fields.filter(lambda name: name != "steps"), values, max_size=3),
    st.dictionaries(texts, values, max_size=2) | st.just({}),
)
right = st.fixed_dictionaries(
    {"prompt": st.text(st.characters(codec="utf-8"), max_size=60).map(lambda text: MARKER + text)},
    optional={
        "negative_prompt": st.text(st.characters(codec="utf-8"), max_size=60),
        "seed": st.integers(0, 2**32 - 1),
        "guidance": st.integers(0, 20) | st.floats(0, 20),
        "format": st.sampled_from(["png", "jpeg", "webp"]),
    },
).map(lambda body: {**SMALL, **body})
bodies = st.one_of(
    right.map(lambda body: json.dumps(body).encode()),
    requests.map(lambda body: json.dumps(body).encode()),
    values.map(lambda body: json.dumps(body).encode()),
    st.binary(max_size=200),
    st.builds(
        lambda body, cut: json.dumps(body).encode()[: -cut or None], requests, st.integers(1, 30)
    ),
    st.integers(1, 3000).map(lambda depth: b"[" * depth + b"]" * depth),
    st.integers(60_000, 200_000).map(lambda size: b'{"prompt": "' + b"a" * size + b'"}'),
)


def test_no_body_whatever_gets_more_than_a_refusal(served: Served) -> None:
    """Thousands of bodies: pictures, and 400s that name fields, and nothing else at all."""
    seen: dict[int, int] = {}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(bodies)
    def survives(body: bytes) -> None:
        answer = served.post(body)
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        if answer.status_code == 200:
            assert answer.headers["content-type"].startswith("image/")
            return
        assert answer.status_code == 400, (body, answer.text)
        error = answer.json()["error"]
        assert error["fields"]
        assert error["request_id"]
        assert "Traceback" not in answer.text

    survives()
    assert sum(seen.values()) >= EXAMPLES
    assert min(seen.get(200, 0), seen.get(400, 0)) > 20, seen
    assert served.client.get("/health").json()["status"] == "ready"
    assert not [line for line in served.chute.events("request") if line["status"] >= 500]
