"""The file that holds the account, read as chutekit reads it; nothing of it is shown."""

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from scaffold.doctor import kit
from scaffold.doctor.finding import BUILD, DEPLOY, Finding
from scaffold.doctor.machine import Machine


def findings(machine: Machine) -> Iterator[Finding]:
    """What is wrong with it, whose it is, and who else can read it."""
    account = kit.module("account")
    text = machine.environment.get(account.VARIABLE, "").strip()
    path = account.place(machine.environment)
    name = account.VARIABLE if text else str(path)
    try:
        parser = account.parsed(text or account.content(path), name)
    except account.Unusable as unusable:
        message = unusable.message.removesuffix(".")
        yield Finding("account", message, unusable.hint, (BUILD, DEPLOY))
    else:
        username = parser.get("auth", "username").strip()
        wanted = (machine.answers or {}).get("username", username)
        if username != wanted:
            yield Finding(
                "account-other",
                f"the repository belongs to {wanted}, the account in {name} is {username}",
                "export CHUTES_CONFIG_PATH=/path/to/the/file/of/that/account",
                (BUILD, DEPLOY),
            )
    if not text:
        yield from _rights(path)


def _rights(path: Path) -> Iterator[Finding]:
    try:
        state = path.stat()
    except OSError:
        return
    if not stat.S_ISREG(state.st_mode):
        return
    if state.st_uid != os.geteuid():
        message = f"{path}, which holds your account's key, belongs to {_name(state.st_uid)}"
        yield Finding("account-owner", message, f"sudo chown {os.geteuid()} {path}")
    if state.st_mode & 0o077:
        mode = stat.S_IMODE(state.st_mode)
        message = f"{path}, which holds your account's key, is open to others (mode {mode:o})"
        yield Finding("account-mode", message, f"chmod 600 {path}")


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
