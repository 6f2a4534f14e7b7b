"""The release workflow, step by step, takes a chat chute to production and back."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from support.pipeline import (
    PATIENT,
    Bench,
    done,
    generate,
    platform_for,
)
from support.platform_double import Fault


def workflow_steps(repository: Path, job: str) -> list[tuple[str, bool]]:
    """The commands of a job of the release workflow, and whether each is for a failure only."""
    workflow = yaml.safe_load((repository / ".github" / "workflows" / "release.yml").read_text())
    return [
        (step["run"], "failure()" in step.get("if", ""))
        for step in workflow["jobs"][job]["steps"]
        if "run" in step
    ]


def run_job(bench: Bench, job: str) -> list[str]:
    """Do what the workflow does; return the commands that failed."""
    failed: list[str] = []
    skipped = ("make setup", "make test")
    for command, after_failure in workflow_steps(bench.folder, job):
        if command in skipped or after_failure != bool(failed):
            continue
        if bench.start(["sh", "-ec", command], PATIENT).returncode:
            failed.append(command)
    return failed


@pytest.mark.path
def test_the_release_workflow_takes_a_chat_chute_to_production_and_back(
    tmp_path: Path, shared: Path
) -> None:
    folder = generate(tmp_path / "llm", shared, workload="llm", concurrency=4)
    with platform_for(folder) as bench:
        world = bench.double.world
        assert run_job(bench, "stage") == []
        assert world.chute("my-chute") is None
        assert run_job(bench, "production") == []
        first = world.chute("my-chute")
        assert first
        good = first.version
        bench.edit("second-0123456789ab", "another version")
        for target in ("build", "deploy-staging", "smoke-staging"):
            done(bench.make(target, **PATIENT))
        bench.double.faults.append(Fault("POST", "/v1/.+", "500"))
        assert run_job(bench, "production") == ["make smoke"]
        assert first.version == good
