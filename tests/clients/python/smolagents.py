"""https://github.com/huggingface/smolagents"""

from common import ANSWER, HELLO, KEY, MODEL, RESULT, URL, feature, run, same
from smolagents import ChatMessage, MessageRole, OpenAIModel, ToolCallingAgent, tool

model = OpenAIModel(model_id=MODEL, api_base=URL, api_key=KEY)
SAID = [ChatMessage(role=MessageRole.USER, content=[{"type": "text", "text": HELLO}])]


@tool
def weather(city: str) -> str:
    """Tell the weather.

    Args:
        city: Where.
    """
    return RESULT


@feature("chat")
def chat() -> None:
    same(model(SAID).content, ANSWER)


@feature("stream")
def stream() -> None:
    same("".join(part.content or "" for part in model.generate_stream(SAID)), ANSWER)


@feature("tools")
def tools() -> None:
    # Calls are always required, and the first tool is called until there are no steps left.
    agent = ToolCallingAgent(tools=[weather], model=model, max_steps=2, verbosity_level=0)
    same(agent.run(HELLO), ANSWER)
    steps = [step for step in agent.memory.steps if getattr(step, "tool_calls", None)]
    same([step.observations for step in steps], [RESULT, RESULT])
    final = ToolCallingAgent(tools=[weather], model=model, verbosity_level=0)
    same(final.run("stub: call=final_answer"), "stub")


@feature("JSON schema")
def schema() -> None:
    wanted = {"type": "object", "properties": {"answer": {"type": "string"}}}
    wanted |= {"required": ["answer"]}
    made = model(
        SAID,
        response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": wanted}},
    )
    same(made.content, '{"answer": "stub"}')


run()
