"""What became of a request."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

#: Words for how a request ended; others are the status that it got.
ANSWERED, LATE, CONNECTION, BROKEN, UNSENT = (
    "answered",
    "no answer in time",
    "connection",
    "broken answer",
    "not sent",
)


@dataclass(frozen=True)
class Outcome:
    """One request; all moments are seconds, and but for `due_s` they count from when it was due.

    `late_s` is when it was sent, `first_s` its first piece where the answer comes in pieces,
    `last_s` the last piece, `whole_s` its end, `gap_s` the longest time between two pieces.
    """

    stage: int
    due_s: float
    late_s: float
    first_s: float | None
    last_s: float | None
    whole_s: float
    gap_s: float | None
    tokens_in: int | None
    tokens_out: int | None
    ended: str

    @property
    def ok(self) -> bool:
        """Whether it got its answer."""
        return self.ended == ANSWERED

    @property
    def between_s(self) -> float | None:
        """Between two tokens, on average; None where they were not counted or came at once."""
        if self.first_s is None or self.last_s is None or (self.tokens_out or 0) < 2:
            return None
        return (self.last_s - self.first_s) / ((self.tokens_out or 0) - 1)

    def row(self) -> list[float | int | str | None]:
        """Its values in the order of `COLUMNS`."""
        return [round(value, 6) if isinstance(value, float) else value for value in astuple(self)]


COLUMNS = [field.name for field in fields(Outcome)]
