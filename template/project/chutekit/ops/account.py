"""Whose account this is: the SDK's configuration file, or its text in CHUTES_CONFIG_INI."""

from __future__ import annotations

import atexit
import configparser
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from chutekit.ops.errors import Problem

VARIABLE = "CHUTES_CONFIG_INI"
NEEDED = ("user_id", "username", "hotkey_seed", "hotkey_name", "hotkey_ss58address")


@dataclass(frozen=True)
class Account:
    """A user of the platform, and the address of the platform's API."""

    username: str
    api_url: str


def sign_in() -> Account:
    """Point the SDK at the credentials and check that they are complete.

    Must come before the first import of the SDK, which reads CHUTES_CONFIG_PATH only then.
    """
    source = _place()
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(source.path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise Problem(f"{source.name} is not a configuration file of the SDK.", HINT) from error
    missing = [key for key in NEEDED if not parser.get("auth", key, fallback="").strip()]
    if missing:
        raise Problem(f"{source.name} has no {', '.join(missing)} under [auth].", HINT)
    seed = parser.get("auth", "hotkey_seed").removeprefix("0x")
    if len(seed) != 64 or set(seed.lower()) - set("0123456789abcdef"):
        raise Problem(f"hotkey_seed in {source.name} must be 64 hex digits.", HINT)
    url = parser.get("api", "base_url", fallback="") or os.environ.get("CHUTES_API_URL", "")
    return Account(parser.get("auth", "username"), (url or "https://api.chutes.ai").rstrip("/"))


HINT = (
    "`.venv/bin/chutes register` makes an account and its configuration file; a pipeline gets "
    f"the text of that file in {VARIABLE}."
)


@dataclass(frozen=True)
class _Source:
    name: str
    path: Path


def _place() -> _Source:
    text = os.environ.pop(VARIABLE, "")
    if text.strip():
        path = _private_file(text)
        os.environ["CHUTES_CONFIG_PATH"] = str(path)
        return _Source(VARIABLE, path)
    path = Path(os.environ.get("CHUTES_CONFIG_PATH") or Path.home() / ".chutes" / "config.ini")
    path = path.absolute()  # a rollback runs the SDK in another folder
    os.environ["CHUTES_CONFIG_PATH"] = str(path)
    if not path.is_file():
        raise Problem(f"There are no credentials: {path} does not exist.", HINT)
    return _Source(str(path), path)


def _private_file(text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix="chutes-", suffix=".ini")
    atexit.register(Path(name).unlink, missing_ok=True)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)
