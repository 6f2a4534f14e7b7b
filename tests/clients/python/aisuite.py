"""https://github.com/andrewyng/aisuite"""

import aisuite
from common import ANSWER, CALL, HELLO, KEY, MODEL, RESULT, URL, feature, run, same

client = aisuite.Client({"openai": {"api_key": KEY, "base_url": URL}})


def weather(city: str) -> str:
    """Tell the weather."""
    return RESULT


def ask(text: str, **more: object) -> str:
    said = [{"role": "user", "content": text}]
    made = client.chat.completions.create(model=f"openai:{MODEL}", messages=said, **more)
    return made.choices[0].message.content


@feature("chat")
def chat() -> None:
    same(ask(HELLO), ANSWER)


@feature("tools")
def tools() -> None:
    same(ask(CALL, tools=[weather], max_turns=2), ANSWER)


run()
