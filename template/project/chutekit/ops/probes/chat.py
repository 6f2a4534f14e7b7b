"""What the smoke test sends to this chute, and what must come back."""

from __future__ import annotations

import json
from typing import Any

from chute import EXAMPLE

from chutekit.ops.gateway import Answer
from chutekit.ops.probes import Load, Probe, models, refusal


def completion(answer: Answer) -> str:
    """Check that there is an answer with text and a count of its tokens."""
    document = answer.json() or {}
    choices = document.get("choices") or [{}]
    if not _text(choices[0].get("message") or {}):
        return "sent no text"
    if not (document.get("usage") or {}).get("completion_tokens"):
        return "counted no tokens"
    return ""


def stream(answer: Answer) -> str:
    """Check that events come with text in them, and that the stream ends as it should."""
    events = [
        line.removeprefix("data:").strip()
        for line in answer.body.decode(errors="replace").splitlines()
        if line.startswith("data:")
    ]
    if not events or events[-1] != "[DONE]":
        return "ended the stream without [DONE]"
    deltas = [_delta(event) for event in events[:-1]]
    return "" if any(_text(delta) for delta in deltas) else "streamed no text"


def _delta(event: str) -> dict[str, Any]:
    choices = json.loads(event).get("choices") or [{}]
    return choices[0].get("delta") or {}


def _text(message: dict[str, Any]) -> str:
    # A reasoning model may spend a short answer on thinking.
    return "".join(message.get(key) or "" for key in ("content", "reasoning", "reasoning_content"))


def asking(text: str) -> dict[str, Any]:
    """Return a body with this text, at a temperature, so that no cache answers."""
    messages = [{"role": "user", "content": text}]
    return {**EXAMPLE, "messages": messages, "temperature": 0.7}


def continuing(text: str) -> dict[str, Any]:
    """Return a body of a completion with this prompt, at a temperature."""
    return {"model": EXAMPLE["model"], "prompt": text, "max_tokens": 64, "temperature": 0.7}


CHAT = "/v1/chat/completions"
PROBES = [
    Probe("GET /v1/models", "GET", "/v1/models", None, models),
    Probe("POST /v1/chat/completions", "POST", CHAT, EXAMPLE, completion),
    Probe("POST /v1/chat/completions, streamed", "POST", CHAT, EXAMPLE | {"stream": True}, stream),
]
WRONG = refusal("POST", CHAT, EXAMPLE | {"max_tokens": -1}, "max_tokens")
#: At a temperature, so that no cache answers.
BURST = Probe("POST /v1/chat/completions", "POST", CHAT, EXAMPLE | {"temperature": 0.7}, completion)
LOAD = Load(
    {CHAT: asking, "/v1/completions": continuing},
    words=1000,
    streamed={"stream": True, "stream_options": {"include_usage": True}},
)
