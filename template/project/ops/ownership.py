"""Stops before work is done under one name that belongs to another."""

from __future__ import annotations

from ops.account import Account
from ops.declared import Declared
from ops.errors import USAGE, Problem


def check_owner(account: Account, wanted: Declared) -> None:
    """Problem when the credentials are not those of the user that chute.py names."""
    if account.username != wanted.username:
        raise Problem(
            f"chute.py belongs to {wanted.username}, the credentials to {account.username}.",
            "Use the credentials of that account (CHUTES_CONFIG_PATH), or change the answer.",
            USAGE,
        )
