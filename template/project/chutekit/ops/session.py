"""How every command begins that asks the platform: whose account it is, and which chute.

The account is that of the SDK's configuration file, or of its text in CHUTES_CONFIG_INI.
"""

from __future__ import annotations

import atexit
import configparser
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from chutekit.ops.account import VARIABLE, Unusable, content, parsed, place
from chutekit.ops.command import USAGE, Problem
from chutekit.ops.declared import Declared, declared
from chutekit.ops.platform import Platform
from chutekit.ops.transport import secure


@dataclass(frozen=True)
class Account:
    """A user of the platform, and the address of the platform's API."""

    username: str
    api_url: str


def session(variant: str) -> tuple[Platform, Declared]:
    """Sign in and read chute.py; Problem when the account is not the one chute.py names."""
    account = sign_in()
    wanted = declared(variant)
    check_owner(account.username, wanted)
    return Platform(account.api_url), wanted


def check_owner(username: str, wanted: Declared) -> None:
    """Problem when the credentials are not those of the user that chute.py names."""
    if username != wanted.username:
        raise Problem(
            f"chute.py belongs to {wanted.username}, the credentials to {username}.",
            "Use the credentials of that account (CHUTES_CONFIG_PATH), or change the answer.",
            USAGE,
        )


def sign_in() -> Account:
    """Point the SDK at the credentials and check that they are complete.

    Must come before the first import of the SDK, which reads CHUTES_CONFIG_PATH only then.
    """
    try:
        name, path = _place()
        parser = parsed(content(path), name)
    except Unusable as unusable:
        raise Problem(unusable.message, unusable.hint) from unusable
    return Account(parser.get("auth", "username"), _api_url(parser, name))


def _api_url(parser: configparser.ConfigParser, name: str) -> str:
    if url := parser.get("api", "base_url", fallback=""):
        return secure(url, f"base_url in {name}")
    return secure(os.environ.get("CHUTES_API_URL") or "https://api.chutes.ai", "CHUTES_API_URL")


def _place() -> tuple[str, Path]:
    """Return where the credentials are, by the name that the user knows and as a file."""
    text = os.environ.pop(VARIABLE, "")
    if text.strip():
        path = _private_file(text)
        os.environ["CHUTES_CONFIG_PATH"] = str(path)
        return VARIABLE, path
    path = place(os.environ)
    os.environ["CHUTES_CONFIG_PATH"] = str(path)  # a rollback runs the SDK in another folder
    return str(path), path


def _private_file(text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix="chutes-", suffix=".ini")
    atexit.register(Path(name).unlink, missing_ok=True)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)
