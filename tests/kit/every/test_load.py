"""`make load` against this chute as a laptop serves it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from chutekit.testing.running import ROOT, RunningChute

SECRET = "xyzzy-load-key"


def load(chute: RunningChute, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chutekit.ops.load", "--url", chute.url, *arguments]
    environment = {**os.environ, "CI": "true", "LOAD_API_KEY": SECRET}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_this_chute_answers_what_a_load_sends(development: RunningChute, tmp_path: Path) -> None:
    file = tmp_path / "load.json"
    run = load(development, "--rate", "2", "--even", "--seconds", "2", "--output", str(file))
    assert run.returncode == 0, run.stderr
    document: dict[str, Any] = json.loads(file.read_text())
    assert document["figures"]["answered"] == document["figures"]["requests"] == 4
    assert document["target"]["backend"] == "stub"
    first, out = document["figures"]["first_token_s"], document["figures"]["tokens_out_per_second"]
    assert bool(first) == bool(out) == document["asked"]["streamed"]
    page = file.with_suffix(".html").read_text()
    assert SECRET not in run.stdout + run.stderr + file.read_text() + page


def test_what_the_chute_refuses_is_told_before_anything_is_measured(
    development: RunningChute, tmp_path: Path
) -> None:
    prompts, file = tmp_path / "prompts.jsonl", tmp_path / "load.json"
    prompts.write_text('{"no_such_field": 1}\n')
    run = load(development, "--prompts", str(prompts), "--output", str(file))
    assert run.returncode == 1
    assert "answers 400 to what would be sent" in run.stderr
    assert "Traceback" not in run.stderr
    assert not file.exists()
