"""The official client, unchanged, against the chute."""

import asyncio
from collections.abc import Iterator

import chute
import openai
import pytest
from chutekit.testing.fixtures import MARKER
from chutekit.testing.running import RunningChute

SHORTEST = getattr(chute, "SHORTEST_VECTOR", None)


@pytest.fixture
def ask(development: RunningChute) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{development.url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def model(ask: openai.OpenAI) -> str:
    return ask.models.list().data[0].id


def test_each_text_has_a_vector(ask: openai.OpenAI, model: str) -> None:
    answer = ask.embeddings.create(model=model, input=[f"Hello {MARKER}", "Good morning", "Hello"])
    assert [found.index for found in answer.data] == [0, 1, 2]
    assert len({len(found.embedding) for found in answer.data}) == 1
    assert answer.model == model
    assert answer.usage.prompt_tokens == 5


def test_both_encodings_say_the_same(ask: openai.OpenAI, model: str) -> None:
    # The client asks for base64 by itself and unpacks it.
    packed, plain = (
        ask.embeddings.create(model=model, input="Hello", **how).data[0].embedding
        for how in ({}, {"encoding_format": "float"})
    )
    assert packed == pytest.approx(plain, abs=1e-6)


@pytest.mark.skipif(SHORTEST is None, reason="the model's vectors have one size")
def test_shorter_vectors(ask: openai.OpenAI, model: str) -> None:
    answer = ask.embeddings.create(model=model, input="Hello", dimensions=SHORTEST)
    assert len(answer.data[0].embedding) == SHORTEST
    for wrong in (SHORTEST - 1, chute.VECTOR_SIZE + 1):
        with pytest.raises(openai.BadRequestError) as caught:
            ask.embeddings.create(model=model, input="Hello", dimensions=wrong)
        assert caught.value.param == "dimensions"


@pytest.mark.skipif(SHORTEST is not None, reason="the model has shorter vectors")
def test_vectors_have_one_size(ask: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask.embeddings.create(model=model, input="Hello", dimensions=64)
    assert caught.value.param == "dimensions"


def test_more_than_there_is_room_for(development: RunningChute, model: str) -> None:
    with development.client() as client:
        places = client.get("/health").json()["concurrency"]

    async def crowd() -> list[object]:
        async with openai.AsyncOpenAI(
            base_url=f"{development.url}/v1", api_key="none", max_retries=0
        ) as client:
            slow = {"model": model, "input": "stub: think=3"}
            calls = [client.embeddings.create(**slow | {"user": str(n)}) for n in range(places + 8)]
            return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(crowd())
    refused = [answer for answer in answers if isinstance(answer, openai.RateLimitError)]
    assert len(refused) == 8
    assert refused[0].body["code"] == "busy"


def test_mistakes_raise_bad_request_errors(ask: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask.embeddings.create(model=model, input=[])
    assert caught.value.param.startswith("input")
    assert caught.value.body["request_id"]


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("status=400", openai.BadRequestError),
        ("status=429", openai.RateLimitError),
        ("status=503", openai.InternalServerError),
        ("status=500", openai.InternalServerError),
        ("status=401", openai.InternalServerError),
        ("garbage=1", openai.InternalServerError),
    ],
)
def test_trouble_in_the_engine(
    ask: openai.OpenAI, model: str, behaviour: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask.embeddings.create(model=model, input=f"stub: {behaviour}")
