"""https://github.com/run-llama/llama_index"""

import pydantic
from common import (
    ANSWER,
    CALL,
    HELLO,
    KEY,
    MODEL,
    RESULT,
    SIZE,
    URL,
    VECTORS,
    VECTORS_MODEL,
    feature,
    run,
    same,
)
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.openai_like import OpenAILike

ACCESS = {"model": MODEL, "api_base": URL, "api_key": KEY}
chat_model = OpenAILike(**ACCESS, is_chat_model=True, is_function_calling_model=True)
SAID = [ChatMessage(role="user", content=HELLO)]


class Answer(pydantic.BaseModel):
    """What a parsed answer holds."""

    answer: str


def weather(city: str) -> str:
    """Tell the weather."""
    return RESULT


@feature("chat")
def chat() -> None:
    same(chat_model.chat(SAID).message.content, ANSWER)
    same(chat_model.complete(HELLO).text, ANSWER)


@feature("async")
async def chat_async() -> None:
    parts = [part async for part in await chat_model.astream_chat(SAID)]
    same(parts[-1].message.content, ANSWER)


@feature("stream")
def stream() -> None:
    same([part.message.content for part in chat_model.stream_chat(SAID)][-1], ANSWER)


@feature("tools")
def tools() -> None:
    tool = FunctionTool.from_defaults(weather)
    asked = ChatMessage(role="user", content=CALL)
    first = chat_model.chat_with_tools([tool], user_msg=asked)
    (call,) = chat_model.get_tool_calls_from_response(first)
    same(call.tool_kwargs, {"city": "stub"})
    result = ChatMessage(
        role="tool", content=RESULT, additional_kwargs={"tool_call_id": call.tool_id}
    )
    told = chat_model.chat_with_tools([tool], chat_history=[asked, first.message, result])
    same(told.message.content, ANSWER)


@feature("JSON schema")
def schema() -> None:
    made = chat_model.as_structured_llm(Answer).chat(SAID)
    same(made.raw, Answer(answer="stub"))
    native = OpenAILike(**ACCESS, is_chat_model=True, should_use_structured_outputs=True)
    same(native.as_structured_llm(Answer).chat(SAID).raw, Answer(answer="stub"))


@feature("completions")
def completions() -> None:
    model = OpenAILike(**ACCESS)
    same(model.complete(HELLO).text, ANSWER)
    same([part.text for part in model.stream_complete(HELLO)][-1], ANSWER)


@feature("embeddings")
def embeddings() -> None:
    model = OpenAILikeEmbedding(model_name=VECTORS_MODEL, api_base=VECTORS, api_key=KEY)
    same(len(model.get_text_embedding(HELLO)), SIZE)
    same(len(model.get_text_embedding_batch([HELLO, "Good morning"])), 2)


run()
