"""Predicted against measured: real vLLM behind a generated chute, loaded at five rates.

    TEST_VLLM_PYTHON=... python benchmarks/measured.py [--rates 1,2,4,6,8] [--seconds 20]

The first, third and last rate are what `chute-new plan --measured` gets; the others are predicted,
by the replay of their requests and by the simulation of `plan`, and compared with what `make load`
measured there. vLLM runs a tiny model on the CPU, which it shares with the chute and the load, so
only ratios mean anything. Prints a JSON line for each quantile, and whether all are within what is
aimed at: 15 percent of the median, 25 of the 95th percentile.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "template" / "project")]

from scaffold.plan.measured import compare  # noqa: E402
from scaffold.plan.measurements import Measurements  # noqa: E402
from scaffold.plan.planner import Planner  # noqa: E402
from scaffold.plan.polish import fit  # noqa: E402
from scaffold.plan.reports import measurements  # noqa: E402
from scaffold.plan.request import Request  # noqa: E402
from support import tiny_llm  # noqa: E402
from support.planning import context  # noqa: E402
from support.serving import rendered  # noqa: E402

#: Enough layers that a step takes longer than what surrounds it.
SHAPE = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 1024,
    "hidden_size": 512,
    "intermediate_size": 1536,
    "num_hidden_layers": 8,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "max_position_embeddings": tiny_llm.CONTEXT,
    "torch_dtype": "float32",
    "bos_token_id": 0,
    "eos_token_id": 1,
}
AIMED_AT = {0.5: 0.15, 0.95: 0.25}


@contextmanager
def served(folder: Path, python: str) -> Iterator[str]:
    """The address of a generated chute in front of real vLLM."""
    from support.harness import harness

    repository = rendered(folder / "repository")
    environment = tiny_llm.environment(folder / "cache", python, SHAPE)
    with harness(repository).RunningChute(
        harness(repository).DEVELOPMENT, folder / "log", **environment
    ) as chute:
        yield chute.url


def load(repository: Path, url: str, options: argparse.Namespace) -> Path:
    """The report of one load at all rates."""
    report = repository.parent / "load.json"
    command = [
        sys.executable,
        "-m",
        "chutekit.ops.load",
        "--url",
        url,
        "--rate",
        options.rates,
        "--seconds",
        options.seconds,
        "--tokens-in",
        options.tokens_in,
        "--tokens-out",
        options.tokens_out,
        "--output",
        str(report),
    ]
    subprocess.run(command, cwd=repository, check=True, stdout=sys.stderr)
    return report


def simulated(found: Measurements, report: Path, stage: int) -> dict[float, float]:
    """Quantiles by the simulation of `plan`, for the rate of a stage and the lengths sent there."""
    request = Request(
        rps=found.stages[stage].rate,
        hours=1.0,
        search=False,
        measured=report,
        start_warm=True,
        cold_start_seconds=0.001,
        when_full="queue",
    )
    answers = context(workload="llm", concurrency=64, max_instances=1, scaling_threshold=1.0)
    planner = Planner(answers, request)
    result = planner.simulate(planner.given(), rules=planner.book.ends[0])
    return {0.5: result.p50_s, 0.95: result.p95_s}


def lines(report: Path, fitted_on: Path) -> Iterator[dict[str, Any]]:
    """One for each quantile of each rate that was held back."""
    found = measurements(report)
    held_back = [stage for stage in range(len(found.stages)) if stage % 2]
    steps = fit(found.of(*(s for s in range(len(found.stages)) if not s % 2)))
    for stage in held_back:
        played = simulated(found, fitted_on, stage)
        for entry in compare(found.of(stage), steps, held_back=True):
            if entry.share not in AIMED_AT:
                continue
            line = {
                "rate": found.stages[stage].rate,
                "what": entry.what,
                "quantile": entry.share,
                "replay_over_measured": round(entry.computed_s / entry.measured_s, 3),
            }
            if entry.what == "whole answer":
                line["plan_over_measured"] = round(played[entry.share] / entry.measured_s, 3)
            yield line


def without(report: Path, stages: set[int]) -> Path:
    """The report without the requests of some stages, beside it."""
    document = json.loads(report.read_text())
    place = document["requests"]["columns"].index("stage")
    rows = [row for row in document["requests"]["rows"] if row[place] not in stages]
    document["requests"]["rows"] = rows
    kept = report.with_name("fitted-on.json")
    kept.write_text(json.dumps(document))
    return kept


def main() -> None:
    """Serve, load, compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rates", default="1,2,4,6,8")
    parser.add_argument("--seconds", default="20")
    parser.add_argument("--tokens-in", default="60-200")
    parser.add_argument("--tokens-out", default="20-80")
    parser.add_argument("--report", type=Path, help="compare this one instead of loading")
    parser.add_argument("--keep", type=Path, help="write the report of the load there, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = options.report
        if report is None:
            with served(Path(folder), os.environ["TEST_VLLM_PYTHON"]) as url:
                report = load(Path(folder) / "repository", url, options)
        if options.keep:
            options.keep.write_bytes(report.read_bytes())
        every = range(len(measurements(report).stages))
        found = list(lines(report, without(report, {stage for stage in every if stage % 2})))
    ratios = [
        abs(value - 1) <= AIMED_AT[line["quantile"]]
        for line in found
        for name, value in line.items()
        if name.endswith("_measured")
    ]
    for line in found:
        print(json.dumps(line))
    print(json.dumps({"within": sum(ratios), "of": len(ratios)}))


if __name__ == "__main__":
    main()
