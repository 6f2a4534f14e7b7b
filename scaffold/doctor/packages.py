"""Variables and files of settings that change what an installer does."""

import configparser
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

from scaffold.doctor import kit
from scaffold.doctor.finding import SETUP, TEST, Finding
from scaffold.doctor.machine import Machine
from scaffold.git import program


def findings(machine: Machine) -> Iterator[Finding]:
    """What is set that `make setup` takes no notice of, and what it cannot take back."""
    yield from _variables(machine)
    without_uv = program("uv") is None
    if without_uv:
        for path, name, value in _pip_settings(machine):
            yield _elsewhere("pip-settings", path, name, value)
        if machine.is_on("PIP_NO_INDEX") and not machine.environment.get("PIP_FIND_LINKS"):
            yield Finding(
                "no-index",
                "PIP_NO_INDEX is set and PIP_FIND_LINKS is not, so pip has nowhere to look",
                "Unset PIP_NO_INDEX, or name a folder of wheels in PIP_FIND_LINKS.",
                (SETUP,),
            )
    else:
        for path, name, setting in _uv_settings(machine):
            yield _elsewhere("uv-settings", path, name, setting)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        if machine.environment.get(name):
            yield Finding(
                "pytest",
                f"{name} is set, which changes what make {TEST} does",
                f"unset {name}, if make test fails.",
            )


def _variables(machine: Machine) -> Iterator[Finding]:
    unexported = kit.unexported()
    names = {
        *(name for name in kit.module("setup").MISLEADING if machine.environment.get(name)),
        *(name for name in unexported if machine.environment.get(name)),
        *(name for name in ("PIP_USER",) if machine.is_on(name)),
    }
    for name in sorted(names):
        by = "the Makefile" if name in unexported else "make setup"
        yield Finding("variable", f"{name} is set", by, neutralised=True)


def _elsewhere(kind: str, path: Path, name: str, value: object) -> Finding:
    return Finding(
        kind,
        f"{path} sets {name} = {value}, so packages do not go into .venv",
        f"Take {name} out of {path}.",
        (SETUP,),
    )


def _misleading(prefix: str) -> set[str]:
    """What the variables of that prefix are called in a file of settings, of those that send
    packages elsewhere.
    """
    found = {name for name in kit.module("setup").MISLEADING if name.startswith(prefix)}
    places = {f"{prefix}{place}" for place in ("TARGET", "PREFIX", "ROOT", "SYSTEM_PYTHON")}
    return {name.removeprefix(prefix).lower() for name in found & places}


def _pip_settings(machine: Machine) -> Iterator[tuple[Path, str, str]]:
    """From where pip reads them, https://pip.pypa.io/en/stable/topics/configuration/."""
    named = machine.environment.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    config = machine.environment.get("XDG_CONFIG_HOME") or machine.home / ".config"
    paths = [
        Path("/etc/xdg/pip/pip.conf"),
        Path("/etc/pip.conf"),
        machine.home / ".pip" / "pip.conf",
        Path(config, "pip", "pip.conf"),
        *([Path(named)] if named else []),
    ]
    for path in paths:
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, configparser.Error):
            continue
        for section in ("global", "install"):
            for name in sorted(_misleading("PIP_")):
                if value := parser.get(section, name, fallback=""):
                    yield path, name, value


def _uv_settings(machine: Machine) -> Iterator[tuple[Path, str, object]]:
    """From where uv reads them, https://docs.astral.sh/uv/concepts/configuration-files/."""
    if machine.is_on("UV_NO_CONFIG"):
        return
    config = machine.environment.get("XDG_CONFIG_HOME") or machine.home / ".config"
    named = machine.environment.get("UV_CONFIG_FILE")
    paths = [Path(named)] if named else [Path(config, "uv", "uv.toml"), Path("/etc/uv/uv.toml")]
    for path in paths:
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8")).get("pip", {})
        except (OSError, ValueError):
            continue
        for name in sorted(_misleading("UV_")):
            key = name.removesuffix("_python")
            if isinstance(found, dict) and found.get(key):
                yield path, key, found[key]
