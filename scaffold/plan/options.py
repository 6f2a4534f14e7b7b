"""The options of `chute-new plan`. Nothing heavy is imported until the command runs."""

from collections.abc import Callable, Iterator
from dataclasses import Field, fields
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from scaffold import completion
from scaffold.plan.request import Request, option_of
from scaffold.runtime import report

if TYPE_CHECKING:
    from scaffold.plan.planning import Plan
    from scaffold.plan.writing import Change

_File = Optional[Path]  # noqa: UP045


def plan(
    path: Annotated[_File, typer.Argument(help="A generated repository.")] = None,
    answers: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="FILE", help="Answers in YAML or JSON; - reads standard input."),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set", metavar="KEY=VALUE", help="One answer, which the search leaves alone."
        ),
    ] = None,
    compare_gpus: Annotated[
        bool,
        typer.Option("--compare-gpus", help="Also find the cheapest settings on other GPUs."),
    ] = False,
    compare_variants: Annotated[
        bool,
        typer.Option(
            "--compare-variants",
            help="Also on other GPUs, and with the catalog's quantised variants of the model.",
        ),
    ] = False,
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
    **asked: Any,
) -> None:
    """Size the GPU, simulate the scaling, find the cheapest settings."""
    from scaffold.plan.command import changes, run_plan

    given = settings or []
    fixed = tuple(setting.partition("=")[0] for setting in given)
    request = Request(**asked, fixed=fixed)
    found = run_plan(
        path,
        answers,
        given,
        request,
        compare_gpus=compare_gpus,
        compare_variants=compare_variants,
    )
    edits = changes(found, path, answers) if write else []
    _tell(found, report_file, as_json=as_json)
    _write(edits, path)


def _with_request(command: Callable[..., None]) -> None:
    """Let typer see an option for each of `Request`, where the command takes any."""
    own = list(signature(command).parameters.values())[:-1]
    asked = [parameter for declared in fields(Request) for parameter in _parameters(declared)]
    # The first are those that say which chute it is about.
    command.__signature__ = Signature([*own[:3], *asked, *own[3:]])  # type: ignore[attr-defined]


def _parameters(declared: "Field[Any]") -> Iterator[Parameter]:
    if found := option_of(declared):
        typed = typer.Option(
            *([found.name] if found.name else []),
            help=found.help,
            metavar=found.metavar,
            autocompletion=completion.values(*found.bounds.among) if found.bounds.among else None,
        )
        yield Parameter(
            declared.name,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=declared.default,
            annotation=Annotated[declared.type, typed],
        )


_with_request(plan)


def _tell(found: "Plan", report_file: Path | None, *, as_json: bool) -> None:
    from scaffold.plan import page, text

    if report_file:
        page.write(found, report_file)
    report.out(report.document(found.as_json()) if as_json else text.summary(found))


def _write(edits: "list[Change]", repository: Path | None) -> None:
    from scaffold.plan.writing import write

    for edit in edits:
        report.talk(edit.difference() or f"{edit.path}: nothing to change")
    write([edit for edit in edits if edit.before != edit.after], repository)
