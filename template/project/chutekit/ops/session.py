"""How every command begins that changes or calls a chute: whose account, and which chute."""

from __future__ import annotations

from chutekit.ops.account import Account, sign_in
from chutekit.ops.declared import Declared, declared
from chutekit.ops.errors import USAGE, Problem
from chutekit.ops.platform import Platform


def session(variant: str) -> tuple[Platform, Declared]:
    """Sign in and read chute.py; Problem when the account is not the one chute.py names."""
    platform = Platform(sign_in())
    wanted = declared(variant)
    check_owner(platform.account, wanted)
    return platform, wanted


def check_owner(account: Account, wanted: Declared) -> None:
    """Problem when the credentials are not those of the user that chute.py names."""
    if account.username != wanted.username:
        raise Problem(
            f"chute.py belongs to {wanted.username}, the credentials to {account.username}.",
            "Use the credentials of that account (CHUTES_CONFIG_PATH), or change the answer.",
            USAGE,
        )
