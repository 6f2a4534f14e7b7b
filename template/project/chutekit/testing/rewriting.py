"""What the platform's gateway makes of a body for a chute of the template `vllm`, on any path.

From `_invoke` in its public source, May 2026.
"""

import json
from typing import Any

#: It calls whatever it fetched a PNG; this is a GIF.
FETCHED = "data:image/png;base64,R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw=="
MOST_FETCHED = 8
MEDIA = ("image", "image_url", "video", "video_url")


class Refused(Exception):
    """The gateway answers 400 itself; the text is what the client reads."""


def rewrite(body: dict[str, Any], name: str) -> None:
    """Change a body in place; AttributeError or TypeError where the gateway breaks over it."""
    if body.get("stream"):
        options = body.setdefault("stream_options", {})
        if not options.get("include_usage"):
            options["include_usage"] = True
        options["continuous_usage_stats"] = True
    if body.get("logprobs") and not body.get("top_logprobs"):
        body["top_logprobs"] = 1
    body["model"] = name
    for change in (_fetch, _check_arguments):
        try:
            change(body)
        except (AttributeError, KeyError, TypeError):
            continue  # it logs this and goes on with the body as it is by then


def _fetch(body: dict[str, Any]) -> None:
    """Put pictures and films from the network into the body."""
    wanted = []
    for message in body.get("messages") or ():
        parts = message.get("content")
        for part in parts if isinstance(parts, list) else ():
            for key in MEDIA:
                media = part.get(key) if isinstance(part, dict) else None
                holder, where = (media, "url") if isinstance(media, dict) else (part, key)
                url = holder[where] if media is not None else "data:"
                if url.startswith("data:"):
                    continue
                if not url.startswith(("http://", "https://")):
                    raise Refused(f"Only HTTP(s) URLs are supported for {key}s")
                wanted.append((holder, where))
    if len(wanted) > MOST_FETCHED:
        raise Refused(f"Exceeded maximum image URLs per request: {len(wanted)}")
    for holder, where in wanted:
        holder[where] = FETCHED


def _check_arguments(body: dict[str, Any]) -> None:
    """Refuse calls of functions, in earlier turns, whose arguments are no JSON."""
    for message in body.get("messages") or ():
        for call in message.get("tool_calls") or () if message.get("role") == "assistant" else ():
            function = call["function"]
            function["arguments"] = function["arguments"] or "null"
            try:
                json.loads(function["arguments"])
            except ValueError:
                text = "Invalid tool_calls.function.arguments value, expected JSON"
                raise Refused(text) from None
