"""The official client, unchanged, against the chute."""

import asyncio
from collections.abc import Iterator

import openai
import pydantic
import pytest
from chutekit.testing.fixtures import MARKER
from chutekit.testing.running import RunningChute


@pytest.fixture
def ask(development: RunningChute) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{development.url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def model(ask: openai.OpenAI) -> str:
    return ask.models.list().data[0].id


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_plain_chat(ask: openai.OpenAI, model: str) -> None:
    answer = ask.chat.completions.create(model=model, messages=user(f"Hello {MARKER}"))
    assert answer.choices[0].message.content.startswith("word0 ")
    assert answer.model == model
    assert answer.usage.completion_tokens == 8


def test_streamed_chat_with_usage(ask: openai.OpenAI, model: str) -> None:
    stream = ask.chat.completions.create(
        model=model,
        messages=user(f"stub: tokens=5 {MARKER}"),
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "word0 word1 word2 word3 word4 "
    assert chunks[-1].usage.completion_tokens == 5


def test_a_stream_is_delivered_while_it_is_made(ask: openai.OpenAI, model: str) -> None:
    stream = ask.chat.completions.create(
        model=model, messages=user("stub: tokens=3 hang=2"), stream=True
    )
    with stream:
        assert next(stream).choices[0].delta.content == "word0 "
        assert next(stream).choices[0].delta.content == "word1 "


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_completions(ask: openai.OpenAI, model: str, stream: bool) -> None:
    answer = ask.completions.create(model=model, prompt="stub: tokens=2", stream=stream)
    parts = list(answer) if stream else [answer]
    assert "".join(part.choices[0].text for part in parts) == "word0 word1 "


def test_json_schema_and_tools_reach_the_engine(ask: openai.OpenAI, model: str) -> None:
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
    answer = ask.chat.completions.create(
        model=model, messages=user("Hello"), response_format=wanted
    )
    assert answer.choices[0].message.content == '{"answer": "stub"}'
    tool = {"type": "function", "function": {"name": "look_up", "parameters": schema}}
    answer = ask.chat.completions.create(
        model=model, messages=user("Hello"), tools=[tool], tool_choice="required"
    )
    call = answer.choices[0].message.tool_calls[0]
    assert call.function.name == "look_up"
    echoed = [
        *user("Hello"),
        answer.choices[0].message,
        {"role": "tool", "tool_call_id": call.id, "content": "found"},
    ]
    assert ask.chat.completions.create(model=model, messages=echoed, tools=[tool]).choices


def test_many_at_once(development: RunningChute, model: str) -> None:
    async def everyone() -> list[str]:
        async with openai.AsyncOpenAI(
            base_url=f"{development.url}/v1", api_key="none", max_retries=0
        ) as client:

            async def one() -> str:
                stream = await client.chat.completions.create(
                    model=model, messages=user("stub: tokens=20 delay=0.01"), stream=True
                )
                return "".join([c.choices[0].delta.content or "" async for c in stream])

            return await asyncio.gather(*(one() for _ in range(16)))

    expected = "".join(f"word{number} " for number in range(20))
    assert asyncio.run(everyone()) == [expected] * 16


def test_more_than_there_is_room_for(development: RunningChute, model: str) -> None:
    with development.client() as client:
        places = client.get("/health").json()["concurrency"]

    async def crowd() -> list[object]:
        async with openai.AsyncOpenAI(
            base_url=f"{development.url}/v1", api_key="none", max_retries=0
        ) as client:
            slow = {"model": model, "messages": user("stub: tokens=1 think=3")}
            calls = [client.chat.completions.create(**slow) for _ in range(places + 8)]
            return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(crowd())
    refused = [answer for answer in answers if isinstance(answer, openai.RateLimitError)]
    assert len(refused) == 8
    assert refused[0].body["code"] == "busy"
    assert refused[0].response.headers["retry-after"] == "1"


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"temperature": 11}, "temperature"),
        ({"n": 100}, "n"),
        ({"max_tokens": 10**9}, "max_tokens"),
        ({"extra_body": {"no_such_field": 1}}, "no_such_field"),
        ({"model": "another"}, "model"),
        ({"messages": []}, "messages"),
        ({"stop": ["a"] * 65}, "stop"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_mistakes_raise_bad_request_errors(
    ask: openai.OpenAI, model: str, wrong: dict[str, object], field: str, stream: bool
) -> None:
    good = {"model": model, "messages": user("Hello"), "stream": stream}
    with pytest.raises(openai.BadRequestError) as caught:
        ask.chat.completions.create(**good | wrong)
    assert caught.value.param.partition(".")[0] == field
    assert caught.value.body["request_id"]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_what_the_engine_refuses_is_a_bad_request(
    ask: openai.OpenAI, model: str, stream: bool
) -> None:
    with pytest.raises(
        openai.BadRequestError, match="This model's maximum context length is"
    ) as it:
        ask.chat.completions.create(
            model=model, messages=user("stub: tokens=10000000"), stream=stream
        )
    assert it.value.code == "context_length_exceeded"


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_every_prompt_of_a_list_is_answered(ask: openai.OpenAI, model: str, stream: bool) -> None:
    prompts = ["stub: tokens=2", "Good morning"]
    answer = ask.completions.create(model=model, prompt=prompts, n=2, stream=stream)
    parts = list(answer) if stream else [answer]
    texts = {}
    for choice in (choice for part in parts for choice in part.choices):
        texts[choice.index] = texts.get(choice.index, "") + choice.text
    assert texts == dict.fromkeys(range(4), "word0 word1 ")


class Answer(pydantic.BaseModel):
    """What a parsed answer holds."""

    answer: str


def test_what_the_client_parsed_can_be_sent_back(ask: openai.OpenAI, model: str) -> None:
    first = ask.chat.completions.parse(
        model=model, messages=user("Hello"), response_format=Answer
    ).choices[0]
    assert first.message.parsed == Answer(answer="stub")
    history = [*user("Hello"), first.message.to_dict(), *user("Go on")]
    assert ask.chat.completions.create(model=model, messages=history).choices
    with ask.chat.completions.stream(
        model=model, messages=user("Hello"), response_format=Answer
    ) as stream:
        last = stream.get_final_completion().choices[0].message
    assert ask.chat.completions.create(model=model, messages=[*history, last]).choices


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("status=429", openai.RateLimitError),
        ("status=503", openai.InternalServerError),
        ("status=500", openai.InternalServerError),
        ("status=401", openai.InternalServerError),
        ("garbage=0", openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_trouble_in_the_engine(
    ask: openai.OpenAI, model: str, behaviour: str, error: type[Exception], stream: bool
) -> None:
    with pytest.raises(error):
        ask.chat.completions.create(model=model, messages=user(f"stub: {behaviour}"), stream=stream)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_what_breaks_the_engine_by_its_schema_is_the_clients_mistake(
    ask: openai.OpenAI, model: str, stream: bool
) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "string"}}}
    with pytest.raises(openai.BadRequestError, match="could not follow"):
        ask.chat.completions.create(
            model=model,
            messages=user("stub: status=500"),
            response_format=wanted,
            stream=stream,
        )


def test_what_the_engine_refuses_in_its_first_event(ask: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.BadRequestError, match="As requested"):
        ask.chat.completions.create(model=model, messages=user("stub: refuse=0"), stream=True)


@pytest.mark.parametrize("behaviour", ["garbage=3", "cut=3", "refuse=3"])
def test_a_stream_that_breaks_ends_with_an_error(
    ask: openai.OpenAI, model: str, behaviour: str
) -> None:
    stream = ask.chat.completions.create(
        model=model, messages=user(f"stub: tokens=6 {behaviour}"), stream=True
    )
    with pytest.raises(openai.APIError, match="stopped in the middle"):
        list(stream)
