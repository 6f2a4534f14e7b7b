"""The fee of a chute's first deployment: shown in the platform's words, then accepted or not."""

from __future__ import annotations

import os

from chutekit.ops.errors import REFUSED, Problem
from chutekit.ops.progress import interactive, say

VARIABLE = "ACCEPT_FEE"


def is_notice(complaint: str) -> bool:
    """Tell whether the platform refused a deployment only because a fee must be accepted."""
    return "accept-fee" in complaint or "fee notice" in complaint.lower()


def accept(name: str, notice: str) -> None:
    """Return when the fee is accepted: by ACCEPT_FEE=yes or, on a terminal, by hand."""
    say(f"The first deployment of {name} costs a fee. The platform says: {notice}")
    if os.environ.get(VARIABLE, "").lower() == "yes":
        say(f"Accepted by {VARIABLE}=yes.")
        return
    if interactive():
        say("Pay it and deploy? Type yes to accept.")
        if input().strip().lower() in ("y", "yes"):
            return
        raise Problem("The fee was not accepted; nothing was deployed.", status=REFUSED)
    raise Problem(
        f"The first deployment of {name} costs a fee that nobody accepted.",
        f"Run it with {VARIABLE}=yes to accept what is shown above.",
        REFUSED,
    )
