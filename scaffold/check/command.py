"""What `chute-new check` does with its options."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scaffold import files
from scaffold.check.engine import Selection, examine
from scaffold.check.model import Check, Report
from scaffold.check.output.words import counted
from scaffold.check.tree import Tree
from scaffold.errors import BadUsage
from scaffold.runtime import progress, report, streams
from scaffold.runtime.patience import timed

_LESS = "name the file of one chute, or leave checks out with --ignore"
FORMATS = ("text", "json", "sarif", "github", "html")


@dataclass(frozen=True)
class CheckOptions:
    """The options of one run."""

    format: str = "text"
    output: Path | None = None
    select: Sequence[str] = field(default_factory=tuple)
    ignore: Sequence[str] = field(default_factory=tuple)
    fix: bool = False
    load: bool = False
    baseline: Path | None = None
    write_baseline: Path | None = None
    all: bool = False


def run_check(path: Path, options: CheckOptions) -> int:
    """Check `path` and print the report; returns the exit code."""
    if not path.exists():
        raise BadUsage(f"{path} does not exist")
    if path.is_file() and path.suffix != ".py":
        raise BadUsage(f"{path} is no Python file", hint="name a folder, or the file of a chute")
    if options.format not in FORMATS:
        raise BadUsage(f"--format must be one of {', '.join(FORMATS)}")
    with timed(path, "to check", _LESS):
        return _checked(path, options)


def _checked(path: Path, options: CheckOptions) -> int:
    selection = Selection(_words(options.select), _words(options.ignore))
    if options.fix:
        from scaffold.check.fixes import apply

        diff = apply(path, lambda tree: _examine(path, selection, options, tree))
        report.talk(diff or "Nothing here can be fixed mechanically.")
    found = _examine(path, selection, options)
    if options.write_baseline is not None:
        from scaffold.check import baseline

        baseline.write(options.write_baseline, found.findings)
        written = counted(len(found.findings), "finding")
        report.talk(f"Wrote {written} to {options.write_baseline}.")
        return 0
    _publish(render(found, options.format, path, every=options.all), options)
    return 1 if found.findings else 0


def _words(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.strip() for part in given for word in part.split(",") if word.strip())


def _examine(
    path: Path, selection: Selection, options: CheckOptions, tree: Tree | None = None
) -> Report:
    known: frozenset[str] = frozenset()
    if options.baseline is not None:
        from scaffold.check import baseline

        known = baseline.read(options.baseline)
    loaded = None
    if options.load and tree is None:
        from scaffold.check.load import load

        with progress.waiting("Loading the chutes on the SDK"):
            loaded = load(path)
    with progress.waiting(f"Checking {path}"):
        return examine(path, selection, loaded=loaded, baseline=known, tree=tree)


def render(found: Report, form: str, path: Path, *, every: bool = False) -> str:
    """The report in one of the formats; `every` finding where the text would only count them."""
    if form == "json":
        return report.document(found.as_json())
    if form == "sarif":
        from scaffold.check.output.sarif import render as sarif

        return sarif(found)
    if form == "github":
        from scaffold.check.output.github import render as github

        return github(found)
    if form == "html":
        from scaffold.check.output.html import render as html

        return html(found, path)
    from scaffold.check.output.text import render as text

    return text(found, every=every)


def _publish(text: str, options: CheckOptions) -> None:
    commands = options.format == "github"
    if options.output is None:
        report.out(text, commands=commands)
    else:
        files.write(options.output, streams.plain(text, commands=commands) + "\n")


def explain(id: str) -> str:
    """The page about one check, or with "all" one line about each."""
    from scaffold.check.catalog import checks
    from scaffold.check.pages import page

    if id == "all":
        return "\n".join(_line(check) for check in checks().values())
    found = checks().get(id.upper())
    if found is None:
        near = difflib.get_close_matches(id.upper(), list(checks()), n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else "`--explain all` lists them"
        raise BadUsage(f"no check is called {id}", hint=hint)
    return page(found)


def _line(check: Check) -> str:
    return f"{check.id}  {check.severity:<8} {check.title}"
