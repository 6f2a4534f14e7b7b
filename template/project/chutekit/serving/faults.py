"""What is wrong with a body, in the client's words: from pydantic's errors to its dotted paths.

pydantic reports each branch of a union by itself and puts the branch's name, a class of ours, into
the place of the error. Here a fault has the path that the client wrote, and is told once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

LONGEST_NAME = 64
#: A body can have a hundred thousand errors, and whoever sent it keeps others waiting meanwhile.
MOST_READ = 1000
#: OpenAI's code for a prompt that is too long, by which clients know to shorten it.
CONTEXT_EXCEEDED = "context_length_exceeded"


@dataclass(frozen=True)
class Fault:
    """A place in the body, as keys and positions, and what would be right there.

    `branch` says that only one branch of a union finds it wrong, `too_long` that it is longer than
    the model's context.
    """

    path: tuple[int | str, ...]
    message: str
    branch: bool = False
    too_long: bool = False

    @property
    def field(self) -> str:
        """The path with dots; the body itself is called `body`."""
        return ".".join(str(part)[:LONGEST_NAME] for part in self.path) or "body"


def faults(
    error: ValidationError, body: Any, reasons: Mapping[str, str] | None = None
) -> list[Fault]:
    """The faults of a body, of the first `MOST_READ` errors, in order.

    Without the body they have the validator's own names. `reasons` say why fields at the top are
    refused that are known, but not to the validator.
    """
    found: dict[tuple[int | str, ...], list[Fault]] = {}
    for detail in error.errors(include_url=False)[:MOST_READ]:
        fault = _fault(detail, body)
        if detail["type"] == "extra_forbidden" and fault.field in (reasons or {}):
            fault = Fault(fault.path, (reasons or {})[fault.field])
        found.setdefault(fault.path, []).append(fault)
    # Where something inside is wrong too, another branch went further.
    around = {path[:length] for path in found for length in range(len(path))}
    return [
        Fault(
            path,
            " or ".join(dict.fromkeys(fault.message for fault in same)),
            too_long=any(fault.too_long for fault in same),
        )
        for path, same in found.items()
        if path not in around or not all(fault.branch for fault in same)
    ]


def _fault(detail: Any, body: Any) -> Fault:
    location = detail["loc"]
    if body is None:
        return Fault(location, _sentence(detail))
    path: list[int | str] = []
    at, branch = body, False
    for place, part in enumerate(location):
        last = place == len(location) - 1
        if _holds(at, part):
            path.append(part)
            at, branch = at[part], False
        elif last and (detail["type"] == "missing" or detail["input"] is not at):
            # A field that the client left out: required, or with a default that does not fit.
            path.append(part)
        else:
            branch = True
    if detail["type"].startswith("union_tag") and isinstance(at, dict):
        # "'role'", as pydantic writes a field; a function, with brackets, always finds a branch.
        path.append(detail["ctx"]["discriminator"].strip("'"))
        branch = False
    return Fault(tuple(path), _sentence(detail), branch, detail["type"] == CONTEXT_EXCEEDED)


def _holds(at: Any, part: int | str) -> bool:
    if isinstance(at, dict):
        return part in at
    return isinstance(at, list) and isinstance(part, int) and 0 <= part < len(at)


def _sentence(detail: Any) -> str:
    kind: str = detail["type"]
    if kind == "extra_forbidden":
        return "is not a known field"
    if kind in ("missing", "union_tag_not_found"):
        return "is required"
    if kind == "union_tag_invalid":
        return f"must be one of {detail['ctx']['expected_tags']}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "must be a JSON object"
    message: str = detail["msg"].removeprefix("Value error, ")
    if kind == CONTEXT_EXCEEDED:
        return message
    return message[:1].lower() + message[1:]
