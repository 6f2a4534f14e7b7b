"""How a command says that it did not do what it was asked."""

from __future__ import annotations

#: Exit statuses. 0 is success and 130 an interrupt.
NO = 1
USAGE = 2
REFUSED = 3
OUTSIDE = 4


class Problem(Exception):
    """What is wrong, in the user's words, and what to do about it."""

    def __init__(self, message: str, hint: str = "", status: int = OUTSIDE) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status
