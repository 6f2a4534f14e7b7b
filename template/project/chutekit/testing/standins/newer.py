"""How the stub engine answers in OpenAI's newer API and in Anthropic's, as vLLM writes them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from chutekit.testing.standins.reply import Reply


def named(kind: str, **content: Any) -> bytes:
    """Return one event with a name."""
    data = json.dumps({"type": kind, **content}, separators=(",", ":"))
    return f"event: {kind}\ndata: {data}\n\n".encode()


class NewerReply(Reply):
    """An answer whose stream has parts with a beginning and an end."""

    #: The event that breaks a stream off.
    BROKEN = b""

    @property
    def called(self) -> str | None:
        """The tool that is called when one must be."""
        choice = self.asked.get("tool_choice")
        choice = choice if isinstance(choice, str | None) else choice["type"]
        forced = choice not in (None, "none", "auto")
        return str(self.asked["tools"][0]["name"]) if forced and self.asked.get("tools") else None

    def before(self) -> Iterator[bytes]:
        """What a stream begins with."""
        raise NotImplementedError

    def piece(self, text: str) -> bytes:
        """What it goes on with."""
        raise NotImplementedError

    def after(self, text: str) -> Iterator[bytes]:
        """What it ends with; `text` is all of it."""
        raise NotImplementedError

    def answer(self, text: str) -> dict[str, Any]:
        """The whole answer."""
        raise NotImplementedError

    async def whole(self) -> web.Response:
        """Return the answer at once."""
        text = "".join([word async for word in self.words()])
        if self.how.garbage >= 0:
            return web.Response(text="<html>")
        return web.json_response(self.answer(text))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send the answer word by word."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        if self.how.refuse == 0:
            await response.write(self.BROKEN)
            return response
        for event in self.before():
            await response.write(event)
        text = ""
        number = 0
        async for word in self.words():
            if number == self.how.cut:
                return response
            if number == self.how.refuse:
                await response.write(self.BROKEN)
            if number == self.how.garbage:
                await response.write(b"<html>\n\n")
            await response.write(self.piece(word))
            text += word
            number += 1
        for event in self.after(text):
            await response.write(event)
        return response


@dataclass
class ResponsesReply(NewerReply):
    """OpenAI's newer API."""

    BROKEN = named("error", code="server_error", message="As requested.", param=None)

    def __post_init__(self) -> None:
        self.number = next(self.stub.numbers)
        self.sent = 0

    def event(self, kind: str, **content: Any) -> bytes:
        """Return the next event."""
        self.sent += 1
        return named(kind, sequence_number=self.sent - 1, **content)

    def response(self, status: str, output: list[dict[str, Any]], usage: bool) -> dict[str, Any]:
        """Return the answer as it is now."""
        return {
            "id": f"resp_{self.number}",
            "object": "response",
            "created_at": int(time.time()),
            "model": self.stub.name,
            "status": status,
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": self.asked.get("tool_choice", "auto"),
            "tools": self.asked.get("tools", []),
            "metadata": self.asked.get("metadata"),
            "usage": self.counts() if usage else None,
        }

    def counts(self) -> dict[str, Any]:
        """Return how many tokens there were; here words."""
        return {
            "input_tokens": self.prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": self.how.tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": self.prompt_tokens + self.how.tokens,
        }

    def part(self, text: str) -> dict[str, Any]:
        """Return a piece of text."""
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": None}

    def item(self, text: str, status: str) -> dict[str, Any]:
        """Return the one item: a message, or a call."""
        if self.called:
            call = {"type": "function_call", "id": f"fc_{self.number}", "call_id": "call-1"}
            done = "{}" if status == "completed" else ""
            return call | {"name": self.called, "arguments": done, "status": status}
        return {
            "type": "message",
            "id": f"msg_{self.number}",
            "role": "assistant",
            "status": status,
            "content": [self.part(text)] if status == "completed" else [],
        }

    def answer(self, text: str) -> dict[str, Any]:
        """The whole answer."""
        return self.response("completed", [self.item(text, "completed")], usage=True)

    def before(self) -> Iterator[bytes]:
        """What a stream begins with."""
        begun = self.response("in_progress", [], usage=False)
        yield self.event("response.created", response=begun)
        yield self.event("response.in_progress", response=begun)
        item = self.item("", "in_progress")
        yield self.event("response.output_item.added", output_index=0, item=item)
        if not self.called:
            yield self.event("response.content_part.added", **self.place(), part=self.part(""))

    def place(self) -> dict[str, Any]:
        """Return where a piece of text belongs."""
        return {"item_id": f"msg_{self.number}", "output_index": 0, "content_index": 0}

    def piece(self, text: str) -> bytes:
        """What it goes on with."""
        if self.called:
            return b": generating\n\n"
        return self.event("response.output_text.delta", **self.place(), delta=text, logprobs=[])

    def after(self, text: str) -> Iterator[bytes]:
        """What it ends with."""
        if self.called:
            call = {"item_id": f"fc_{self.number}", "output_index": 0}
            done = {"name": self.called, "arguments": "{}"}
            yield self.event("response.function_call_arguments.delta", **call, delta="{}")
            yield self.event("response.function_call_arguments.done", **call, **done)
        else:
            place = self.place()
            yield self.event("response.output_text.done", **place, text=text, logprobs=[])
            yield self.event("response.content_part.done", **place, part=self.part(text))
        item = self.item(text, "completed")
        yield self.event("response.output_item.done", output_index=0, item=item)
        yield self.event("response.completed", response=self.answer(text))


class MessagesReply(NewerReply):
    """Anthropic's API."""

    BROKEN = named("error", error={"type": "invalid_request_error", "message": "As requested."})

    def message(self, content: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
        """Return the answer as it is now."""
        return {
            "id": f"msg-{next(self.stub.numbers)}",
            "type": "message",
            "role": "assistant",
            "model": self.stub.name,
            "content": content,
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": {"input_tokens": self.prompt_tokens, "output_tokens": 0},
        }

    def block(self, text: str) -> dict[str, Any]:
        """Return the one block: text, or a call."""
        if self.called:
            return {"type": "tool_use", "id": "call-1", "name": self.called, "input": {}}
        return {"type": "text", "text": text}

    @property
    def reason(self) -> str:
        """Why the answer ends."""
        return "tool_use" if self.called else "end_turn"

    @property
    def counts(self) -> dict[str, int]:
        """How many tokens there were; here words."""
        return {"input_tokens": self.prompt_tokens, "output_tokens": self.how.tokens}

    def answer(self, text: str) -> dict[str, Any]:
        """The whole answer."""
        return self.message([self.block(text)], self.reason) | {"usage": self.counts}

    def before(self) -> Iterator[bytes]:
        """What a stream begins with."""
        yield named("message_start", message=self.message([], None))
        yield named("content_block_start", index=0, content_block=self.block(""))

    def piece(self, text: str) -> bytes:
        """What it goes on with."""
        if self.called:
            return named("ping")
        return named("content_block_delta", index=0, delta={"type": "text_delta", "text": text})

    def after(self, text: str) -> Iterator[bytes]:
        """What it ends with."""
        if self.called:
            delta = {"type": "input_json_delta", "partial_json": "{}"}
            yield named("content_block_delta", index=0, delta=delta)
        yield named("content_block_stop", index=0)
        ended = {"stop_reason": self.reason, "stop_sequence": None}
        yield named("message_delta", delta=ended, usage=self.counts)
        yield named("message_stop")
