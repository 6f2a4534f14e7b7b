"""What clients send: one body of each shape, in tests/clients/recorded.json.

A shape is the path and where the body has which kinds of values; what differs from run to run, the
model's name but for it and ids of answers, is no part of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.places import TESTS

KEPT = TESTS / "clients" / "recorded.json"
#: So much of a text is kept; no model of tests has room for more.
CHARACTERS = 160
#: Ids that the stub or a client makes.
MADE = re.compile(r"\b(stub-|resp_|msg_|msg-|fc_|rs_)\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{24,}")


@dataclass(frozen=True)
class Sent:
    """One body, who sent it, and where."""

    client: str
    path: str
    text: str

    @property
    def body(self) -> dict[str, Any]:
        """The body."""
        body: dict[str, Any] = json.loads(self.text)
        return body

    @property
    def shape(self) -> tuple[str, ...]:
        """What it shares with others that one test serves for."""
        return (self.path, *sorted(set(_places(self.body))))

    def __str__(self) -> str:
        return f"{self.client} {self.path}"


def of(file: Path) -> list[Sent]:
    """One of each shape, of all that a front wrote down."""
    found: dict[tuple[str, ...], Sent] = {}
    for line in file.read_text().splitlines():
        told = json.loads(line)
        if told["method"] == "POST" and isinstance(told["body"], dict):
            body = shortened(told["body"])
            text = MADE.sub("made-up", json.dumps(body, ensure_ascii=False))
            sent = Sent(told["client"], told["path"].partition("?")[0], text)
            found.setdefault(sent.shape, sent)
    return list(found.values())


def read() -> list[Sent]:
    """What is kept."""
    if not KEPT.is_file():
        return []
    return [
        Sent(one["client"], one["path"], json.dumps(one["body"], ensure_ascii=False))
        for one in json.loads(KEPT.read_text())
    ]


def write(sent: list[Sent]) -> None:
    """Keep these."""
    ordered = sorted(sent, key=lambda one: (one.client, one.path, one.text))
    lines = [
        json.dumps({"client": one.client, "path": one.path, "body": one.body}, ensure_ascii=False)
        for one in ordered
    ]
    KEPT.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def shortened(value: Any) -> Any:
    """The same, with only the beginning of long texts: prompts of agents, which are not ours."""
    if isinstance(value, dict):
        return {name: shortened(below) for name, below in value.items()}
    if isinstance(value, list):
        return [shortened(below) for below in value]
    return value[:CHARACTERS] if isinstance(value, str) else value


def _places(value: Any, place: str = "") -> Iterator[str]:
    """Where a body has which kinds of values, lists without their numbers."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _places(below, f"{place}.{name}")
    elif isinstance(value, list):
        for below in value:
            yield from _places(below, f"{place}[]")
        if not value:
            yield f"{place}[] empty"
    else:
        told = value if place.endswith((".type", ".role", ".stream")) else type(value).__name__
        yield f"{place} {told}"
