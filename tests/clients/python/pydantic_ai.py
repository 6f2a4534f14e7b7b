"""https://github.com/pydantic/pydantic-ai"""

import anthropic
import pydantic
from common import ANSWER, CALL, HELLO, KEY, MODEL, RESULT, ROOT, THINK, URL, feature, run, same
from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

provider = OpenAIProvider(base_url=URL, api_key=KEY)
chat_model = OpenAIChatModel(MODEL, provider=provider)
responses_model = OpenAIResponsesModel(MODEL, provider=provider)
anthropic_model = AnthropicModel(
    MODEL,
    provider=AnthropicProvider(
        anthropic_client=anthropic.AsyncAnthropic(base_url=ROOT, auth_token=KEY)
    ),
)


class Answer(pydantic.BaseModel):
    """What a parsed answer holds."""

    answer: str


def with_tool(model: object) -> Agent:
    """An agent that can ask for the weather."""
    agent = Agent(model)

    @agent.tool_plain
    def weather(city: str) -> str:
        """Tell the weather."""
        return RESULT

    return agent


@feature("chat")
def chat() -> None:
    same(Agent(chat_model).run_sync(HELLO).output, ANSWER)


@feature("async")
async def chat_async() -> None:
    same((await Agent(chat_model).run(HELLO)).output, ANSWER)


@feature("stream")
async def stream() -> None:
    async with Agent(chat_model).run_stream(HELLO) as result:
        same(await result.get_output(), ANSWER)


@feature("tools")
def tools() -> None:
    same(with_tool(chat_model).run_sync(CALL).output, ANSWER)


@feature("tools, streamed")
async def tools_streamed() -> None:
    async with with_tool(chat_model).run_stream(CALL) as result:
        same(await result.get_output(), ANSWER)


@feature("JSON schema")
def schema() -> None:
    for wanted in (Answer, ToolOutput(Answer), NativeOutput(Answer), PromptedOutput(Answer)):
        made = Agent(chat_model, output_type=wanted).run_sync(HELLO).output
        same(made, Answer(answer="stub"))


@feature("reasoning")
def reasoning() -> None:
    agent = Agent(chat_model)
    first = agent.run_sync(THINK)
    same(agent.run_sync(HELLO, message_history=first.all_messages()).output, ANSWER)


@feature("responses")
async def responses() -> None:
    agent = Agent(responses_model)
    first = await agent.run(THINK)
    same((await agent.run(HELLO, message_history=first.all_messages())).output, ANSWER)
    async with agent.run_stream(HELLO) as result:
        same(await result.get_output(), ANSWER)
    made = await Agent(responses_model, output_type=NativeOutput(Answer)).run(HELLO)
    same(made.output, Answer(answer="stub"))


@feature("responses, tools")
def responses_tools() -> None:
    same(with_tool(responses_model).run_sync(CALL).output, ANSWER)


@feature("messages")
async def messages() -> None:
    agent = Agent(anthropic_model)
    first = await agent.run(THINK)
    same((await agent.run(HELLO, message_history=first.all_messages())).output, ANSWER)
    async with agent.run_stream(HELLO) as result:
        same(await result.get_output(), ANSWER)


@feature("messages, tools")
async def messages_tools() -> None:
    same((await with_tool(anthropic_model).run(CALL)).output, ANSWER)


run()
