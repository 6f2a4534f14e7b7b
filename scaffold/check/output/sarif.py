"""SARIF 2.1.0, for code scanning."""

import json
import os
from typing import Any
from urllib.parse import quote

from scaffold import __version__
from scaffold.check.catalog import checks
from scaffold.check.model import Check, Finding, Report, Severity
from scaffold.check.pages import page

_LEVEL = {
    Severity.EXPOSED: "error",
    Severity.REFUSED: "error",
    Severity.BREAKS: "error",
    Severity.COSTS: "warning",
    Severity.WEAKENS: "warning",
    Severity.STYLE: "note",
    Severity.ADVICE: "note",
}


def render(report: Report) -> str:
    """One run with the rules that found something."""
    found = [*report.findings, *report.warnings]
    ids = sorted({finding.id for finding in found})
    rules = [_rule(checks()[id]) for id in ids]
    driver = {"name": "chute-new", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "results": [_result(finding, ids) for finding in found],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _rule(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.why},
        "help": {"text": check.fix, "markdown": page(check)},
        "defaultConfiguration": {"level": _LEVEL[check.severity]},
        "properties": {"severity": check.severity.value},
    }


def _result(finding: Finding, ids: list[str]) -> dict[str, Any]:
    location = {
        "artifactLocation": {"uri": quote(os.fsencode(finding.file))},
        "region": {"startLine": max(finding.line, 1)},
    }
    return {
        "ruleId": finding.id,
        "ruleIndex": ids.index(finding.id),
        "level": _LEVEL[finding.severity],
        "message": {"text": f"{finding.message}. {finding.fix}"},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"chuteNew/v1": finding.fingerprint},
    }
