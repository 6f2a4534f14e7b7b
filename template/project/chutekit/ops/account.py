"""The SDK's configuration file, which holds the account: where it is and what is wrong with it.

Needs nothing that is installed, and shows nothing of what is in the file.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path

#: Where the file is, and in pipelines its text.
PLACE = "CHUTES_CONFIG_PATH"
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


class Unusable(Exception):
    """Why there are no credentials, and what to do about it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def place(environment: Mapping[str, str]) -> Path:
    """Return where the SDK looks for the file."""
    path = Path(environment.get(PLACE) or Path.home() / ".chutes" / "config.ini")
    return path.absolute()


def content(path: Path) -> str:
    """Return the text of the file; Unusable when it cannot be read."""
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "no file"
        raise Unusable(f"There are no credentials: {path} is {kind}.", REPAIR)
    if not path.is_file():
        raise Unusable(f"There are no credentials: {path} does not exist.", HINT)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.", REPAIR) from error
    except UnicodeDecodeError as error:
        raise Unusable(f"{path} is not a configuration file of the SDK.", REPAIR) from error


def parsed(text: str, name: str) -> configparser.ConfigParser:
    """Return what the text of a file says; Unusable unless it is complete."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise Unusable(f"{name} is not a configuration file of the SDK.", REPAIR) from error
    missing = [key for key in NEEDED if not parser.get("auth", key, fallback="").strip()]
    if missing:
        raise Unusable(f"{name} has no {', '.join(missing)} under [auth].", REPAIR)
    seed = parser.get("auth", "hotkey_seed").removeprefix("0x")
    if len(seed) != 64 or set(seed.lower()) - set("0123456789abcdef"):
        raise Unusable(f"hotkey_seed in {name} must be 64 hex digits.", REPAIR)
    return parser
