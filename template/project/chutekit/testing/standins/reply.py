"""How the stub engine answers in OpenAI's older APIs, and what any of its answers has."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from chutekit.engines.prompts import how_many
from chutekit.testing.standins import tools
from chutekit.testing.standins.server import Stub, settings

DEFAULT_TOKENS = 8
#: Where the prompt is, in the order in which they are looked for.
PROMPTS = ("prompt", "input", "messages")
#: What the APIs call a part that is a picture.
PICTURES = ("image_url", "input_image", "image")


@dataclass
class Behaviour:
    """How to answer one request."""

    tokens: int = DEFAULT_TOKENS
    delay: float = 0.0
    think: float = 0.0
    die: int = -1
    garbage: int = -1
    refuse: int = -1
    cut: int = -1
    hang: int = -1
    status: int = 200
    error: int = 0
    call: str = ""
    reason: int = 0

    @classmethod
    def read(cls, prompt: str, tokens: int) -> Behaviour:
        """Return what the prompt asks for, and at most `tokens` words."""
        asked = settings(prompt.partition("stub:")[2])
        kinds = {name: type(value) for name, value in vars(cls()).items()}
        chosen: dict[str, Any] = {"tokens": min(tokens, DEFAULT_TOKENS)}
        chosen |= {name: kinds[name](value) for name, value in asked.items() if name in kinds}
        return cls(**chosen)


class Answering(Stub):
    """A stub that numbers its answers."""

    numbers = itertools.count(1)


@dataclass
class Reply:
    """One answer in the making."""

    stub: Answering
    asked: dict[str, Any]
    how: Behaviour
    prompt_tokens: int

    @property
    def chat(self) -> bool:
        """Whether it is about messages."""
        return "messages" in self.asked

    @property
    def answers(self) -> int:
        """How many answers are wanted: `n` for each prompt."""
        prompts = how_many(self.asked["prompt"]) if "prompt" in self.asked else 1
        return prompts * int(self.asked.get("n") or 1)

    @property
    def call(self) -> tools.Call | None:
        """The tool that is called instead of an answer."""
        return tools.call(self.asked, self.how.call)

    @property
    def reasoning(self) -> list[str]:
        """The words of thinking before the answer."""
        return [f"thought{number} " for number in range(self.how.reason)]

    async def words(self) -> AsyncIterator[str]:
        """Generate the answer."""
        await asyncio.sleep(self.how.think)
        text = wanted_json(self.asked)
        words = [text] if text else [f"word{number} " for number in range(self.how.tokens)]
        for number, word in enumerate(words):
            if number == self.how.die:
                os._exit(7)
            if number == self.how.hang:
                await asyncio.Event().wait()
            if self.how.delay:
                await asyncio.sleep(self.how.delay)
            self.stub.counts["generated_tokens_total"] += 1
            yield word

    async def whole(self) -> web.Response:
        """Return the answer at once."""
        text = "".join([word async for word in self.words()])
        if self.how.garbage >= 0:
            return web.Response(text="<html>")
        call = self.call
        finish = "tool_calls" if call else "stop"
        choice: dict[str, Any] = {"finish_reason": finish, "logprobs": None}
        if self.chat:
            message: dict[str, Any] = {"role": "assistant", "content": None if call else text}
            message |= {"tool_calls": [tool_call(call)]} if call else {}
            message |= {"reasoning": "".join(self.reasoning)} if self.reasoning else {}
            choice["message"] = message
        else:
            choice["text"] = text
        choices = [choice | {"index": index} for index in range(self.answers)]
        return web.json_response(self.frame("") | {"choices": choices, "usage": self.usage()})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send the answer word by word."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        frame = self.frame(".chunk" if self.chat else "")

        # The first piece alone says whose answer it is: OpenAI's client joins what is repeated.
        opening = {"role": "assistant"}

        async def send(finish: str | None = None, **content: Any) -> None:
            if "delta" in content:
                content["delta"] = opening | content["delta"]
                opening.clear()
            for index in range(self.answers):
                choice = {"index": index, "finish_reason": finish, "logprobs": None, **content}
                await response.write(event(frame | {"choices": [choice]}))

        call = self.call if self.chat else None
        number = 0
        async for word in self.words():
            if number == self.how.cut:
                return response
            if number == self.how.refuse:
                await response.write(event({"error": {"message": "As requested.", "code": 400}}))
            if number == self.how.garbage:
                await response.write(b"<html>\n\n")
            for thought in self.reasoning if self.chat and number == 0 else ():
                await send(delta={"reasoning": thought})
            if not call:
                await send(**({"delta": {"content": word}} if self.chat else {"text": word}))
            number += 1
        for piece in called_in_pieces(call) if call else ():
            await send(delta={"tool_calls": [piece]})
        last: dict[str, Any] = {"delta": {}} if self.chat else {"text": ""}
        await send("tool_calls" if call else "stop", **last)
        if (self.asked.get("stream_options") or {}).get("include_usage"):
            await response.write(event(frame | {"choices": [], "usage": self.usage()}))
        await response.write(b"data: [DONE]\n\n")
        return response

    def frame(self, suffix: str) -> dict[str, Any]:
        """Return what every part of the answer repeats."""
        kind = "chat.completion" if self.chat else "text_completion"
        return {
            "id": f"stub-{next(self.stub.numbers)}",
            "object": kind + suffix,
            "created": int(time.time()),
            "model": self.stub.name,
            "system_fingerprint": "stub",
        }

    def usage(self) -> dict[str, int]:
        """Return OpenAI's count of tokens; here words."""
        tokens = self.how.tokens * self.answers
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": tokens,
            "total_tokens": self.prompt_tokens + tokens,
        }


def text_of(asked: dict[str, Any]) -> str:
    """Return all text of a prompt."""
    given = next(asked[name] for name in PROMPTS if asked.get(name) is not None)
    if isinstance(given, str):
        return given
    if "prompt" in asked:
        return " ".join(map(str, given))
    contents = [message.get("content") or "" for message in given]
    parts = [[text] if isinstance(text, str) else text for text in contents]
    return " ".join(map(_text, itertools.chain(*parts)))


def pictures_in(asked: Any) -> int:
    """How many pictures there are, at any depth."""
    if isinstance(asked, list):
        return sum(map(pictures_in, asked))
    if not isinstance(asked, dict):
        return 0
    if asked.get("type") in PICTURES:
        return 1
    return sum(map(pictures_in, asked.values()))


def _text(part: str | dict[str, Any]) -> str:
    """The text of a part, none of a picture, or all of it when it is neither."""
    if isinstance(part, dict) and part.get("type") in PICTURES:
        return ""
    text = part if isinstance(part, str) else part.get("text")
    return text if isinstance(text, str) else json.dumps(part)


def wanted_json(asked: dict[str, Any]) -> str:
    """Return an answer in JSON when that is what was asked for."""
    newer = (asked.get("text") or asked.get("output_config") or {}).get("format")
    wanted = asked.get("response_format") or newer or {}
    if wanted.get("type", "text") == "text":
        return ""
    schema = wanted.get("json_schema", wanted).get("schema") or {}
    return json.dumps(tools.example(schema) or {"answer": "stub"})


def tool_call(call: tools.Call) -> dict[str, Any]:
    """Return a call as an answer names it."""
    return {"id": "call-1", "type": "function", "function": call._asdict()}


def called_in_pieces(call: tools.Call) -> list[dict[str, Any]]:
    """Return the same as a stream tells it: what is called, then the arguments."""
    begun = tool_call(call._replace(arguments=""))
    return [{"index": 0, **begun}, {"index": 0, "function": {"arguments": call.arguments}}]


def event(content: dict[str, Any]) -> bytes:
    """Return one server-sent event."""
    return b"data: " + json.dumps(content, separators=(",", ":")).encode() + b"\n\n"
