"""Calls through the double's gateway, and what instances say."""

from __future__ import annotations

import json
from typing import Any

from support.platform_owner import CODE, CORD, Answer, Instances

FULL = {"detail": "Infrastructure is at maximum capacity, try again later"}
NOWHERE = {"detail": "No infrastructure available to serve request"}
EXHAUSTED = {"detail": "exhausted all available targets to no avail"}
CHAT = "/v1/chat/completions"


def llm_cords() -> list[dict[str, Any]]:
    """Cords as an LLM chute has them."""
    paths = {
        "/v1/chat/completions": "/chat",
        "/v1/completions": "/completion",
        "/v1/messages": "/messages",
        "/tokenize": "/tok",
    }
    cords = [
        {
            **CORD,
            "public_api_path": public,
            "path": f"{path}_stream" if stream else path,
            "function": path.strip("/"),
            "stream": stream,
            "passthrough": True,
        }
        for public, path in paths.items()
        for stream in (True, False)
    ]
    health = {**CORD, "path": "/health", "public_api_path": "/models", "public_api_method": "GET"}
    return [*cords, health]


def reply(body: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON."""
    return status, headers, json.dumps(body).encode()


def completion(body: Any = None, **changed: Any) -> Answer:
    """What an engine answers."""
    return reply({"model": "chat", "usage": {"prompt_tokens": 1}, "choices": [], **changed})


def says(instances: Instances, answer: Answer, name: str = CODE.strip()) -> None:
    """Have the instance with that code answer this, always."""
    instances.say[name] = lambda method, path, body: answer
