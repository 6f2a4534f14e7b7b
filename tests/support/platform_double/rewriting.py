"""What the gateway does to a request before an instance sees it.

All of it is for chutes with the template "vllm", on whatever path. A body that the gateway's own
code stumbles over crashes the request.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse

PICTURES = ("image", "image_url", "video", "video_url")
MOST_PICTURES = 8
UNFETCHED = "Unexpected error attempting to fetch image for VLM processing: "
#: The length from which a prompt is hashed, to send similar ones to the same instance.
HASHED = 1024


class RefusedError(Exception):
    """A request that the gateway refuses with 400."""


class CrashError(Exception):
    """A request that the gateway's code fails on."""


def rewritten(body: dict[str, Any], name: str) -> dict[str, Any]:
    """The body as it is sent on to a chute of that name."""
    body = json.loads(json.dumps(body))
    try:
        force(body, name)
        for rule in (fetch_pictures, check_tool_calls):
            # The gateway logs that it could not, and sends the body on.
            with contextlib.suppress(AttributeError, TypeError, ValueError):
                rule(body)
        hash_prompt(body)
    except (AttributeError, TypeError, UnicodeEncodeError) as error:
        raise CrashError(str(error)) from error
    return body


def force(body: dict[str, Any], name: str) -> None:
    """Ask for usage in streams, for one top log probability, and for the chute's own model."""
    if body.get("stream"):
        options = body.setdefault("stream_options", {})
        if not options.get("include_usage"):
            options["include_usage"] = True
        options["continuous_usage_stats"] = True
    if body.get("logprobs") and not body.get("top_logprobs"):
        body["top_logprobs"] = 1
    body["model"] = name


def fetch_pictures(body: dict[str, Any]) -> None:
    """Refuse what the gateway would fetch: this one has no network to fetch pictures from."""
    addresses = list(addresses_of(body))
    if len(addresses) > MOST_PICTURES:
        raise RefusedError(f"Exceeded maximum image URLs per request: {len(addresses)}")
    if addresses:
        raise RefusedError(f"{UNFETCHED}400: Failed to fetch {addresses[0]}: response.status=404")


def addresses_of(body: dict[str, Any]) -> Iterator[str]:
    """The pictures and films in messages that are not in the request itself."""
    for message in body.get("messages") or ():
        contents = message.get("content")
        for item in contents if isinstance(contents, list) else ():
            if not isinstance(item, dict):
                continue
            for key in PICTURES:
                kind = "video" if "video" in key else "image"
                shown = item.get(key)
                if isinstance(shown, dict) and "url" in shown:
                    if not shown["url"].startswith("data:"):
                        yield allowed(shown["url"], kind, ("http", "https"), (None, 80, 443))
                elif isinstance(shown, str) and shown[:5].lower() != "data:":
                    yield allowed(shown, kind, ("https",), (None, 443))


def allowed(url: str, kind: str, schemes: tuple[str, ...], ports: tuple[int | None, ...]) -> str:
    """An address that the gateway would fetch from."""
    parts = urlparse(url)
    if parts.scheme.lower() not in schemes:
        alone = f"HTTPS URLs are supported for {kind}s. Got scheme: {parts.scheme}"
        both = f"HTTP(s) URLs are supported for {kind}s: {parts.scheme} is not supported"
        raise RefusedError(f"Only {both if 'http' in schemes else alone}")
    if parts.port not in ports:
        alone = f"HTTPS URLs on port 443 are supported for {kind}s. Got port: {parts.port}"
        both = (
            f"HTTP(s) standard ports are supported for {kind}s, port {parts.port} is not supported"
        )
        raise RefusedError(f"Only {both if 'http' in schemes else alone}")
    return url


def check_tool_calls(body: dict[str, Any]) -> None:
    """Refuse a history whose tool calls have arguments that are not JSON; none become null."""
    for message in body.get("messages") or ():
        if message.get("role") != "assistant":
            continue
        for call in message.get("tool_calls") or ():
            function = call.get("function")
            if not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
                continue
            if not function["arguments"]:
                function["arguments"] = "null"
                continue
            try:
                json.loads(function["arguments"])
            except ValueError:
                raise RefusedError(
                    "Invalid tool_calls.function.arguments value, expected JSON"
                ) from None


def hash_prompt(body: dict[str, Any]) -> None:
    """Hash the prompt's beginning: a long prompt that is not text crashes the gateway."""
    prompt = body.get("prompt")
    if prompt is None:
        messages = body.get("messages")
        if messages is None:
            return
        texts = [one.get("content") if isinstance(one, dict) else None for one in messages]
        words = [text for text in texts if isinstance(text, str)]
        if len(words) < len(texts):
            return
        prompt = "".join(words)
    if prompt and len(prompt) > HASHED:
        prompt[:HASHED].encode()
