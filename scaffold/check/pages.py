"""The page about one check, and the index of all."""

from scaffold.check.catalog import FAMILIES, checks
from scaffold.check.evidence import known
from scaffold.check.model import Check, Severity
from scaffold.check.unseen import UNSEEN

MEANING = {
    Severity.EXPOSED: "whoever may call the chute can take over the instance or read its secrets",
    Severity.REFUSED: "the platform or its API refuses it",
    Severity.BREAKS: "it fails when it is built, started or called",
    Severity.COSTS: "it works, and is dearer than it has to be",
    Severity.WEAKENS: "it works, and is slower or less safe than it looks",
    Severity.STYLE: "it works; say it or write it otherwise",
    Severity.ADVICE: "worth knowing; fails nothing",
}
HOWTO = """\
A finding the owner decided to live with is waived beside the code, with a reason that is
mandatory and an end that is not: `# chute-new: ignore[ID] until 2027-01-31 reason`; or in
pyproject.toml as a table `[[tool.chute-new.check.waivers]]` with `id`, `path` (a pattern),
`reason` and `until`."""
HEAD = """\
# Checks

Written by `hooks/refresh.py`.
`chute-new check --explain ID` shows one of them."""


def page(check: Check) -> str:
    """What, why and how to fix it, in Markdown."""
    return f"""\
# {check.id}: {check.title}

Family: {FAMILIES[check.family][0]}. Severity: {check.severity} ({MEANING[check.severity]}).

## Why

{check.why}

{known(check.id)}

## Fix

{check.fix}

Before:

{_block(check.before)}

After:

{_block(check.after)}
"""


def _block(code: str) -> str:
    return f"```\n{code}\n```"


def pages() -> dict[str, str]:
    """All pages by their file names, the index among them."""
    return {f"{check.id}.md": page(check) for check in checks().values()} | {"README.md": index()}


def index() -> str:
    """All checks by family."""
    parts = [HEAD]
    for prefix, (title, _) in FAMILIES.items():
        rows = [check for check in checks().values() if check.family == prefix]
        parts.append(f"\n## {prefix}: {title}\n")
        parts.append("| id | severity | what |\n| --- | --- | --- |")
        parts += [f"| [{c.id}]({c.id}.md) | {c.severity} | {c.title} |" for c in rows]
    hidden = [f"| {what} | {why} |" for what, why in UNSEEN]
    parts += ["\n## What no check can see\n", "| what | why |\n| --- | --- |", *hidden]
    return "\n".join([*parts, "\n## Waivers\n", HOWTO, ""])
