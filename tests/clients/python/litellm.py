"""https://github.com/BerriAI/litellm"""

import json

import litellm
import pydantic
from common import (
    ANSWER,
    CALL,
    HELLO,
    KEY,
    MODEL,
    PARAMETERS,
    PLATFORM,
    RESULT,
    ROOT,
    SIZE,
    THINK,
    THOUGHT,
    URL,
    VECTORS,
    VECTORS_MODEL,
    feature,
    raises,
    run,
    same,
)

ACCESS = {"model": f"openai/{MODEL}", "api_base": URL, "api_key": KEY}
HOSTED = ACCESS | {"model": f"hosted_vllm/{MODEL}"}
SAID = [{"role": "user", "content": HELLO}]
TOOL = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}


class Answer(pydantic.BaseModel):
    """What a parsed answer holds."""

    answer: str


@feature("chat")
def chat() -> None:
    for access in (ACCESS, HOSTED):
        same(litellm.completion(**access, messages=SAID).choices[0].message.content, ANSWER)


@feature("async")
async def chat_async() -> None:
    stream = await litellm.acompletion(**ACCESS, messages=SAID, stream=True)
    same("".join([part.choices[0].delta.content or "" async for part in stream]), ANSWER)


@feature("stream")
def stream() -> None:
    for access in (ACCESS, HOSTED):
        parts = list(litellm.completion(**access, messages=SAID, stream=True))
        same("".join(part.choices[0].delta.content or "" for part in parts), ANSWER)
        built = litellm.stream_chunk_builder(parts).choices[0].message
        history = [*SAID, built, *SAID]
        same(litellm.completion(**access, messages=history).choices[0].message.content, ANSWER)


@feature("tools")
def tools() -> None:
    said = [{"role": "user", "content": CALL}]
    for access in (ACCESS, HOSTED):
        message = litellm.completion(**access, messages=said, tools=[TOOL]).choices[0].message
        call = message.tool_calls[0]
        same(json.loads(call.function.arguments), {"city": "stub"})
        result = {"role": "tool", "tool_call_id": call.id, "name": "weather", "content": RESULT}
        told = litellm.completion(**access, messages=[*said, message, result], tools=[TOOL])
        same(told.choices[0].message.content, ANSWER)


@feature("JSON schema")
def schema() -> None:
    for access in (ACCESS, HOSTED):
        made = litellm.completion(**access, messages=SAID, response_format=Answer)
        same(json.loads(made.choices[0].message.content), {"answer": "stub"})


@feature("reasoning")
def reasoning() -> None:
    said = [{"role": "user", "content": THINK}]
    for access in (ACCESS, HOSTED):
        message = litellm.completion(**access, messages=said).choices[0].message
        same(message.reasoning_content, THOUGHT)
        history = [*said, message, *SAID]
        same(litellm.completion(**access, messages=history).choices[0].message.content, ANSWER)
    asked = litellm.completion(**HOSTED, messages=said, reasoning_effort="high")
    same(asked.choices[0].message.content, ANSWER)


@feature("completions")
def completions() -> None:
    access = ACCESS | {"model": f"text-completion-openai/{MODEL}"}
    same(litellm.text_completion(**access, prompt=HELLO).choices[0].text, ANSWER)
    many = litellm.text_completion(**access, prompt=[HELLO, HELLO])
    same([choice.text.strip() for choice in many.choices], [ANSWER, ANSWER])


@feature("responses")
def responses() -> None:
    same(litellm.responses(**ACCESS, input=HELLO).output[0].content[0].text, ANSWER)
    events = list(litellm.responses(**ACCESS, input=HELLO, stream=True))
    same(events[-1].type, "response.completed")


@feature("messages")
def messages() -> None:
    # Its key goes where the platform does not look, unless told otherwise.
    access = {"model": f"anthropic/{MODEL}", "api_base": ROOT, "api_key": KEY}
    headers = {"Authorization": f"Bearer {KEY}"}
    made = litellm.completion(**access, messages=SAID, extra_headers=headers)
    same(made.choices[0].message.content, ANSWER)


@feature("embeddings")
def embeddings() -> None:
    access = ACCESS | {"api_base": VECTORS, "model": f"openai/{VECTORS_MODEL}"}
    made = litellm.embedding(**access, input=[HELLO, HELLO])
    same([len(one["embedding"]) for one in made.data], [SIZE, SIZE])


@feature("mistakes")
def mistakes() -> None:
    wrong = {**ACCESS, "messages": SAID, "n": 1000}
    raises(litellm.BadRequestError, lambda: litellm.completion(**wrong))


@feature("too long")
def too_long() -> None:
    # OpenAI's client, below, leaves out of its text what the platform says.
    kind = litellm.BadRequestError if PLATFORM else litellm.ContextWindowExceededError
    long = [{"role": "user", "content": "stub: tokens=10000000"}]
    raises(kind, lambda: litellm.completion(**ACCESS, messages=long))


run()
