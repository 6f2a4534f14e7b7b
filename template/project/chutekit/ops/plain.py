"""Shows text of anybody's, such as a chute's log or what the platform says of it."""

from __future__ import annotations

import re

# What a terminal obeys, or what shows text in another order than it has: all control characters but
# the ends of lines and tabs, line separators, and marks of Unicode's bidirectional algorithm.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
    "|\r(?!\n)"
)
# GitHub's runner takes such a line of a log as a command, and the second of them anywhere in one.
_COMMAND = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_OLD_COMMAND = re.compile(r"##(?=\[)")


def plain(text: str) -> str:
    """Return the text with everything visible that would act, as JSON would have it."""
    text = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return _COMMAND.sub(r"\1\\u003a", _OLD_COMMAND.sub(r"#\\u0023", text))
