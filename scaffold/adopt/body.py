"""The body of a request, as far as it is known."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Body:
    """The body of one cord.

    `alias` is what the function called it, `whole` the expression that gives the function what it
    expects. `fields` is for the answers, `wrong` are values that the fields refuse, `needed` those
    that cannot be left out. `bounded` says whether all of it is, so that a body's size follows.
    `schema` is the constant that describes a body which may have any fields.
    """

    name: str
    alias: str = ""
    whole: str = "request"
    example: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    wrong: dict[str, Any] = field(default_factory=dict)
    needed: list[str] = field(default_factory=list)
    bounded: bool = True
    text: str = ""
    owned: bool = False
    schema: str = ""
