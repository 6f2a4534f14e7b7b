"""Anthropic's own client: https://github.com/anthropics/anthropic-sdk-python"""

import anthropic
import pydantic
from common import (
    ANSWER,
    CALL,
    HELLO,
    KEY,
    MODEL,
    PARAMETERS,
    RESULT,
    ROOT,
    THINK,
    feature,
    raises,
    run,
    same,
)

client = anthropic.Anthropic(base_url=ROOT, auth_token=KEY)
SAID = {"model": MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": HELLO}]}
TOOL = {"name": "weather", "description": "Tells the weather.", "input_schema": PARAMETERS}


class Answer(pydantic.BaseModel):
    """What a parsed answer holds."""

    answer: str


@feature("messages")
def messages() -> None:
    same(client.messages.create(**SAID).content[0].text, ANSWER)
    same(client.messages.create(**SAID, system="Be short.").stop_reason, "end_turn")


@feature("async")
async def messages_async() -> None:
    asynchronous = anthropic.AsyncAnthropic(base_url=ROOT, auth_token=KEY)
    async with asynchronous, asynchronous.messages.stream(**SAID) as stream:
        same("".join([text async for text in stream.text_stream]), ANSWER)


@feature("stream")
def stream() -> None:
    with client.messages.stream(**SAID) as events:
        same("".join(events.text_stream), ANSWER)


def finish(answer: object) -> None:
    """The second turn."""
    (call,) = answer.content
    same((call.name, call.input), ("weather", {"city": "stub"}))
    result = {"type": "tool_result", "tool_use_id": call.id, "content": RESULT}
    history = [
        {"role": "user", "content": CALL},
        {"role": "assistant", "content": answer.content},
        {"role": "user", "content": [result]},
    ]
    told = client.messages.create(**SAID | {"messages": history, "tools": [TOOL]})
    same(told.content[0].text, ANSWER)


@feature("messages, tools")
def tools() -> None:
    asked = SAID | {"messages": [{"role": "user", "content": CALL}], "tools": [TOOL]}
    finish(client.messages.create(**asked))
    with client.messages.stream(**asked) as events:
        finish(events.get_final_message())


@feature("JSON schema")
def schema() -> None:
    parsed = client.messages.parse(**SAID, output_format=Answer)
    same(parsed.parsed_output, Answer(answer="stub"))


@feature("reasoning")
def reasoning() -> None:
    asked = SAID | {"messages": [{"role": "user", "content": THINK}]}
    asked |= {"max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    with client.messages.stream(**asked) as events:
        answer = events.get_final_message()
    same([block.type for block in answer.content], ["thinking", "text"])
    asked["messages"] += [{"role": "assistant", "content": answer.content}, *SAID["messages"]]
    same(client.messages.create(**asked).content[-1].text, ANSWER)


@feature("tokens")
def tokens() -> None:
    counted = client.messages.count_tokens(model=MODEL, messages=SAID["messages"])
    same(counted.input_tokens, 1)


@feature("mistakes")
def mistakes() -> None:
    wrong = SAID | {"max_tokens": 0}
    raises(anthropic.BadRequestError, lambda: client.messages.create(**wrong))


run()
