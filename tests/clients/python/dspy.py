"""https://github.com/stanfordnlp/dspy"""

import dspy
import pydantic
from common import (
    CALL,
    HELLO,
    KEY,
    MODEL,
    PARAMETERS,
    SIZE,
    URL,
    VECTORS,
    VECTORS_MODEL,
    feature,
    run,
    same,
)

model = dspy.LM(f"openai/{MODEL}", api_base=URL, api_key=KEY, cache=False)
dspy.configure(lm=model)


class Answer(pydantic.BaseModel):
    """What a parsed answer holds."""

    answer: str


TOOL = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}


@feature("chat")
def chat() -> None:
    assert model(HELLO)
    assert model(messages=[{"role": "user", "content": HELLO}], n=2, temperature=1.0)[1]


@feature("async")
async def chat_async() -> None:
    assert await model.acall(HELLO)


@feature("JSON schema")
def schema() -> None:
    same(model(HELLO, response_format=Answer)[0], '{"answer": "stub"}')


@feature("tools")
def tools() -> None:
    (made,) = model(messages=[{"role": "user", "content": CALL}], tools=[TOOL])
    same(made["tool_calls"][0]["function"]["name"], "weather")


@feature("completions")
def completions() -> None:
    text = dspy.LM(f"openai/{MODEL}", api_base=URL, api_key=KEY, model_type="text", cache=False)
    assert text(HELLO)


@feature("responses")
def responses() -> None:
    newer = dspy.LM(
        f"openai/{MODEL}", api_base=URL, api_key=KEY, model_type="responses", cache=False
    )
    assert newer(HELLO)


@feature("embeddings")
def embeddings() -> None:
    embedder = dspy.Embedder(
        f"openai/{VECTORS_MODEL}", api_base=VECTORS, api_key=KEY, caching=False
    )
    same(embedder([HELLO, "Good morning"]).shape, (2, SIZE))


run()
