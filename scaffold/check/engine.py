"""Runs checks over one picture of a repository. A check that raises stops nothing."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scaffold.check.catalog import checks
from scaffold.check.declared import Cord
from scaffold.check.kit import vouched
from scaffold.check.model import Answer, Check, Finding, Place, Report, Severity, Unknown, Unsure
from scaffold.check.notes import notes
from scaffold.check.repository import Repository
from scaffold.check.summary import summary
from scaffold.check.tree import Tree, rows
from scaffold.check.waivers import Waivers
from scaffold.errors import BadUsage, Stop

SUBJECTS: dict[str, Callable[[Repository], Iterable[Any]]] = {
    "chute": lambda repository: repository.chutes,
    "image": lambda repository: repository.images,
    "selector": lambda repository: repository.selectors,
    "cord": lambda repository: [c for c in repository.cords if c.kind == "cord"],
    "handler": lambda repository: [c for c in repository.cords if c.kind == "cord"],
    "input": lambda repository: [c for c in repository.cords if c.kind == "cord"],
    "job": lambda repository: [c for c in repository.cords if c.kind == "job"],
    "hook": lambda repository: repository.hooks,
    "module": lambda repository: repository.deployed,
    "chute module": lambda repository: repository.chute_modules,
    "function": lambda repository: repository.request_code,
    "script": lambda repository: repository.scripts,
}


@dataclass(frozen=True)
class Selection:
    """Which checks to run: ids or beginnings of ids; nothing selected means all."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [
            word
            for word in (*self.select, *self.ignore)
            if not any(id.startswith(word) for id in checks())
        ]
        if unknown:
            raise BadUsage(
                f"no check is called {', '.join(unknown)}",
                hint="`chute-new check --explain` lists all",
            )

    def __contains__(self, id: str) -> bool:
        wanted = not self.select or id.startswith(self.select)
        return wanted and not (self.ignore and id.startswith(self.ignore))


@dataclass
class _Run:
    """What has been found so far."""

    findings: dict[Finding, None] = field(default_factory=dict)
    warnings: dict[Finding, None] = field(default_factory=dict)
    unknown: dict[Unknown, None] = field(default_factory=dict)
    examined: Counter[str] = field(default_factory=Counter)


def examine(
    path: Path,
    selection: Selection | None = None,
    *,
    loaded: Mapping[str, Any] | None = None,
    baseline: frozenset[str] = frozenset(),
    tree: Tree | None = None,
) -> Report:
    """Run the checks over a folder or file; `loaded` is what `load.load` saw.

    `tree` is its picture with other texts than the files have.
    """
    tree = tree or Tree.of(path)
    repository = Repository(tree, loaded)
    selection = selection or Selection()
    waivers = Waivers.of(tree)
    run = _Run()
    chosen = [check for check in checks().values() if check.id in selection]
    for check in chosen:
        _apply(check, repository, run)
    for place in waivers.problems:
        _enter(checks()["EN104"], place, run)
    findings = _identified(tree, run.findings)
    kept = [finding for finding in findings if not waivers.cover(finding)]
    fresh = [finding for finding in kept if finding.fingerprint not in baseline]
    order = list(Severity)
    fresh.sort(key=lambda f: (order.index(f.severity), f.file, f.line, f.id))
    return Report(
        findings=tuple(fresh),
        warnings=tuple(w for w in _identified(tree, run.warnings) if not waivers.cover(w)),
        unknown=tuple(run.unknown),
        checked=len(chosen),
        summary=summary(repository, findings, run.unknown, run.examined),
        files=len(repository.modules),
        waived=len(findings) - len(kept),
        baselined=len(kept) - len(fresh),
        examined=dict(run.examined),
        notes=tuple(notes(repository)),
    )


def _apply(check: Check, repository: Repository, run: _Run) -> None:
    try:
        for answer in _answers(check, repository, run):
            _enter(check, answer, run)
    except Stop:
        raise
    except Exception as error:  # a defect of one check must not hide what the others find
        crashed = checks()["EN102"]
        message = f"{check.id} crashed: {type(error).__name__}: {error}"
        _enter(crashed, Place(".", 1, message[:300]), run)


def _answers(check: Check, repository: Repository, run: _Run) -> Iterable[Answer]:
    if check.each == "repository":
        run.examined[check.id] += 1
        yield from check.at(repository, repository)
        return
    for subject in SUBJECTS[check.each](repository):
        hidden = _hidden_by(check, subject)
        if hidden and vouched(subject):
            run.examined[check.id] += 1
            continue
        if hidden and check.each == "cord" and _seen(repository, subject):
            continue  # LD104 looks at what the cord has become
        if hidden:
            line, file = subject.node.lineno, subject.arguments.scope.module.path
            yield Unsure(file, line, f"the cord goes through {hidden}, which can change it")
        else:
            run.examined[check.id] += 1
            yield from check.at(repository, subject)


def _seen(repository: Repository, cord: Cord) -> bool:
    """Was the cord's chute loaded?"""
    found = repository.loaded.get(cord.arguments.scope.module.path, {})
    return bool(found) and "error" not in found


def _hidden_by(check: Check, subject: Any) -> str:
    """The repository's own decorator that hides from this check what it asks about."""
    if not isinstance(subject, Cord) or not subject.custom:
        return ""
    if check.each != "input" and subject.custom.endswith(".cord"):
        return ""  # an override of the SDK's decorator hands the function on to it
    return subject.custom


def _enter(check: Check, answer: Answer, run: _Run) -> None:
    if isinstance(answer, Unsure):
        run.unknown[Unknown(check.id, answer.file, answer.line, answer.why)] = None
        return
    finding = Finding(
        id=check.id,
        severity=Severity.ADVICE if answer.accepted else check.severity,
        message=answer.message + (f" ({answer.accepted})" if answer.accepted else ""),
        file=answer.file,
        line=answer.line,
        fix=answer.fix or check.fix,
        url=check.url,
        edits=answer.edits,
    )
    into = run.warnings if finding.severity is Severity.ADVICE else run.findings
    into[finding] = None


def _identified(tree: Tree, findings: Iterable[Finding]) -> list[Finding]:
    """With fingerprints that outlive moved lines: the rule, the file, the text of the line."""
    seen: Counter[str] = Counter()
    named = []
    texts: dict[str, list[str]] = {}
    for finding in sorted(findings, key=lambda f: (f.file, f.line)):
        if finding.file not in texts:
            texts[finding.file] = rows(tree.text(finding.file) or "")
        lines = texts[finding.file]
        line = lines[finding.line - 1].strip() if 0 < finding.line <= len(lines) else ""
        key = f"{finding.id}\0{finding.file}\0{line}"
        seen[key] += 1
        digest = hashlib.sha256(f"{key}\0{seen[key]}".encode(errors="surrogatepass")).hexdigest()[
            :32
        ]
        named.append(replace(finding, fingerprint=digest))
    return named
