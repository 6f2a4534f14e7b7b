"""https://github.com/langchain-ai/langchain"""

import openai
import pydantic
from common import (
    ANSWER,
    CALL,
    HELLO,
    KEY,
    MODEL,
    RESULT,
    ROOT,
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
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings

ACCESS = {"base_url": URL, "api_key": KEY, "model": MODEL}
chat_model = ChatOpenAI(**ACCESS)


class Answer(pydantic.BaseModel):
    """What a parsed answer holds."""

    answer: str


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return RESULT


@feature("chat")
def chat() -> None:
    same(chat_model.invoke(HELLO).content, ANSWER)
    batch = chat_model.batch([HELLO, HELLO])
    same([answer.content.strip() for answer in batch], [ANSWER, ANSWER])


@feature("async")
async def chat_async() -> None:
    same("".join([part.content async for part in chat_model.astream(HELLO)]), ANSWER)


@feature("stream")
def stream() -> None:
    same("".join(part.content for part in chat_model.stream(HELLO)), ANSWER)


def two_turns(model: object) -> None:
    """A call, and what becomes of its result."""
    bound = model.bind_tools([weather])
    history = [HumanMessage(CALL)]
    history.append(bound.invoke(history))
    (call,) = history[-1].tool_calls
    same((call["name"], call["args"]), ("weather", {"city": "stub"}))
    history.append(ToolMessage(RESULT, tool_call_id=call["id"]))
    same(bound.invoke(history).text, ANSWER)
    parts = list(bound.stream([HumanMessage(CALL)]))
    whole = parts[0]
    for part in parts[1:]:
        whole += part
    same(whole.tool_calls[0]["args"], {"city": "stub"})
    same(bound.invoke([HumanMessage(CALL), whole, history[-1]]).text, ANSWER)


@feature("tools")
def tools() -> None:
    two_turns(chat_model)


@feature("JSON schema")
def schema() -> None:
    for method in ("json_schema", "function_calling", "json_mode"):
        structured = chat_model.with_structured_output(Answer, method=method)
        same(structured.invoke(HELLO), Answer(answer="stub"))


@feature("reasoning")
def reasoning() -> None:
    model = ChatOpenAI(**ACCESS, reasoning_effort="high")
    first = model.invoke(THINK)
    same(model.invoke([HumanMessage(THINK), first, HumanMessage(HELLO)]).content, ANSWER)


@feature("completions")
def completions() -> None:
    model = OpenAI(**ACCESS)
    same(model.invoke(HELLO), ANSWER)
    made = model.generate([HELLO, "Good morning"])
    same([one[0].text.strip() for one in made.generations], [ANSWER, ANSWER])
    same("".join(model.stream(HELLO)), ANSWER)


@feature("responses")
def responses() -> None:
    model = ChatOpenAI(**ACCESS, use_responses_api=True)
    same(model.invoke(HELLO).text, ANSWER)
    same("".join(part.text for part in model.stream(HELLO)), ANSWER)
    same(model.with_structured_output(Answer).invoke(HELLO), Answer(answer="stub"))
    thinking = ChatOpenAI(**ACCESS, use_responses_api=True, reasoning={"effort": "low"})
    first = thinking.invoke(THINK)
    same(thinking.invoke([HumanMessage(THINK), first, HumanMessage(HELLO)]).text, ANSWER)


@feature("responses, tools")
def responses_tools() -> None:
    two_turns(ChatOpenAI(**ACCESS, use_responses_api=True))


def anthropic(**more: object) -> ChatAnthropic:
    """Its key goes where the platform does not look, unless told otherwise."""
    headers = {"Authorization": f"Bearer {KEY}"}
    return ChatAnthropic(base_url=ROOT, api_key=KEY, model=MODEL, default_headers=headers, **more)


@feature("messages")
def messages() -> None:
    model = anthropic()
    same(model.invoke(HELLO).text, ANSWER)
    same("".join(part.text for part in model.stream(HELLO)), ANSWER)
    first = model.invoke(THINK)
    same(model.invoke([HumanMessage(THINK), first, HumanMessage(HELLO)]).text, ANSWER)


@feature("messages, tools")
def messages_tools() -> None:
    two_turns(anthropic())


@feature("embeddings")
def embeddings() -> None:
    access = {"base_url": VECTORS, "api_key": KEY, "model": VECTORS_MODEL}
    model = OpenAIEmbeddings(**access, check_embedding_ctx_length=False)
    same(len(model.embed_query(HELLO)), SIZE)
    same([len(one) for one in model.embed_documents([HELLO, "Good morning"])], [SIZE, SIZE])


@feature("mistakes")
def mistakes() -> None:
    raises(openai.BadRequestError, lambda: ChatOpenAI(**ACCESS, n=1000).invoke(HELLO))


run()
