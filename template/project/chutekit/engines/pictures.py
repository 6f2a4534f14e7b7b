"""Pictures in requests: counted and measured before the engine unfolds the first of them.

They come inside of the request. An engine is never given another address: vLLM would fetch it, and
SGLang opens files by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel

from chutekit.media import encoded, heads, kinds
from chutekit.serving.errors import invalid

#: Where requests hold what was said.
CONVERSATIONS = ("messages", "input")
#: How many times longer than the other a side may be: the processors of Qwen refuse 200.
MOST_STRETCHED = 100
#: What every engine reads; of one that moves the first frame counts.
TAKEN = ("image/png", "image/jpeg", "image/webp", "image/gif")
_KIND = re.compile(r"image/[a-z]{3,4}")
#: What the platform's gateway calls whatever it fetched (`reformat_vlm_asset` in its public source,
#: May 2026).
ANY = "image/png"


@dataclass(frozen=True)
class Pictures:
    """How many pictures a request may bring, and how large each may be."""

    most: int = 0
    pixels: int = 2**24
    size: int = 2**23

    @property
    def taken(self) -> str:
        """What the chute takes, in words."""
        return "text and pictures" if self.most else "text only"


class Shown:
    """A part of a request that is a picture; `HELD` is the field that has its content."""

    HELD: ClassVar[str] = "url"

    def encoded(self) -> tuple[str, str]:
        """Its media type as the client names it, and its base64; ValueError when there is none."""
        try:
            kind, data = encoded.opened(getattr(self, self.HELD))
        except ValueError:
            kind, data = "", ""
        # Both engines pass over what some clients add, such as `;name=cat.png`.
        kind = kind.partition(";")[0]
        if not _KIND.fullmatch(kind):
            named = kinds.names(TAKEN)
            raise ValueError(f"must begin as data:image/png;base64, does, for {named}")
        return kind, data


class Untaken:
    """A part of a request that is neither text nor a picture."""


def check(request: BaseModel, limits: Pictures) -> None:
    """Refusal when the request brings what the chute does not take, by the client's path to it."""
    found: list[tuple[str, Shown]] = []
    for path, part in _parts(request):
        if isinstance(part, Untaken):
            kind = getattr(part, "type", "")
            raise invalid(f"{path}.type", f"is {kind}, and this chute takes {limits.taken}")
        field = f"{path}.{part.HELD}"
        if not limits.most:
            raise invalid(field, "is a picture, and this chute takes text only: its model is blind")
        if len(found) == limits.most:
            raise invalid(field, f"is one picture too many: a request has at most {limits.most}")
        found.append((field, part))
    for field, part in found:
        try:
            measure(*part.encoded(), limits)
        except ValueError as error:
            raise invalid(field, str(error)) from None


def measure(kind: str, data: str, limits: Pictures) -> tuple[int, int]:
    """Width and height of a picture that may pass; ValueError, written for the client."""
    content = encoded.exact(data, limits.size)
    found = kinds.one_of(content, TAKEN)
    if kind.replace("/jpg", "/jpeg") not in (found, ANY):
        raise ValueError(f"is called {kind}, and is {found} by its first bytes")
    width, height = heads.size(content, found, limits.pixels)
    if max(width, height) > MOST_STRETCHED * min(width, height):
        raise ValueError(f"must not be {MOST_STRETCHED} times longer on one side than the other")
    return width, height


def _parts(request: BaseModel) -> Iterator[tuple[str, Any]]:
    """What is no text, in order, each with its path."""
    for name in CONVERSATIONS:
        yield from _inside(getattr(request, name, None), name)


def _inside(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Shown | Untaken):
        yield path, value
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _inside(item, f"{path}.{place}")
    elif isinstance(value, BaseModel):
        for name, inner in value:
            yield from _inside(inner, f"{path}.{name}")
