"""Check that what belongs together still does: `make check`. Needs no network and no account."""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from chutekit.ops.children import environment
from chutekit.ops.command import Problem, Result, options, run, say
from chutekit.ops.declared import declared, settings

KIT = Path(__file__).parent.parent
MANIFEST = "MANIFEST.json"
#: What this repository can check by itself.
OWN = {
    "image tag": ["chutekit.ops.image_tag", "--check"],
    "locks": ["pytest", "--quiet", "--tb=line", "-k", "lock", "chutekit/testing/pins.py"],
}
MODULE = Path("chute.py")
UNLISTED = re.compile(r'^WEIGHTS = ""', re.MULTILINE)
#: A chute that downloads nothing has nothing to list.
NO_MODELS = re.compile(r"^MODELS = \[\]", re.MULTILINE)
EMPTY = "WEIGHTS is empty, so nothing compares what instances download with the model: make pin"
#: What the checklist calls an edited chutekit.
FENCE = "CK101"
MISSING = (
    "The production checklist is skipped: chute-new is not installed. Name the program to have it: "
    "make check CHUTE_NEW=/path/to/chute-new"
)


def check(arguments: argparse.Namespace) -> Result:
    """Run every check and report what each one found."""
    findings = _variants()
    for title, module in OWN.items():
        findings += _answer(title, [sys.executable, "-m", *module])
    changed = differing()
    for name, how in changed.items():
        # Allowed, so no finding: `chute-new update` merges it.
        say(f"note: chutekit/{name} was {how} here")
    code = MODULE.read_text(encoding="utf-8")
    findings += undeclared(code, settings().secrets)
    if UNLISTED.search(code) and not NO_MODELS.search(code):
        say(f"note: {MODULE}: {EMPTY}")
    checklist = shutil.which(os.environ.get("CHUTE_NEW") or "chute-new")
    if checklist:
        findings += _checklist(checklist)
    else:
        say(MISSING)
    text = "\n".join(findings) or "Pins, image tag and settings belong together."
    return Result(
        text,
        {"findings": findings, "checklist": bool(checklist), "chutekit": changed},
        ok=not findings,
    )


def undeclared(code: str, secrets: list[str]) -> list[str]:
    """Return, a sentence each, what chute.py reads from the environment and no instance has there.

    What it may do without is read with `get`; the platform's own variables begin with CHUTE.
    """
    there = set(secrets)
    read: dict[str, int] = {}
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="with_env"), args=[ast.Constant(value=str(name)), *_]
            ):
                there.add(name)
            case ast.Subscript(
                value=ast.Attribute(value=ast.Name(id="os"), attr="environ"),
                slice=ast.Constant(value=str(name)),
                ctx=ast.Load(),
            ) if not name.startswith("CHUTE"):
                read.setdefault(name, node.lineno)
            case ast.Assign(
                targets=[
                    ast.Subscript(
                        value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))
                    )
                ]
            ):
                there.add(name)
    return [
        f"{MODULE}:{line}: no instance has {name}: add it to secrets of [tool.chutekit] in "
        "pyproject.toml, then make secrets"
        for name, line in read.items()
        if name not in there
    ]


def differing(kit: Path = KIT) -> dict[str, str]:
    """What became of each file that is not as it came: `edited` or `added`.

    The manifest lists the whole kit; what a repository has no use for was never in it. Without a
    manifest that can be read, that is all there is to say: it was `damaged` or `removed`.
    """
    manifest = kit / MANIFEST
    try:
        listed = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        listed = None
    if not isinstance(listed, dict):
        return {MANIFEST: "damaged" if manifest.exists() else "removed"}
    found = {}
    for path in sorted(kit.rglob("*.py")):
        name = path.relative_to(kit).as_posix()
        # A checkout may have other line ends; they are no edit.
        text = path.read_bytes().replace(b"\r\n", b"\n")
        if name not in listed:
            found[name] = "added"
        elif hashlib.sha256(text).hexdigest() != listed[name]:
            found[name] = "edited"
    return found


def _checklist(tool: str) -> list[str]:
    """Return what `chute-new check` finds; say what it only warns of."""
    command = [tool, "check", ".", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    try:
        report = json.loads(done.stdout)
        warnings, findings = report["warnings"], report["findings"]
    except (ValueError, KeyError):
        return [f"production checklist: {(done.stdout + done.stderr).strip()}"]
    for warning in warnings:
        if warning["id"] == FENCE:
            continue  # said above, with each file
        say(f"warning: {_line(warning)}")
    return [f"production checklist: {_line(finding)}" for finding in findings]


def _line(finding: dict[str, Any]) -> str:
    return f"{finding['file']}:{finding['line']}: {finding['id']} {finding['message']}"


def _variants() -> list[str]:
    os.environ["CHUTES_ALLOW_MISSING"] = "true"
    try:
        prod, staging = declared("prod"), declared("staging")
    except Problem as problem:
        return [problem.message]
    findings = []
    if staging.name != f"{prod.name}-staging":
        findings.append(f"chute.py: staging must be called {prod.name}-staging, not {staging.name}")
    if staging.image_id != prod.image_id:
        findings.append("chute.py: staging and prod must run the same image")
    if staging.selector != prod.selector:
        findings.append("chute.py: staging must run on the same hardware as prod")
    return findings


def _answer(title: str, command: list[str]) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    if done.returncode == 0:
        return []
    return [f"{title}: {(done.stdout + done.stderr).strip()}"]


if __name__ == "__main__":
    run(check, options(__doc__))
