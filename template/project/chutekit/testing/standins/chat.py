"""A server that speaks the engine's protocol and has no model: it answers with numbered words.

Each picture counts as `PICTURE_TOKENS` words. A prompt that contains `stub:` followed by settings
says how to answer it, for example `stub: tokens=100 delay=0.02 die=3`:

tokens   how many words to generate
delay    seconds before each of them
think    seconds before the first
die      end the process after that many words
garbage  break the protocol after that many words
refuse   send an error with code 400 as an event after that many words
cut      end the stream without `[DONE]` after that many words
hang     generate nothing more after that many words
status   answer with this status
error    put an exception that quotes the prompt on standard error
call     call this tool until the last message is a result; else only when one must be called
reason   how many words to think first
"""

from __future__ import annotations

import sys
from typing import Any

from aiohttp import web

from chutekit.testing.standins.newer import MessagesReply, ResponsesReply
from chutekit.testing.standins.reply import (
    PROMPTS,
    Answering,
    Behaviour,
    Reply,
    pictures_in,
    text_of,
)
from chutekit.testing.standins.server import refusal, serve, too_long

KINDS: dict[str, type[Reply]] = {
    "/v1/chat/completions": Reply,
    "/v1/completions": Reply,
    "/v1/responses": ResponsesReply,
    "/v1/messages": MessagesReply,
}


PICTURE_TOKENS = 64


class ChatStub(Answering):
    """Answers chats, completions, responses and messages, and counts tokens; here words."""

    ROUTES = (*KINDS, "/v1/messages/count_tokens", "/tokenize", "/detokenize")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Generate as many words as were asked for."""
        self.check_key(request)
        asked = await request.json()
        if asked["model"] != self.name:
            return refusal(404, f"The model `{asked['model']}` does not exist.", "model")
        if request.path not in KINDS:
            return web.json_response(self.counted(request.path, asked))
        prompt = text_of(asked)
        words = prompt.split() + ["picture"] * (PICTURE_TOKENS * pictures_in(asked))
        limits = ("max_completion_tokens", "max_tokens", "max_output_tokens")
        limit = next((asked[name] for name in limits if asked.get(name)), self.longest)
        how = Behaviour.read(prompt, limit)
        if len(words) + how.tokens > self.longest:
            param = next(name for name in PROMPTS if name in asked)
            return too_long(self.longest, len(words), param)
        if how.status != 200:
            return refusal(how.status, "As requested.", None)
        if how.error:
            print(f"Traceback\nValueError: cannot read {prompt!r}", file=sys.stderr, flush=True)
        self.counts["requests_running"] += 1
        self.counts["prompt_tokens_total"] += len(words)
        try:
            reply = KINDS[request.path](self, asked, how, len(words))
            return await (reply.stream(request) if asked.get("stream") else reply.whole())
        finally:
            self.counts["requests_running"] -= 1

    def counted(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Tell the words of a prompt, and what words numbers stand for."""
        if path == "/detokenize":
            return {"prompt": " ".join(f"word{token}" for token in asked["tokens"])}
        count = len(text_of(asked).split()) + PICTURE_TOKENS * pictures_in(asked)
        if path == "/tokenize":
            tokens = list(range(count))
            return {"count": count, "max_model_len": self.longest, "tokens": tokens}
        return {"input_tokens": count, "context_management": {"original_input_tokens": count}}


if __name__ == "__main__":
    serve(ChatStub)
