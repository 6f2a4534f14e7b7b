"""Wrong bodies for POST /generate, and the fields an answer must name."""

import json

from chute import GenerateRequest
from chutekit.testing.fixtures import MARKER

SIDE = GenerateRequest.model_fields["width"].default


def with_prompt(**fields: object) -> bytes:
    """A body that is right but for the given fields."""
    return json.dumps({"prompt": MARKER, **fields}).encode()


# Anything a client may send, by what is wrong with it: body and the fields the answer names.
WRONG: dict[str, tuple[bytes, set[str]]] = {
    "empty object": (b"{}", {"prompt"}),
    "empty list": (b"[]", {"body"}),
    "null": (b"null", {"body"}),
    "false": (b"false", {"body"}),
    "zero": (b"0", {"body"}),
    "empty string": (b'""', {"body"}),
    "list of a body": (b"[" + with_prompt() + b"]", {"body"}),
    "string": (json.dumps(MARKER).encode(), {"body"}),
    "nothing": (b"", {"body"}),
    "NaN": (b"NaN", {"body"}),
    "broken JSON": (b'{"prompt": "' + MARKER.encode(), {"body"}),
    "not UTF-8": (b'{"prompt": "\xff\xfe"}', {"body"}),
    "deep nesting": (b"[" * 30_000 + b"]" * 30_000, {"body"}),
    "deep nesting in a field": (b'{"prompt": ' + b"[" * 9000 + b"]" * 9000 + b"}", {"body"}),
    "oversize": (with_prompt(prompt=MARKER * 10_000), {"body"}),
    "endless integer": (b'{"prompt": "a", "seed": ' + b"9" * 5000 + b"}", {"body"}),
    "unknown field": (with_prompt(extra=1), {"extra"}),
    "several wrong fields": (with_prompt(width="1", seed=-1), {"width", "seed"}),
    "blank prompt": (with_prompt(prompt="  "), {"prompt"}),
    "null prompt": (with_prompt(prompt=None), {"prompt"}),
    "number as prompt": (with_prompt(prompt=7), {"prompt"}),
    "list as prompt": (with_prompt(prompt=[MARKER]), {"prompt"}),
    "long prompt": (with_prompt(prompt=MARKER * 200), {"prompt"}),
    "half a surrogate": (b'{"prompt": "\\ud800"}', {"prompt"}),
    "half a surrogate as a name": (b'{"prompt": "a", "\\ud800": 1}', {"body"}),
    "text as width": (with_prompt(width=str(SIDE)), {"width"}),
    "fraction as width": (with_prompt(width=SIDE + 0.5), {"width"}),
    "float as width": (with_prompt(width=float(SIDE)), {"width"}),
    "true as width": (with_prompt(width=True), {"width"}),
    "crooked width": (with_prompt(width=SIDE + 1), {"width"}),
    "huge width": (with_prompt(width=10**6), {"width"}),
    "negative height": (with_prompt(height=-SIDE), {"height"}),
    "infinite width": (b'{"prompt": "a", "width": 1e999}', {"width"}),
    "NaN as steps": (b'{"prompt": "a", "steps": NaN}', {"steps"}),
    "no steps": (with_prompt(steps=0), {"steps"}),
    "endless steps": (with_prompt(steps=10**6), {"steps"}),
    "negative seed": (with_prompt(seed=-1), {"seed"}),
    "huge seed": (with_prompt(seed=2**32), {"seed"}),
    "unknown format": (with_prompt(format="gif"), {"format"}),
}
