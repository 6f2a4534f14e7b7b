"""https://github.com/agno-agi/agno"""

import pydantic
from agno.agent import Agent
from agno.models.openai.like import OpenAILike
from common import ANSWER, CALL, HELLO, KEY, MODEL, RESULT, THINK, URL, feature, run, same


class Answer(pydantic.BaseModel):
    """What a parsed answer holds."""

    answer: str


def weather(city: str) -> str:
    """Tell the weather."""
    return RESULT


def agent(**more: object) -> Agent:
    model = OpenAILike(id=MODEL, base_url=URL, api_key=KEY)
    return Agent(model=model, telemetry=False, **more)


@feature("chat")
def chat() -> None:
    same(agent().run(HELLO).content, ANSWER)


@feature("async")
async def chat_async() -> None:
    same((await agent().arun(HELLO)).content, ANSWER)


@feature("stream")
def stream() -> None:
    events = agent().run(HELLO, stream=True)
    same("".join(event.content or "" for event in events if event.event == "RunContent"), ANSWER)


@feature("tools")
def tools() -> None:
    same(agent(tools=[weather]).run(CALL).content, ANSWER)


@feature("reasoning")
def reasoning() -> None:
    same(agent().run(THINK).content, ANSWER)


@feature("JSON schema")
def schema() -> None:
    same(agent(output_schema=Answer).run(HELLO).content, Answer(answer="stub"))


run()
