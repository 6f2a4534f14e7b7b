"""Commands that install or fetch something which can be another thing tomorrow."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Commands of one kind: how to see one, what makes it firm, what to write instead and why."""

    command: str
    firm: str
    wanted: str
    why: str


_RULES = (
    Rule(
        # What renew.yml installs is a variable of the owner's, who pins it there or does not.
        r"\bpip3? install\b",
        r"--require-hashes| \"\$CHUTE_NEW\"$",
        "--require-hashes -r LOCK",
        "any file may come",
    ),
    Rule(
        r"\b(pipx (install|run)|uvx|uv tool (install|run)) ",
        r"==\d",
        "NAME==VERSION",
        "any release may come",
    ),
    Rule(r"\b(npx|npm (install|i)) +\S", r"\w@\d", "NAME@VERSION", "any release may come"),
    Rule(
        r"(?<!\S)(?:[^\s-]\S*)?\b(apt-get|apt|apk) (-\S+ )*(install|add)\b",
        # No word but options and what has a version.
        r"\A(?!.* (?![ -]|[a-z0-9.+-]+=\S|$))",
        "NAME=VERSION",
        "the distribution replaces packages",
    ),
    Rule(r"\bdocker (run|pull)\b", r"@sha256:[0-9a-f]{64}", "a digest: @sha256:...", "tags move"),
    # What makes these two firm is a command of its own, on the same line.
    Rule(r"\bgit clone\b", r"[0-9a-f]{40}", "a checkout of a commit", "branches and tags move"),
    Rule(
        r"\b(curl|wget)\b((?!\b(curl|wget)\b).)*?\bhttps?://(?!localhost|127\.)",
        r"sha(256|512)sum",
        "a comparison with sha256sum",
        "it can be another file tomorrow",
    ),
)
_FIRM_ELSEWHERE = _RULES[-2:]


def fetched(script: str) -> Iterator[tuple[str, str, str]]:
    """Each loose command of a script, what it should have and why."""
    for line in script.replace("\\\n", " ").splitlines():
        if line.lstrip().startswith("#"):
            continue
        for command in map(str.strip, re.split(r"&&|\|\||[;|]", line)):
            for rule in _RULES:
                seen = line if rule in _FIRM_ELSEWHERE else re.split(rule.command, command)[-1]
                if re.search(rule.command, command) and not re.search(rule.firm, seen):
                    yield command, rule.wanted, rule.why
