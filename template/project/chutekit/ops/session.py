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

from chutekit.ops.command import USAGE, Problem
from chutekit.ops.declared import Declared, declared
from chutekit.ops.platform import Platform
from chutekit.ops.transport import secure

VARIABLE = "CHUTES_CONFIG_INI"
NEEDED = ("user_id", "username", "hotkey_seed", "hotkey_name", "hotkey_ss58address")
HINT = (
    "`.venv/bin/chutes register` makes an account and its configuration file; a pipeline gets "
    f"the text of that file in {VARIABLE}."
)


#: Of a file that is there, for which another account is no remedy.
REPAIR = (
    "Put back your copy of it, or mend it; `chutes register` would make another account, with "
    "another key."
)


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
    name, path = _place()
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Problem(f"{name} cannot be read: {error.strerror}.", REPAIR) from error
    except (configparser.Error, UnicodeDecodeError) as error:
        raise Problem(f"{name} is not a configuration file of the SDK.", REPAIR) from error
    missing = [key for key in NEEDED if not parser.get("auth", key, fallback="").strip()]
    if missing:
        raise Problem(f"{name} has no {', '.join(missing)} under [auth].", REPAIR)
    seed = parser.get("auth", "hotkey_seed").removeprefix("0x")
    if len(seed) != 64 or set(seed.lower()) - set("0123456789abcdef"):
        raise Problem(f"hotkey_seed in {name} must be 64 hex digits.", REPAIR)
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
    path = Path(os.environ.get("CHUTES_CONFIG_PATH") or Path.home() / ".chutes" / "config.ini")
    path = path.absolute()  # a rollback runs the SDK in another folder
    os.environ["CHUTES_CONFIG_PATH"] = str(path)
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "no file"
        raise Problem(f"There are no credentials: {path} is {kind}.", REPAIR)
    if not path.is_file():
        raise Problem(f"There are no credentials: {path} does not exist.", HINT)
    return str(path), path


def _private_file(text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix="chutes-", suffix=".ini")
    atexit.register(Path(name).unlink, missing_ok=True)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)
