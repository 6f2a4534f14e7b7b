"""One update: what a repository is, what it shall be, the merge, and what to tell about it."""

import shlex
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scaffold import git
from scaffold.answers.questions import Questionnaire
from scaffold.errors import BadUsage, OutsideFailure, Refused, reason
from scaffold.generated import record
from scaffold.generated.record import Record
from scaffold.generated.render import render
from scaffold.runtime.progress import waiting
from scaffold.update import imports, migrations
from scaffold.update.answers import Carried, ask_new, carry_over
from scaffold.update.history import History
from scaffold.update.kit import LIST, Kit, fate
from scaffold.update.merge import Merge, Side, difference, merge
from scaffold.update.migrations import Migration
from scaffold.update.worktree import Worktree
from scaffold.versions import Version

Changes = Callable[[Questionnaire], Mapping[str, Any]]


@dataclass(frozen=True)
class UpdateOptions:
    """Which version, the newest when empty; whether to write; whether to ask new questions."""

    to: str = ""
    dry_run: bool = False
    ask: bool = False


@dataclass(frozen=True)
class Updated:
    """What an update did, or with `dry_run` would do; paths are relative to `path`."""

    path: Path
    old: Version
    new: Version
    notes: list[tuple[Version, str]]
    answers: dict[str, Any]
    changed: list[str] = field(default_factory=list)
    conflicts: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    kit: Kit | None = None
    moved: dict[str, str] = field(default_factory=dict)
    remedies: dict[str, str] = field(default_factory=dict)
    imports: dict[str, dict[str, str]] = field(default_factory=dict)
    new_questions: list[str] = field(default_factory=list)
    dropped_answers: list[str] = field(default_factory=list)
    image: tuple[str, str] | None = None
    diff: str = ""
    undo: str = ""
    next_steps: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The document `update --json` prints."""
        return {
            "path": str(self.path),
            "from": str(self.old),
            "to": str(self.new),
            "changed": self.changed,
            "conflicts": list(self.conflicts),
            "reasons": self.conflicts,
            "kept": self.kept,
            "left_out": self.left_out,
            "chutekit": self.kit.as_json() if self.kit else None,
            "moved": self.moved,
            "remedies": self.remedies,
            "imports": self.imports,
            "new_questions": self.new_questions,
            "dropped_answers": self.dropped_answers,
            "answers": self.answers,
            "changelog": {str(version): text for version, text in self.notes},
            "image_tags": list(self.image or ()),
            "diff": self.diff,
            "undo": self.undo,
            "next_steps": self.next_steps,
        }


def update(folder: Path, changes: Changes, options: UpdateOptions, history: History) -> Updated:
    """Merge the template's changes into the repository at `folder` and stage the result.

    Nothing is written with `dry_run`, after a refusal, and when nothing changes.
    """
    try:
        return _update(folder, changes, options, history)
    except subprocess.CalledProcessError as error:
        raise OutsideFailure(f"git failed: {git.said(error)}") from error
    except OSError as error:
        raise OutsideFailure(f"could not read or write: {reason(error)}") from error


def _update(folder: Path, changes: Changes, options: UpdateOptions, history: History) -> Updated:
    made = record.read(folder)
    target = _target(made, options.to, history)
    worktree = Worktree(folder)
    with worktree.alone():
        return _merged(worktree, made, target, changes, options, history)


def _merged(
    worktree: Worktree,
    made: Record,
    target: Version,
    changes: Changes,
    options: UpdateOptions,
    history: History,
) -> Updated:
    owner = worktree.head()
    worktree.require_clean(record.NAME)
    base = _known(made, history)
    old, new = (Questionnaire(history.template(version)) for version in (base, target))
    steps = migrations.between(new.template, base, target)
    carried = _carried(old, new, steps, made, changes(new), ask=options.ask)
    with tempfile.TemporaryDirectory(prefix="chute-new-") as store:
        sides = (
            Side(Path(store, "old"), f"chute-new-{base.tag}"),
            Side(Path(store, "new"), f"chute-new-{target.tag}"),
        )
        with waiting(f"Writing the repository as of {base}, 1 of 3"):
            before = _rendered(old, made.answers, sides[0].folder, made.source)
        with waiting(f"Writing the repository as of {target}, 2 of 3"):
            after = _rendered(new, carried.resolution.answers, sides[1].folder, made.source)
        repository = worktree.scratch(Path(store, "merge.git"))
        new_paths = {
            path.relative_to(sides[1].folder).as_posix() for path in sides[1].folder.rglob("*")
        }
        moved = migrations.files(steps, new_paths)
        with waiting("Merging with what you changed, 3 of 3"):
            result = merge(repository, owner, *sides, moved, written=[LIST])
        kit = fate(result, sides[0].folder, sides[1].folder)
        outdated = imports.outdated(repository, result, migrations.modules(moved))
        worktree.require_room(result)
        diff = difference(repository, result) if options.dry_run else ""
        written = bool(result.changes) and not options.dry_run
        if written:
            worktree.apply(result, repository)
    return Updated(
        path=worktree.folder,
        old=base,
        new=target,
        notes=history.since(base, target),
        answers=carried.resolution.answers,
        changed=sorted({change.path for change in result.changes}),
        conflicts=result.conflicts,
        kept=result.kept,
        left_out=result.left_out,
        kit=kit,
        moved=result.moved,
        remedies=_remedies(steps, result),
        imports=outdated,
        new_questions=carried.new,
        dropped_answers=carried.dropped,
        image=(before, after) if before != after else None,
        diff=diff,
        undo=worktree.undo(result) if written else "",
        next_steps=_next_steps(worktree, base, target, result) if written else [],
    )


def check(folder: Path, options: UpdateOptions, history: History) -> Updated:
    """What an update would bring, by the changelog alone; looks at nothing but the record."""
    made = record.read(folder)
    target = _target(made, options.to, history)
    return Updated(
        path=folder.resolve(),
        old=made.version,
        new=target,
        notes=history.since(made.version, target),
        answers=dict(made.answers),
    )


def _target(made: Record, wanted: str, history: History) -> Version:
    target = history.find(wanted) if wanted else history.newest
    if target < made.version:
        raise Refused(
            f"the repository is of version {made.version}, which is newer than {target}",
            hint="downgrades are not possible; install a newer chute-new",
        )
    return target


def _known(made: Record, history: History) -> Version:
    if made.version not in history.known:
        raise Refused(
            f"this chute-new does not know version {made.version}, which the repository is of",
            hint=f"known: {', '.join(map(str, history.known))}",
        )
    return made.version


def _carried(
    old: Questionnaire,
    new: Questionnaire,
    steps: Sequence[Migration],
    made: Record,
    changes: Mapping[str, Any],
    *,
    ask: bool,
) -> Carried:
    carried = carry_over(old, new, steps, made.answers, changes)
    if not (ask and carried.new):
        return carried
    chosen = ask_new(new, carried)
    asked = carry_over(old, new, steps, made.answers, {**changes, **chosen})
    return replace(asked, new=carried.new)


def _rendered(
    questionnaire: Questionnaire, answers: Mapping[str, Any], folder: Path, source: str
) -> str:
    """Render one side; returns its image tag."""
    resolution = questionnaire.resolve(answers)
    if resolution.problems:
        raise BadUsage(
            f"the answers in {record.NAME} do not work with the version they are of",
            problems=resolution.problems,
            hint=f"restore {record.NAME}, and change answers with --set",
        )
    render(questionnaire.template, resolution.answers, folder)
    record.change(folder, {"_src_path": source})
    return str(resolution.derived.get("image_tag", ""))


def _remedies(steps: Sequence[Migration], result: Merge) -> dict[str, str]:
    """What to do about each file that moved with edits, or was kept, by the path it had."""
    found = {
        path: "resolve the conflict there"
        if new in result.conflicts
        else "merged there; keep the edit, or make it a setting or a subclass in chute.py"
        for path, new in result.moved.items()
    }
    return found | {path: migrations.remedy(steps, path) for path in result.kept}


def _next_steps(worktree: Worktree, old: Version, new: Version, result: Merge) -> list[str]:
    message = (
        f"Update from chute-new {old.tag} to {new.tag}"
        if old != new
        else "Change answers of chute-new"
    )
    resolve = ["git status   # resolve each conflict, then git add it"] if result.conflicts else []
    return [
        f"cd {shlex.quote(str(worktree.folder))}",
        *resolve,
        "git diff --cached",
        "make setup && make test",
        f"git commit -m {shlex.quote(message)}",
    ]
