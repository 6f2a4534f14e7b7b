"""What a client is told when it does not get what it asked for.

The platform hands only 400 and 429 to clients. Any other status is retried on other instances,
reaches the client as a 500 and counts against this instance, so a client's mistake is always a
400 and a lack of room always a 429. Of a 400 the client gets the body as a text inside of
`{"detail": "Invalid request: Invalid request: ..."}`, of a 429 a sentence of the platform's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from chutekit.serving.faults import CONTEXT_EXCEEDED as CONTEXT_EXCEEDED
from chutekit.serving.faults import MOST_READ, faults

MOST_FIELDS = 20
#: Of these, in the message.
MOST_TOLD = 3


@dataclass(frozen=True)
class Field:
    """One wrong part of a request: its dotted path and what would be right."""

    field: str
    message: str


class Refusal(Exception):
    """A request that gets an error instead of a result; `message` is written for the client."""

    def __init__(self, status: int, code: str, message: str, fields: Iterable[Field] = ()) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.fields = tuple(fields)

    @property
    def type(self) -> str:
        """The family of the error, in the words OpenAI's clients know."""
        if self.status == 429:
            return "rate_limit_error"
        return "invalid_request_error" if self.status < 500 else "server_error"


def invalid(field: str, message: str, code: str = "invalid_request") -> Refusal:
    """The refusal of a request because of one field."""
    return Refusal(400, code, f"{field}: {message}", [Field(field, message)])


def too_busy(message: str) -> Refusal:
    """The refusal of a request that another instance, or this one later, could serve."""
    return Refusal(429, "busy", message)


def timed_out(seconds: float, advice: str = "ask for less at once") -> Refusal:
    """The refusal of a request that took its time; a 400, because others would be tried again."""
    return Refusal(
        400, "timeout", f"The request took longer than {seconds:.0f} s, waiting included; {advice}."
    )


def internal_error() -> Refusal:
    """What a client learns about a failure that is ours: nothing but that it was."""
    return Refusal(500, "internal_error", "The request failed because of an error on our side.")


def context_exceeded(tokens: int, advice: str) -> PydanticCustomError:
    """What a validator raises for a prompt that no model of this context length can take.

    Code and words are those by which clients tell it from other mistakes.
    """
    return PydanticCustomError(
        CONTEXT_EXCEEDED,
        "This model's maximum context length is {tokens} tokens; {advice}",
        {"tokens": tokens, "advice": advice},
    )


def summary(fields: Sequence[Field]) -> str:
    """The message about these fields, of which it names the first."""
    return "; ".join(f"{wrong.field}: {wrong.message}" for wrong in fields[:MOST_TOLD])


def from_validation(
    error: ValidationError, body: Any = None, reasons: Mapping[str, str] | None = None
) -> Refusal:
    """Name every wrong field of a request, without repeating what the client sent in it.

    `body` is what was validated; without it fields have the validator's names for them. `reasons`
    say of known fields why they are refused.
    """
    found = faults(error, body, reasons or {})
    fields = [Field(fault.field, fault.message) for fault in found[:MOST_FIELDS]]
    more = len(found) - MOST_TOLD + max(error.error_count() - MOST_READ, 0)
    return Refusal(
        400,
        CONTEXT_EXCEEDED if any(fault.too_long for fault in found) else "invalid_request",
        summary(fields) + (f"; and {more} more" if more > 0 else ""),
        fields,
    )


def body(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """The body of an error answer: OpenAI's shape, and beside it every wrong field.

    The message comes first, for whoever reads it as the text that the platform makes of it.
    """
    return {
        "error": {
            "message": refusal.message,
            "fields": [
                {"field": wrong.field, "message": wrong.message} for wrong in refusal.fields
            ],
            "param": refusal.fields[0].field if refusal.fields else None,
            "code": refusal.code,
            "type": refusal.type,
            "request_id": request_id,
        }
    }


#: What makes the body of an error answer from a refusal and the request's id.
Told = Callable[[Refusal, str], dict[str, Any]]
