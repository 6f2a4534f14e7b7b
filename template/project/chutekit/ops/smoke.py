"""Send real requests to a deployed chute: `make smoke-staging`, `make smoke` for production."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
from pathlib import Path
from typing import Any

from chutekit.ops.command import Result, options, run
from chutekit.ops.declared import Declared
from chutekit.ops.errors import NO, Problem
from chutekit.ops.gateway import Gateway, gateway
from chutekit.ops.live import Live, differences, live
from chutekit.ops.platform import Platform
from chutekit.ops.progress import say
from chutekit.ops.report import discard, write
from chutekit.ops.session import session
from chutekit.ops.settings import settings
from chutekit.ops.trial import Finding, burst, try_out
from chutekit.ops.waking import wake

NEXT = {("staging", True): "make promote", ("prod", False): "make rollback"}


def smoke(arguments: argparse.Namespace) -> Result:
    """Wake a chute, go through its probes and write the report."""
    platform, wanted = session(arguments.chute)
    discard(arguments.chute)
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
        "checks": [dataclasses.asdict(finding) for finding in findings],
        "latency": latency,
    }
    path = write(arguments.chute, report)
    return Result(_text(wanted, report, path), report, ok=report["ok"])


def _deployed(platform: Platform, wanted: Declared) -> Live:
    found = live(platform, wanted)
    wrong = differences(wanted, found)
    if wrong or found is None:
        target = "promote" if wanted.variant == "prod" else "deploy-staging"
        raise Problem(
            f"{wanted.name} is not what chute.py declares: {'; '.join(wrong)}.",
            f"Run: make {target}",
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
    parser = options(__doc__)
    parser.add_argument("chute", choices=["staging", "prod"])
    run(smoke, parser)
