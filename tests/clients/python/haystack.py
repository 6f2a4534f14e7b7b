"""https://github.com/deepset-ai/haystack"""

import json

from common import (
    ANSWER,
    CALL,
    HELLO,
    KEY,
    MODEL,
    PARAMETERS,
    RESULT,
    SCHEMA,
    SIZE,
    URL,
    VECTORS,
    VECTORS_MODEL,
    feature,
    run,
    same,
)
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage, Document
from haystack.tools import Tool
from haystack.utils import Secret

ACCESS = {"model": MODEL, "api_base_url": URL, "api_key": Secret.from_token(KEY)}
SAID = [ChatMessage.from_user(HELLO)]


@feature("chat")
def chat() -> None:
    same(OpenAIChatGenerator(**ACCESS).run(SAID)["replies"][0].text, ANSWER)


@feature("async")
async def chat_async() -> None:
    same((await OpenAIChatGenerator(**ACCESS).run_async(SAID))["replies"][0].text, ANSWER)


@feature("stream")
def stream() -> None:
    parts = []
    model = OpenAIChatGenerator(
        **ACCESS, streaming_callback=lambda part: parts.append(part.content)
    )
    same(model.run(SAID)["replies"][0].text, ANSWER)
    same("".join(parts), ANSWER)


@feature("tools")
def tools() -> None:
    weather = Tool("weather", "Tells the weather.", PARAMETERS, lambda city: RESULT)
    model = OpenAIChatGenerator(**ACCESS, tools=[weather])
    said = [ChatMessage.from_user(CALL)]
    first = model.run(said)["replies"][0]
    same(first.tool_call.arguments, {"city": "stub"})
    result = ChatMessage.from_tool(RESULT, origin=first.tool_call)
    same(model.run([*said, first, result])["replies"][0].text, ANSWER)


@feature("JSON schema")
def schema() -> None:
    wanted = {"name": "reply", "strict": True, "schema": SCHEMA}
    settings = {"response_format": {"type": "json_schema", "json_schema": wanted}}
    made = OpenAIChatGenerator(**ACCESS, generation_kwargs=settings).run(SAID)["replies"][0].text
    same(json.loads(made), {"answer": "stub"})


@feature("embeddings")
def embeddings() -> None:
    access = ACCESS | {"api_base_url": VECTORS, "model": VECTORS_MODEL}
    same(len(OpenAITextEmbedder(**access).run(HELLO)["embedding"]), SIZE)
    made = OpenAIDocumentEmbedder(**access, progress_bar=False).run([Document(content=HELLO)])
    same(len(made["documents"][0].embedding), SIZE)


run()
