"""The options of `chute-new plan`. Nothing heavy is imported until the command runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from scaffold import completion
from scaffold.plan.request import Request
from scaffold.runtime import report

if TYPE_CHECKING:
    from scaffold.plan.planning import Plan
    from scaffold.plan.writing import Change

_Number = Optional[float]  # noqa: UP045
_File = Optional[Path]  # noqa: UP045
_Text = Optional[str]  # noqa: UP045


def plan(
    path: Annotated[_File, typer.Argument(help="A generated repository.")] = None,
    answers: Annotated[
        _Text, typer.Option(metavar="FILE", help="Answers in YAML or JSON; - reads standard input.")
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set", metavar="KEY=VALUE", help="One answer, which the search leaves alone."
        ),
    ] = None,
    rps: Annotated[_Number, typer.Option(help="Requests per second, on average.")] = None,
    hours: Annotated[_Number, typer.Option(help="How long to simulate (default 24).")] = None,
    pattern: Annotated[
        str,
        typer.Option(
            help="constant, daily or spike.",
            autocompletion=completion.values("constant", "daily", "spike"),
        ),
    ] = "constant",
    swing: Annotated[
        float, typer.Option(help="daily: how far noon and midnight are from the average, 0 to 1.")
    ] = 0.8,
    spike_factor: Annotated[float, typer.Option(help="spike: times the usual rate.")] = 5.0,
    spike_at_hours: Annotated[
        _Number, typer.Option(help="spike: when it starts (default half way).")
    ] = None,
    spike_minutes: Annotated[float, typer.Option(help="spike: how long it lasts.")] = 30.0,
    arrivals: Annotated[
        _File,
        typer.Option(
            metavar="FILE",
            help="Recorded arrivals, CSV or JSON lines: time (a number or ISO 8601) and seconds.",
        ),
    ] = None,
    seconds_per_request: Annotated[
        _Number, typer.Option(help="What one request takes, measured (default: estimated).")
    ] = None,
    distribution: Annotated[
        str, typer.Option(help="Of these seconds: lognormal, exponential or constant.")
    ] = "lognormal",
    spread: Annotated[float, typer.Option(help="lognormal: standard deviation over mean.")] = 0.5,
    tokens_in: Annotated[float, typer.Option(help="Tokens of a typical prompt.")] = 1000.0,
    tokens_out: Annotated[float, typer.Option(help="Tokens of a typical answer.")] = 300.0,
    tokens_per_second: Annotated[
        _Number, typer.Option(help="Of one stream under load, measured (default: estimated).")
    ] = None,
    steps: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Steps of a typical picture (default: the model's)."),
    ] = None,
    cold_start_seconds: Annotated[
        _Number, typer.Option(help="From the first request until an instance serves.")
    ] = None,
    engine_limit: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            help="Requests in work at which an instance itself answers 429 (default: concurrency)."
        ),
    ] = None,
    when_full: Annotated[
        str, typer.Option(help="What callers do about 429 and 503: retry, queue or give-up.")
    ] = "retry",
    patience: Annotated[float, typer.Option(help="Seconds until callers give up.")] = 600.0,
    target_p95: Annotated[
        _Number, typer.Option(help="Seconds within which 95 of 100 answers shall be there.")
    ] = None,
    target_refused: Annotated[
        float, typer.Option(help="The share of requests that may go without an answer.")
    ] = 0.001,
    model_config: Annotated[
        _File, typer.Option(metavar="FILE", help="The config.json of a model not in the catalog.")
    ] = None,
    weights: Annotated[
        _Text, typer.Option(help="Format of the weights: bf16, fp8, int8, int4 ...")
    ] = None,
    kv_cache: Annotated[str, typer.Option(help="Format of keys and values: bf16, fp8.")] = "bf16",
    usable_memory: Annotated[
        float, typer.Option(help="Share of a card's advertised memory the engine may use.")
    ] = 0.84,
    overhead_gib: Annotated[
        float, typer.Option(help="GiB per GPU for context, activations and graphs.")
    ] = 2.5,
    platform_rules: Annotated[
        _Text,
        typer.Option(
            metavar="FILE",
            help="Changed platform rules, or a generation: 2025-10, 2026-02, 2026-05.",
        ),
    ] = None,
    start_warm: Annotated[
        bool, typer.Option("--start-warm", help="Begin with one instance instead of none.")
    ] = False,
    search: Annotated[
        bool, typer.Option(help="Look for better settings, or only simulate those given.")
    ] = True,
    compare_gpus: Annotated[
        bool,
        typer.Option("--compare-gpus", help="Also find the cheapest settings on other GPUs."),
    ] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same plan.")] = 1,
    report_file: Annotated[
        _File, typer.Option("--report", metavar="FILE", help="Write one HTML page with plots.")
    ] = None,
    write: Annotated[
        bool,
        typer.Option("--write", help="Put the settings into the answers file or the repository."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document on standard output.")
    ] = False,
) -> None:
    """Size the GPU, simulate the scaling, find the cheapest settings."""
    from scaffold.plan.command import changes, run_plan

    given = settings or []
    request = Request(
        rps=rps, seconds_per_request=seconds_per_request, hours=hours, seed=seed,
        pattern=pattern, swing=swing, spike_factor=spike_factor, spike_at_hours=spike_at_hours,
        spike_minutes=spike_minutes, arrivals=arrivals, distribution=distribution, spread=spread,
        tokens_in=tokens_in, tokens_out=tokens_out, tokens_per_second=tokens_per_second,
        steps=steps, cold_start_seconds=cold_start_seconds, engine_limit=engine_limit,
        when_full=when_full, patience=patience, target_p95=target_p95,
        target_refused=target_refused,
        model_config=model_config, weights=weights, kv_cache=kv_cache,
        usable_memory=usable_memory, overhead_gib=overhead_gib, platform_rules=platform_rules,
        start_warm=start_warm, search=search,
        fixed=tuple(setting.partition("=")[0] for setting in given),
    )  # fmt: skip
    found = run_plan(path, answers, given, request, compare_gpus=compare_gpus)
    edits = changes(found, path, answers) if write else []
    _tell(found, edits, report_file, as_json=as_json)


def _tell(found: "Plan", edits: "list[Change]", report_file: Path | None, *, as_json: bool) -> None:
    from scaffold.plan import page, text
    from scaffold.plan.writing import write as write_changes

    if report_file:
        page.write(found, report_file)
    report.out(report.document(found.as_json()) if as_json else text.summary(found))
    for edit in edits:
        report.talk(edit.difference() or f"{edit.path}: nothing to change")
    write_changes([edit for edit in edits if edit.before != edit.after])
