"""The commands: options and one call each. Heavy modules are imported inside the commands."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from scaffold import completion
from scaffold.errors import BadUsage, Failed, OutsideFailure
from scaffold.plan.options import plan
from scaffold.runtime import report, streams

EXIT_CODES = (
    "Exit codes: 0 done; 1 it ran and the answer is no; 2 bad usage or answers; "
    "3 refused; 4 something outside failed; 130 interrupted."
)
app = typer.Typer(
    name="chute-new",
    help="Start production applications on Chutes: pinned, staged, health-checked.",
    epilog=EXIT_CODES,
    add_completion=False,
    invoke_without_command=True,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


# Options of more than one command.
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Ask = Annotated[
    bool, typer.Option("--ask", help="With --answers: ask for what the file leaves open.")
]
Defaults = Annotated[bool, typer.Option("--defaults", help="Take every default, ask nothing.")]
Habits = Annotated[
    bool,
    typer.Option(
        "--habits", help="Read CHUTE_NEW_* variables and the defaults file beside --answers too."
    ),
]
Plain = Annotated[
    bool,
    typer.Option("--plain", help="Ask in plain lines, as for a screen reader; so with TERM=dumb."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be written, write nothing.")
]
NoGit = Annotated[bool, typer.Option("--no-git", help="Make no git repository of it.")]
NoVerify = Annotated[bool, typer.Option("--no-verify", help="Do not check what was rendered.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Progress = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--progress",
        metavar="json",
        help="Print steps, messages and the end as JSON lines on standard error.",
        autocompletion=completion.values("json"),
    ),
]


def _refuse_contradictions(*, ask: bool, defaults: bool, progress_form: str | None) -> None:
    if progress_form not in (None, "json"):
        raise BadUsage(f"no progress as {progress_form}", hint="--progress json is all there is")
    if ask and (defaults or not streams.on_terminal()):
        raise BadUsage(
            "--ask asks on a terminal, and not with --defaults or --answers -",
            hint="leave --ask out, and what the file leaves open takes its default",
        )


def _check_ids(incomplete: str) -> list[str]:
    """Completes to the ids of checks."""
    from scaffold.check.catalog import checks

    return completion.values(*checks(), "all")(
        incomplete.upper() if incomplete != "all" else incomplete
    )


@app.callback()
def chute_new(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks; works with every command.")
    ] = False,
    completion_for: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--completion",
            metavar="SHELL",
            help="Print completion for bash, zsh or fish; its first line says how to use it.",
            autocompletion=completion.values(*completion.SHELLS),
        ),
    ] = None,
) -> None:
    """Start production applications on Chutes: pinned, staged, health-checked.

    `chute-new DEST` is short for `chute-new create DEST`; alone on a terminal it asks everything.
    """
    # --version and --debug are taken out of the arguments in __main__; here they are documented.
    if completion_for is not None:
        report.out(completion.script(completion_for))
        raise typer.Exit


@app.command(epilog=EXIT_CODES)
def create(
    dest: Annotated[Optional[Path], typer.Argument(help="The folder to make.")] = None,  # noqa: UP045
    answers: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="FILE", help="Answers in YAML or JSON; - reads standard input."),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="One answer; wins over the file.",
            autocompletion=completion.setting,
        ),
    ] = None,
    model_config: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="The config.json of a model not in the catalog, instead of asking the model hub.",
        ),
    ] = None,
    ask: Ask = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the questions that were interrupted.")
    ] = False,
    defaults: Defaults = False,
    habits: Habits = False,
    plain: Plain = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    no_git: NoGit = False,
    no_verify: NoVerify = False,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline", help="Look up neither the base image's digest nor the model and its files."
        ),
    ] = False,
    quiet: Quiet = False,
    progress_form: Progress = None,
) -> None:
    """Ask, or read answers; show the cost; render and verify."""
    from scaffold.creation import text
    from scaffold.creation.order import CreateOptions
    from scaffold.creation.session import run_create

    _refuse_contradictions(ask=ask, defaults=defaults, progress_form=progress_form)
    if resume and (answers or defaults or not streams.on_terminal()):
        raise BadUsage("--resume asks on a terminal, and not with --answers or --defaults")
    result = run_create(
        dest,
        answers,
        settings or [],
        ask=ask or not (answers or defaults),
        with_habits=habits,
        plain=plain,
        options=CreateOptions(
            dry_run=dry_run, commit=not no_git, verify=not no_verify, offline=offline
        ),
        model_config=model_config,
        resume=resume,
    )
    if as_json:
        report.out(report.document(result.as_json()))
    elif not quiet:
        report.out(text.created(result, dry_run=dry_run))


@app.command(epilog=EXIT_CODES)
def adopt(
    prototype: Annotated[
        Path, typer.Argument(help="The file of a chute, or the folder with it and its helpers.")
    ],
    dest: Annotated[Optional[Path], typer.Argument(help="The folder to make.")] = None,  # noqa: UP045
    answers: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Answers in YAML or JSON, which win over the prototype; - reads standard input.",
        ),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="One answer; wins over the file.",
            autocompletion=completion.setting,
        ),
    ] = None,
    ask: Ask = False,
    defaults: Defaults = False,
    habits: Habits = False,
    plain: Plain = False,
    load: Annotated[
        bool,
        typer.Option(
            "--load",
            help="Import the result with the SDK at the end: runs code of the prototype, in a "
            "bounded process without your environment.",
        ),
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    no_git: NoGit = False,
    no_verify: NoVerify = False,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline", help="Look up neither the base image's digest nor models and their files."
        ),
    ] = False,
    quiet: Quiet = False,
    progress_form: Progress = None,
) -> None:
    """Make a repository of a chute that is there, without running it.

    Its code is moved, and ADOPTED.md says what became of each part.
    """
    from scaffold.adopt.command import run_adopt
    from scaffold.creation.order import CreateOptions

    _refuse_contradictions(ask=ask, defaults=defaults, progress_form=progress_form)
    result = run_adopt(
        prototype,
        dest,
        answers,
        settings or [],
        ask=ask or not (answers or defaults),
        with_habits=habits,
        plain=plain,
        load=load,
        options=CreateOptions(
            dry_run=dry_run, commit=not no_git, verify=not no_verify, offline=offline
        ),
    )
    if as_json:
        report.out(report.document(result.as_json()))
    elif not quiet:
        report.out(result.told(dry_run=dry_run))


app.command(epilog=EXIT_CODES)(plan)


@app.command(epilog=EXIT_CODES)
def answers(
    workload: Annotated[
        str,
        typer.Option(
            help="image, llm or custom.",
            autocompletion=completion.values("image", "llm", "speech", "custom"),
        ),
    ] = "image",
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of answers files.")
    ] = False,
    questions: Annotated[
        bool,
        typer.Option(
            "--questions",
            help="Print the questions as JSON: type, text, default, choices and limits of each.",
        ),
    ] = False,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="An answer that is known; others may have other choices and defaults then.",
            autocompletion=completion.setting,
        ),
    ] = None,
) -> None:
    """Write a commented answers file to start from, or its schema."""
    from scaffold.answers import schema as documents
    from scaffold.answers import starter
    from scaffold.answers.questions import Questionnaire
    from scaffold.answers.reading import Given, assign

    if schema and questions:
        raise BadUsage("--schema and --questions are two documents: ask for one")
    questionnaire = Questionnaire()
    given = assign(Given(), settings or [], questionnaire.form).values
    if schema:
        report.out(report.document(documents.schema(questionnaire)))
    elif questions:
        listing = documents.listing(questionnaire, {"workload": workload, **given})
        report.out(report.document(listing))
    else:
        report.out(starter.starter(questionnaire, workload, given))


@app.command(epilog=EXIT_CODES)
def update(
    path: Annotated[Path, typer.Argument(help="The generated repository.")] = Path(),
    to: Annotated[
        str, typer.Option(metavar="VERSION", help="Not the newest version but this one.")
    ] = "",
    answers: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="FILE", help="Answers to change; - reads standard input."),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="One answer to change.",
            autocompletion=completion.setting,
        ),
    ] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Take the defaults of new questions, ask nothing.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Say what newer versions bring; exit code 1 if there is one."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the difference, write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Bring a repository to today's template, keeping its edits.

    It runs no code of the repository, and no program that its git settings name.
    """
    from scaffold.update import run_update, text

    result = run_update(
        path,
        answers,
        settings or [],
        to=to,
        ask=not (answers or defaults or dry_run or as_json),
        check=check,
        dry_run=dry_run,
    )
    if as_json:
        report.out(report.document(result.as_json()))
    elif check:
        report.out(text.newer(result))
    else:
        report.out(text.updated(result, dry_run=dry_run))
    return int(result.old != result.new if check else bool(result.conflicts))


@app.command(epilog=EXIT_CODES)
def check(
    path: Annotated[Path, typer.Argument(help="A folder, or the file of one chute.")] = Path(),
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="text, json, sarif, github or html.",
            autocompletion=completion.values("text", "json", "sarif", "github", "html"),
        ),
    ] = "text",
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", "-o", metavar="FILE", help="Write the report there."),
    ] = None,
    select: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="IDS", help="Only these checks; IM stands for all of its family."),
    ] = None,
    ignore: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="IDS", help="Not these checks."),
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Correct what is mechanical; show the difference.")
    ] = False,
    load: Annotated[
        bool,
        typer.Option(
            "--load",
            help="Also import the chutes with the SDK: runs code of the repository, in a bounded "
            "process without your environment.",
        ),
    ] = False,
    baseline: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Do not report the findings in this file."),
    ] = None,
    write_baseline: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Write today's findings there and succeed."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show every finding, also those that are not urgent.")
    ] = False,
    explain: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="ID",
            help="Print the page about one check; all lists them.",
            autocompletion=_check_ids,
        ),
    ] = None,
) -> int:
    """Audit a chute against the production checklist, running nothing.

    Only with --load it runs code of the repository.
    """
    from scaffold.check import command

    if explain:
        report.out(command.explain(explain))
        return 0
    options = command.CheckOptions(
        format=form,
        output=output,
        select=select or (),
        ignore=ignore or (),
        fix=fix,
        load=load,
        baseline=baseline,
        write_baseline=write_baseline,
        all=every,
    )
    return command.run_check(path, options)


@app.command(epilog=EXIT_CODES)
def pin(
    path: Annotated[Path, typer.Argument(help="The generated repository.")] = Path(),
    only: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="KIND",
            help="packages, base, model or tag; all of them without it.",
            autocompletion=completion.values("packages", "base", "model", "tag"),
        ),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep", help="Lock what requirements/*.in ask for; keep all versions that fit."
        ),
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Write nothing; exit code 1 when a pin is stale or floating, else 4 when "
            "something could not be asked.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Refresh the pins of a repository and show the difference.

    It runs code of the repository, for the tag of its image: with no environment of yours, in a
    bounded process, but with your files and network. Not for repositories you would not run.
    """
    from scaffold.pins.pin import pin as refresh

    pins = refresh(path, check=check, only=only or (), keep=keep)
    report.out(report.document(pins.as_json()) if as_json else pins.table())
    if check and pins.stale:
        return Failed.code
    return OutsideFailure.code if pins.unasked else 0


@app.command(epilog=EXIT_CODES)
def doctor(
    path: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(help="The generated repository; else the current folder."),
    ] = None,
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Also ask the proxies, the package index and, signed by the repository's .venv, "
            "the platform for the balance.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Say what of this machine would stop a repository, and the remedy.

    Of make setup, test, dev, build and deploy-staging; exit code 1 when something stops one of
    them. It writes nothing and runs no code of the repository.
    """
    from scaffold.doctor import run_doctor

    found = run_doctor(path, online=online)
    report.out(report.document(found.as_json()) if as_json else found.text())
    return Failed.code if found.stopped else 0
