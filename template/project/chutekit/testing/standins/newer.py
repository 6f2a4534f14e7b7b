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

    def thought(self, status: str) -> dict[str, Any]:
        """Return the item before it: what was thought."""
        done = [{"type": "reasoning_text", "text": "".join(self.reasoning)}]
        content = {"content": done} if status == "completed" else {}
        item = {"type": "reasoning", "id": f"rs_{self.number}", "summary": [], "status": status}
        return item | content

    def item(self, text: str, status: str) -> dict[str, Any]:
        """Return the last item: a message, or a call."""
        if call := self.call:
            about = {"type": "function_call", "id": f"fc_{self.number}", "call_id": "call-1"}
            done = call.arguments if status == "completed" else ""
            return about | {"name": call.name, "arguments": done, "status": status}
        return {
            "type": "message",
            "id": f"msg_{self.number}",
            "role": "assistant",
            "status": status,
            "content": [self.part(text)] if status == "completed" else [],
        }

    def answer(self, text: str) -> dict[str, Any]:
        """The whole answer."""
        thoughts = [self.thought("completed")] if self.reasoning else []
        return self.response("completed", [*thoughts, self.item(text, "completed")], usage=True)

    def before(self) -> Iterator[bytes]:
        """What a stream begins with."""
        begun = self.response("in_progress", [], usage=False)
        yield self.event("response.created", response=begun)
        yield self.event("response.in_progress", response=begun)
        if self.reasoning:
            yield from self.thinking()
        item = self.item("", "in_progress")
        yield self.event("response.output_item.added", output_index=self.last, item=item)
        if not self.call:
            yield self.event("response.content_part.added", **self.place(), part=self.part(""))

    def thinking(self) -> Iterator[bytes]:
        """What comes before the answer."""
        begun, done = self.thought("in_progress"), self.thought("completed")
        place = {"item_id": begun["id"], "output_index": 0, "content_index": 0}
        part = done["content"][0]
        yield self.event("response.output_item.added", output_index=0, item=begun)
        yield self.event("response.content_part.added", **place, part=part | {"text": ""})
        for thought in self.reasoning:
            yield self.event("response.reasoning_text.delta", **place, delta=thought)
        yield self.event("response.reasoning_text.done", **place, text=part["text"])
        yield self.event("response.content_part.done", **place, part=part)
        yield self.event("response.output_item.done", output_index=0, item=done)

    @property
    def last(self) -> int:
        """Where the last item is."""
        return 1 if self.reasoning else 0

    def place(self) -> dict[str, Any]:
        """Return where a piece of text belongs."""
        return {"item_id": f"msg_{self.number}", "output_index": self.last, "content_index": 0}

    def piece(self, text: str) -> bytes:
        """What it goes on with."""
        if self.call:
            return b": generating\n\n"
        return self.event("response.output_text.delta", **self.place(), delta=text, logprobs=[])

    def after(self, text: str) -> Iterator[bytes]:
        """What it ends with."""
        if call := self.call:
            place = {"item_id": f"fc_{self.number}", "output_index": self.last}
            pieces = "response.function_call_arguments"
            yield self.event(f"{pieces}.delta", **place, delta=call.arguments)
            yield self.event(f"{pieces}.done", **place, **call._asdict())
        else:
            place = self.place()
            yield self.event("response.output_text.done", **place, text=text, logprobs=[])
            yield self.event("response.content_part.done", **place, part=self.part(text))
        item = self.item(text, "completed")
        yield self.event("response.output_item.done", output_index=self.last, item=item)
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

    def thought(self, text: str) -> dict[str, Any]:
        """Return a block of thinking."""
        return {"type": "thinking", "thinking": text, "signature": "stub"}

    def block(self, text: str) -> dict[str, Any]:
        """Return the last block: text, or a call."""
        if call := self.call:
            given = json.loads(call.arguments) if text else {}
            return {"type": "tool_use", "id": "call-1", "name": call.name, "input": given}
        return {"type": "text", "text": text}

    @property
    def reason(self) -> str:
        """Why the answer ends."""
        return "tool_use" if self.call else "end_turn"

    @property
    def counts(self) -> dict[str, int]:
        """How many tokens there were; here words."""
        return {"input_tokens": self.prompt_tokens, "output_tokens": self.how.tokens}

    @property
    def index(self) -> int:
        """Where the last block is."""
        return 1 if self.reasoning else 0

    def answer(self, text: str) -> dict[str, Any]:
        """The whole answer."""
        thoughts = [self.thought("".join(self.reasoning))] if self.reasoning else []
        content = [*thoughts, self.block(text)]
        return self.message(content, self.reason) | {"usage": self.counts}

    def before(self) -> Iterator[bytes]:
        """What a stream begins with."""
        yield named("message_start", message=self.message([], None))
        if self.reasoning:
            block = self.thought("") | {"signature": ""}
            yield named("content_block_start", index=0, content_block=block)
            for thought in self.reasoning:
                yield self.delta(0, type="thinking_delta", thinking=thought)
            yield self.delta(0, type="signature_delta", signature="stub")
            yield named("content_block_stop", index=0)
        yield named("content_block_start", index=self.index, content_block=self.block(""))

    def delta(self, index: int, **delta: str) -> bytes:
        """Return a piece of a block."""
        return named("content_block_delta", index=index, delta=delta)

    def piece(self, text: str) -> bytes:
        """What it goes on with."""
        if self.call:
            return named("ping")
        return self.delta(self.index, type="text_delta", text=text)

    def after(self, text: str) -> Iterator[bytes]:
        """What it ends with."""
        if call := self.call:
            yield self.delta(self.index, type="input_json_delta", partial_json=call.arguments)
        yield named("content_block_stop", index=self.index)
        ended = {"stop_reason": self.reason, "stop_sequence": None}
        yield named("message_delta", delta=ended, usage=self.counts)
        yield named("message_stop")
