"""OpenAI's own client: https://github.com/openai/openai-python"""

import json

import openai
import pydantic
from common import (
    ANSWER,
    CALL,
    HELLO,
    KEY,
    MODEL,
    PARAMETERS,
    RESULT,
    SIZE,
    THINK,
    URL,
    VECTORS,
    VECTORS_MODEL,
    feature,
    raises,
    run,
    same,
)

client = openai.OpenAI(base_url=URL, api_key=KEY)
SAID = {"model": MODEL, "messages": [{"role": "user", "content": HELLO}]}
CALLING = {
    "model": MODEL,
    "messages": [{"role": "user", "content": CALL}],
    "tools": [{"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}],
}
STRICT = {"strict": True, "parameters": {**PARAMETERS, "additionalProperties": False}}
STRICTLY = CALLING | {
    "tools": [{"type": "function", "function": {"name": "weather", **STRICT}}],
}


class Answer(pydantic.BaseModel):
    """What a parsed answer holds."""

    answer: str


@feature("models")
def models() -> None:
    (model,) = client.models.list()
    asked = SAID | {"model": model.id}
    same(client.chat.completions.create(**asked).choices[0].message.content, ANSWER)


@feature("chat")
def chat() -> None:
    same(client.chat.completions.create(**SAID).choices[0].message.content, ANSWER)


@feature("async")
async def chat_async() -> None:
    async with openai.AsyncOpenAI(base_url=URL, api_key=KEY) as asynchronous:
        stream = await asynchronous.chat.completions.create(**SAID, stream=True)
        texts = [part.choices[0].delta.content or "" async for part in stream if part.choices]
        same("".join(texts), ANSWER)
        same((await asynchronous.chat.completions.create(**SAID)).choices[0].finish_reason, "stop")


@feature("stream")
def stream() -> None:
    chunks = client.chat.completions.create(**SAID, stream=True)
    same("".join(part.choices[0].delta.content or "" for part in chunks if part.choices), ANSWER)
    counted = {"stream_options": {"include_usage": True}}
    *_, last = client.chat.completions.create(**SAID, stream=True, **counted)
    same(last.usage.completion_tokens, 8)
    with client.chat.completions.stream(**SAID) as events:
        message = events.get_final_completion().choices[0].message
    history = [*SAID["messages"], message, *SAID["messages"]]
    same(client.chat.completions.create(model=MODEL, messages=history).choices[0].index, 0)


def finish(message: object) -> None:
    """The second turn."""
    call = message.tool_calls[0]
    same(json.loads(call.function.arguments), {"city": "stub"})
    result = {"role": "tool", "tool_call_id": call.id, "content": RESULT}
    told = CALLING | {"messages": [*CALLING["messages"], message, result]}
    same(client.chat.completions.create(**told).choices[0].message.content, ANSWER)


@feature("tools")
def tools() -> None:
    finish(client.chat.completions.create(**CALLING).choices[0].message)
    finish(client.chat.completions.parse(**STRICTLY).choices[0].message)


@feature("tools, streamed")
def tools_streamed() -> None:
    with client.chat.completions.stream(**STRICTLY) as events:
        finish(events.get_final_completion().choices[0].message)


@feature("JSON schema")
def schema() -> None:
    asked = SAID | {"response_format": Answer}
    message = client.chat.completions.parse(**asked).choices[0].message
    same(message.parsed, Answer(answer="stub"))
    history = [*SAID["messages"], message, *SAID["messages"]]
    same(client.chat.completions.create(model=MODEL, messages=history).choices[0].index, 0)
    plain = client.chat.completions.create(**SAID, response_format={"type": "json_object"})
    assert json.loads(plain.choices[0].message.content)


@feature("reasoning")
def reasoning() -> None:
    asked = {"model": MODEL, "messages": [{"role": "user", "content": THINK}]}
    asked["reasoning_effort"] = "high"
    message = client.chat.completions.create(**asked).choices[0].message
    same(message.reasoning, "thought0 thought1")
    asked["messages"] += [message, {"role": "user", "content": HELLO}]
    asked["reasoning_effort"] = "xhigh"
    same(client.chat.completions.create(**asked).choices[0].message.content, ANSWER)


@feature("completions")
def completions() -> None:
    same(client.completions.create(model=MODEL, prompt=HELLO).choices[0].text, ANSWER)
    texts = client.completions.create(model=MODEL, prompt=[HELLO, HELLO], stream=True)
    same({choice.index for part in texts for choice in part.choices}, {0, 1})


@feature("responses")
def responses() -> None:
    first = client.responses.create(model=MODEL, input=HELLO)
    same(first.output_text, ANSWER)
    said = [{"role": "user", "content": THINK}]
    with client.responses.stream(model=MODEL, input=said, reasoning={"effort": "low"}) as events:
        answer = events.get_final_response()
    same(answer.output_text, ANSWER)
    same([item.type for item in answer.output], ["reasoning", "message"])
    history = [*said, *answer.output, {"role": "user", "content": HELLO}]
    same(client.responses.create(model=MODEL, input=history).output_text, ANSWER)
    parsed = client.responses.parse(model=MODEL, input=HELLO, text_format=Answer)
    same(parsed.output_parsed, Answer(answer="stub"))


@feature("responses, tools")
def responses_tools() -> None:
    tool = {"type": "function", "name": "weather", **STRICT}
    said = [{"role": "user", "content": CALL}]
    answer = client.responses.create(model=MODEL, input=said, tools=[tool])
    (call,) = answer.output
    result = {"type": "function_call_output", "call_id": call.call_id, "output": RESULT}
    history = [*said, call, result]
    same(client.responses.create(model=MODEL, input=history, tools=[tool]).output_text, ANSWER)


@feature("embeddings")
def embeddings() -> None:
    with openai.OpenAI(base_url=VECTORS, api_key=KEY) as vectors:
        made = vectors.embeddings.create(model=VECTORS_MODEL, input=[HELLO, "Good morning"])
        same([len(found.embedding) for found in made.data], [SIZE, SIZE])


@feature("mistakes")
def mistakes() -> None:
    raises(openai.BadRequestError, lambda: client.chat.completions.create(**SAID, n=1000))


run()
