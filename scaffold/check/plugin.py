"""The checks as a plugin of repo-review: `pip install chute-new[repo-review]`.

repo-review runs every check of every plugin and compares all fixtures after each one, so the whole
examination is one fixture that holds nothing but texts.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

from scaffold.check.catalog import FAMILIES
from scaffold.check.catalog import checks as catalog
from scaffold.check.engine import examine
from scaffold.check.model import Check, Severity


def chute_findings(root: Any) -> dict[str, str]:
    """What was found, by id; empty where there is no chute. A fixture of repo-review."""
    path = Path(str(root))
    if not path.exists():
        return {}
    report = examine(path)
    if any(finding.id == "EN101" for finding in report.findings):
        return {"EN101": ""}
    found: dict[str, list[str]] = defaultdict(list)
    for finding in report.findings:
        found[finding.id].append(f"`{finding.file}:{finding.line}`: {finding.message}")
    for unknown in report.unknown:
        found[f"{unknown.id}?"].append(unknown.why)
    return {id: "\n\n".join(lines) for id, lines in found.items()}


class ReviewCheck:
    """One check in the shape that repo-review asks for."""

    requires: frozenset[str] = frozenset()

    def __init__(self, check: Check) -> None:
        self.family = f"chute-{check.family.lower()}"
        self.url = check.url
        self.__doc__ = check.title
        self._check = check

    def check(self, chute_findings: dict[str, str]) -> str | bool | None:
        """None where there is no chute or it cannot be decided, else the finding or True."""
        if "EN101" in chute_findings:
            return None
        if self._check.id in chute_findings:
            return f"{chute_findings[self._check.id]}\n\n{self._check.fix}"
        return None if f"{self._check.id}?" in chute_findings else True


def checks() -> dict[str, ReviewCheck]:
    """The entry point `repo_review.checks`; warnings, which fail nothing, are left out."""
    return {
        id: ReviewCheck(check)
        for id, check in catalog().items()
        if check.severity is not Severity.ADVICE and check.family not in ("EN", "LD")
    }


def families() -> dict[str, dict[str, Any]]:
    """The entry point `repo_review.families`."""
    return {
        f"chute-{prefix.lower()}": {"name": f"Chute: {title}", "order": order}
        for order, (prefix, (title, _)) in enumerate(FAMILIES.items())
    }
