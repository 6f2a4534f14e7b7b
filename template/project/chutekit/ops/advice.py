"""What to do about the reasons for which the platform refuses an image or a chute."""

from __future__ import annotations

CREDENTIALS = "Check the credentials, and this machine's clock: signatures hold the time."
BALANCE = "Top up the balance of the account; `make cost` shows it."
LIMIT = (
    "The platform allows 24 deployments in 24 hours, and 24 changes of images: a build is three or "
    "four, so six to eight builds. Try again later."
)
#: Words of the platform's reasons, the telling ones first, with what helps.
KNOWN = {
    "balance": BALANCE,
    "api key": CREDENTIALS,
    "credentials": CREDENTIALS,
    "signature": CREDENTIALS,
    "nonce": CREDENTIALS,
    "per 24 hours": LIMIT,
    "tee": "What the platform lets an account deploy: README.md, Settings.",
    "gpu": "What the platform lets an account deploy: README.md, Settings.",
    "immutable": "It can only be deleted: .venv/bin/chutes chutes delete ID",
    "fee": "Run it again with ACCEPT_FEE=yes to accept the fee.",
}


def advice(reason: str) -> str:
    """Return what helps against a reason that the platform gave."""
    lower = reason.lower()
    known = (hint for word, hint in KNOWN.items() if word in lower)
    return next(known, "When the reason is gone, run the command again.")
