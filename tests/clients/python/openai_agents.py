"""https://github.com/openai/openai-agents-python"""

import openai
import pydantic
from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from common import ANSWER, CALL, HELLO, KEY, MODEL, RESULT, URL, feature, run, same

set_tracing_disabled(True)


class Answer(pydantic.BaseModel):
    """What a parsed answer holds."""

    answer: str


@function_tool
def weather(city: str) -> str:
    """Tell the weather."""
    return RESULT


def agent(kind: type, **more: object) -> Agent:
    client = openai.AsyncOpenAI(base_url=URL, api_key=KEY)
    return Agent(name="clerk", model=kind(model=MODEL, openai_client=client), **more)


async def try_all(kind: type) -> None:
    same((await Runner.run(agent(kind), HELLO)).final_output, ANSWER)
    streamed = Runner.run_streamed(agent(kind), HELLO)
    async for _ in streamed.stream_events():
        pass
    same(streamed.final_output, ANSWER)


async def try_tools(kind: type) -> None:
    same((await Runner.run(agent(kind, tools=[weather]), CALL)).final_output, ANSWER)
    streamed = Runner.run_streamed(agent(kind, tools=[weather]), CALL)
    async for _ in streamed.stream_events():
        pass
    same(streamed.final_output, ANSWER)
    again = [*streamed.to_input_list(), {"role": "user", "content": HELLO}]
    same((await Runner.run(agent(kind), again)).final_output, ANSWER)


async def try_schema(kind: type) -> None:
    made = await Runner.run(agent(kind, output_type=Answer), HELLO)
    same(made.final_output, Answer(answer="stub"))


@feature("chat")
async def chat() -> None:
    await try_all(OpenAIChatCompletionsModel)


@feature("tools")
async def tools() -> None:
    await try_tools(OpenAIChatCompletionsModel)


@feature("JSON schema")
async def schema() -> None:
    await try_schema(OpenAIChatCompletionsModel)


@feature("responses")
async def responses() -> None:
    await try_all(OpenAIResponsesModel)
    await try_schema(OpenAIResponsesModel)


@feature("responses, tools")
async def responses_tools() -> None:
    await try_tools(OpenAIResponsesModel)


run()
