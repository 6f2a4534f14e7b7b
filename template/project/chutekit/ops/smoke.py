"""Send real requests to a deployed chute: `make smoke-staging`, `make smoke` for production.

What comes of it is reported under .chute/, and a green report of staging allows a promotion.
"""

from __future__ import annotations

import argparse
import importlib
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chutekit.ops.command import NO, REFUSED, Problem, Result, options, run, say, seconds
from chutekit.ops.declared import Declared, settings
from chutekit.ops.gateway import Gateway, gateway, wake
from chutekit.ops.live import Live, differences, live
from chutekit.ops.notes import STATE, load, store
from chutekit.ops.platform import Platform
from chutekit.ops.probes import Finding, burst, try_out
from chutekit.ops.session import session

AGAIN = "Run: make smoke-staging"
NEXT = {("staging", True): "make promote", ("prod", False): "make rollback"}


def smoke(arguments: argparse.Namespace) -> Result:
    """Wake a chute, go through its probes and write the report."""
    platform, wanted = session(arguments.chute)
    path = report_of(arguments.chute)
    path.unlink(missing_ok=True)  # a test cut short must not leave an older report standing
    found = _deployed(platform, wanted)
    with gateway(platform, found.chute, "smoke") as calls:
        health = wake(platform, calls, wanted)
        findings, latency = _go_through(calls, wanted, health)
    _deployed(platform, wanted)  # still: what was tested must be what is reported
    report: dict[str, Any] = {
        "ok": not any(finding.fault for finding in findings),
        "chute": wanted.name,
        "chute_id": wanted.chute_id,
        "version": found.version,
        "image_id": wanted.image_id,
        "code_sha256": wanted.code_sha256,
        "checks": [asdict(finding) for finding in findings],
        "latency": latency,
    }
    store(path, {"time": time.time(), **report})
    return Result(_text(wanted, report, path), report, ok=report["ok"])


def report_of(variant: str) -> Path:
    """Return where the last report on a chute is."""
    return STATE / f"smoke-{variant}.json"


def require_green(prod: Declared) -> dict[str, Any]:
    """Return the staging report; Problem unless it is green, recent and about this version."""
    report = load(report_of("staging"))
    if report is None:
        raise Problem("Staging was not smoke-tested.", AGAIN, REFUSED)
    if report.get("ok") is not True:
        raise Problem("The smoke test of staging failed.", f"Mend it first. {AGAIN}", REFUSED)
    tested = (report.get("code_sha256"), report.get("image_id"))
    if tested != (prod.code_sha256, prod.image_id):
        raise Problem(
            "Staging was smoke-tested with other code or another image than is here now.",
            "Run: make build deploy-staging smoke-staging",
            REFUSED,
        )
    age = time.time() - float(report.get("time", 0))
    if not 0 <= age + 60 <= seconds("OPS_REPORT_SECONDS") + 60:
        raise Problem(f"The smoke test of staging is {age / 3600:.0f} h old.", AGAIN, REFUSED)
    return report


def _deployed(platform: Platform, wanted: Declared) -> Live:
    found = live(platform, wanted)
    wrong = differences(wanted, found)
    if wrong or found is None:
        raise Problem(
            f"{wanted.name} is not what chute.py declares: {'; '.join(wrong)}.",
            f"Run: make {wanted.target}",
            NO,
        )
    return found


def _go_through(
    calls: Gateway, wanted: Declared, health: dict[str, Any]
) -> tuple[list[Finding], dict[str, float]]:
    # Reads chute.py, and so the SDK, which must come after sign_in.
    probe = importlib.import_module(settings().probes)

    findings = [Finding("/health", _unhealthy(health), 0.0)]
    say(_line(findings[0]))
    for one in [*probe.PROBES, probe.WRONG]:
        findings.append(try_out(calls, one))
        say(_line(findings[-1]))
    many, latency = burst(calls, probe.BURST, wanted.settings["concurrency"])
    say(_line(many))
    return [*findings, many], latency


def _unhealthy(health: dict[str, Any]) -> str:
    if health.get("backend") == "stub":
        return "the stub answers instead of the model"
    if health.get("status") != "ready":
        return f"it says {health.get('status')!r} instead of 'ready'"
    return ""


def _line(finding: Finding) -> str:
    return f"  {'failed' if finding.fault else 'ok':6} {finding.name}" + (
        f": {finding.fault}" if finding.fault else f" ({finding.seconds:.2f} s)"
    )


def _text(wanted: Declared, report: dict[str, Any], path: Path) -> str:
    failed = sum(1 for check in report["checks"] if check["fault"])
    verdict = (
        f"{failed} of {len(report['checks'])} checks failed" if failed else "all checks passed"
    )
    figures = ", ".join(f"{name} {value:.2f}" for name, value in report["latency"].items())
    step = NEXT.get((wanted.variant, report["ok"]))
    return f"{wanted.name}: {verdict}. {figures}. Report: {path}." + (
        f" Next: {step}" if step else ""
    )


if __name__ == "__main__":
    run(smoke, options(__doc__, chute=True))
