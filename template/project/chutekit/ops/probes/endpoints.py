"""What the smoke test sends to this chute: the example of each endpoint."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from chute import prod
from pydantic import BaseModel, ValidationError

from chutekit.media.fields import File
from chutekit.ops.gateway import Answer
from chutekit.ops.probes import Load, Probe, refusal

#: No request has it: bodies with fields that are not known are refused.
UNKNOWN = "no_such_field"


def sent(content_type: str) -> Callable[[Answer], str]:
    """Return a check that the answer is of that kind, and holds something."""

    def fault(answer: Answer) -> str:
        if not answer.body:
            return "sent nothing"
        if content_type == "text/event-stream":
            return unlike_events(answer.body)
        if not answer.content_type.startswith(content_type):
            return f"sent {answer.content_type or 'no content type'}, not {content_type}"
        if content_type == "application/json" and not answer.json():
            return "sent no JSON, or nothing in it"
        return ""

    return fault


def unlike_events(body: bytes) -> str:
    """Say why a body is no stream of events that came to its end."""
    events = body.split(b"\n\n")[:-1]
    if any(event.startswith(b"event: error") for event in events):
        return "ended the stream with an error"
    if not any(event.startswith(b"data: ") and event != b"data: {}" for event in events):
        return "streamed nothing"
    return ""


def example(schema: Any) -> dict[str, Any]:
    """Return the first example of a body, from its published schema."""
    (body,) = schema["definitions"].values()
    found: dict[str, Any] = body["examples"][0]
    return found


def never_sent(parse: Callable[[Any], BaseModel], body: dict[str, Any]) -> dict[str, Any]:
    """Return the body with something that nobody has sent before, so that no cache answers.

    That is a word behind a text of several, or bytes behind the end of a picture or a sound, which
    no reader looks at. A body without either is returned as it is.
    """
    request = parse(body)
    for name, value in body.items():
        read, word = getattr(request, name, None), secrets.token_hex(4)
        if isinstance(read, File) and read.kind.startswith(("image/", "audio/")):
            new = base64.b64encode(read.content + word.encode()).decode()
        elif isinstance(read, str) and " " in read.strip():
            new = f"{value} {word}"
        else:
            continue
        try:
            parse(body | {name: new})
        except ValidationError:
            continue
        return body | {name: new}
    return body


def asking(parse: Callable[[Any], BaseModel], body: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the example with this text in its first text of several words, if it may be there.

    Files stay those of the example, with something behind their end that nobody has sent before.
    """
    for name, value in body.items():
        if isinstance(value, str) and " " in value.strip():
            try:
                parse(body | {name: text})
            except ValidationError:
                continue
            return body | {name: text}
    return never_sent(parse, body)


SERVED = [(cord, route.parse) for cord, route in prod.served if route.parse]
PROBES = [
    Probe(
        f"POST {cord.public_api_path}",
        "POST",
        cord.public_api_path,
        example(cord.input_schema),
        sent(cord.output_content_type),
    )
    for cord, _ in SERVED
]
WRONG = refusal("POST", PROBES[0].path, PROBES[0].body | {UNKNOWN: 1}, UNKNOWN)
BURST = replace(PROBES[0], body=partial(never_sent, SERVED[0][1], PROBES[0].body))
LOAD = Load(
    {
        cord.public_api_path: partial(asking, parse, example(cord.input_schema))
        for cord, parse in SERVED
    },
    words=20,
)
