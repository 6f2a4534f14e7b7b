"""https://github.com/567-labs/instructor"""

import instructor
import openai
import pydantic
from common import HELLO, KEY, MODEL, URL, feature, run, same

ASKED = {"model": MODEL, "messages": [{"role": "user", "content": HELLO}]}


class Answer(pydantic.BaseModel):
    """What a parsed answer holds."""

    answer: str


def client(mode: instructor.Mode) -> instructor.Instructor:
    return instructor.from_openai(openai.OpenAI(base_url=URL, api_key=KEY), mode=mode)


@feature("tools")
def tools() -> None:
    made = client(instructor.Mode.TOOLS).chat.completions.create(**ASKED, response_model=Answer)
    same(made.answer, "stub")


@feature("JSON schema")
def schema() -> None:
    for mode in (instructor.Mode.JSON_SCHEMA, instructor.Mode.JSON):
        made = client(mode).chat.completions.create(**ASKED, response_model=Answer)
        same(made.answer, "stub")


@feature("stream")
def stream() -> None:
    parts = client(instructor.Mode.TOOLS).chat.completions.create_partial(
        **ASKED, response_model=Answer
    )
    *_, last = parts
    same(last.answer, "stub")


@feature("async")
async def tools_async() -> None:
    asynchronous = instructor.from_openai(openai.AsyncOpenAI(base_url=URL, api_key=KEY))
    made = await asynchronous.chat.completions.create(**ASKED, response_model=Answer)
    same(made.answer, "stub")


run()
