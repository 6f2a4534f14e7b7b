"""From answers to a verified repository at its destination."""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scaffold import __version__, cost, git
from scaffold.answers import advice
from scaffold.answers.questions import Questionnaire, Resolution
from scaffold.creation import digest, listing
from scaffold.creation.order import PIN, Created, CreateOptions, Rework
from scaffold.creation.publish import staged
from scaffold.creation.verify import Defect, sdk_installed, verify
from scaffold.destination import check_destination
from scaffold.errors import BadUsage, Failed, OutsideFailure, reason
from scaffold.generated.render import listed, render
from scaffold.runtime.progress import step


def create(
    questionnaire: Questionnaire,
    destination: Path,
    resolution: Resolution,
    options: CreateOptions,
    origins: Mapping[str, str] | None = None,
    rework: Rework | None = None,
) -> Created:
    """Render, rework, verify, commit and publish: all of it, or nothing at `destination`."""
    if resolution.problems:
        raise BadUsage("the answers do not work", problems=resolution.problems)
    path = check_destination(destination)
    if options.commit and not options.dry_run and not git.available():
        raise OutsideFailure("git is not installed", hint="install git, or pass --no-git")
    base = digest.Base(resolution.answers["base_image"])
    if not (options.offline or options.dry_run):
        with step("digest"):
            base = digest.look_up(base.image)
    if base.image != resolution.answers["base_image"]:
        resolution = questionnaire.resolve({**resolution.answers, "base_image": base.image})
    commit: str | None = None
    verified: bool | None = None
    sources = listing.sources(resolution.answers)
    unlisted = listing.UNLISTED if sources else ""
    if options.dry_run:
        files, context = _rehearse(questionnaire, resolution, rework)
    else:
        with staged(path) as stage:
            files, context = _render(questionnaire, resolution, stage, rework)
            if not options.offline:
                with step("weights"):
                    unlisted = listing.fill(stage, sources)
            if options.verify:
                with step("verify"):
                    _verify(stage, files, context, rework)
                verified = True
            if options.commit:
                with step("commit"):
                    commit = _commit(stage)
    return Created(
        destination=path,
        answers=resolution.answers,
        files=files,
        commit=commit,
        verified=verified,
        warnings=[
            *options.warnings,
            *_warnings(context, path, options),
            *([base.reason] if base.reason else []),
            *([unlisted] if unlisted else []),
        ],
        cost=cost.as_json(cost.estimate(context)),
        next_steps=_next_steps(path, _pin(context, rework)),
        origins=dict(origins or {}),
    )


def _render(
    questionnaire: Questionnaire, resolution: Resolution, folder: Path, rework: Rework | None
) -> tuple[list[str], Mapping[str, Any]]:
    """The files, and the context that they follow from."""
    try:
        with step("render"):
            files = render(questionnaire.template, resolution.answers, folder)
        if rework is None:
            return files, resolution.context
        with step("rework"):
            context = rework.apply(folder, resolution.context)
        return listed(folder), context
    except OSError as error:
        raise OutsideFailure(f"could not write the files: {reason(error)}") from error


def _rehearse(
    questionnaire: Questionnaire, resolution: Resolution, rework: Rework | None
) -> tuple[list[str], Mapping[str, Any]]:
    """The files a run would write, rendered where nobody looks."""
    with tempfile.TemporaryDirectory(prefix="chute-new-") as folder:
        return _render(questionnaire, resolution, Path(folder), rework)


def _verify(
    stage: Path, files: list[str], context: Mapping[str, Any], rework: Rework | None
) -> None:
    if rework is None:
        defects = verify(stage, files, context)
    else:
        defects = verify(stage, files, context, load=rework.loads, accepts=rework.accepts)
    if not defects:
        return
    report = _keep_report(defects)
    listed = "\n".join(f"  {defect.file}: {defect.message}" for defect in defects)
    raise Failed(
        f"the generated repository failed its verification and was not published:\n{listed}",
        hint=f"this is a defect of chute-new {__version__}; please report it with {report}",
    )


def _keep_report(defects: list[Defect]) -> Path:
    with tempfile.NamedTemporaryFile(
        "w", prefix="chute-new-verification-", suffix=".json", delete=False, encoding="utf-8"
    ) as file:
        report = {"version": __version__, "findings": [asdict(defect) for defect in defects]}
        json.dump(report, file, indent=2)
    return Path(file.name)


def _commit(stage: Path) -> str:
    try:
        return git.first_commit(stage, f"Create from chute-new v{__version__}")
    except subprocess.CalledProcessError as error:
        said = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise OutsideFailure(
            f"git could not make the first commit: {said}", hint="pass --no-git to go without"
        ) from error


def _warnings(context: Mapping[str, Any], path: Path, options: CreateOptions) -> list[str]:
    found = advice.warnings(context)
    if options.verify and not options.dry_run and not sdk_installed():
        found.append(
            "The Chutes SDK is not installed beside chute-new, so the two chutes were checked as "
            "text only; `make setup && make test` loads them for real."
        )
    surrounding = next((p for p in path.parents if (p / ".git").exists()), None)
    if surrounding and options.commit:
        found.append(f"{path.name} lies inside another git repository, {surrounding}.")
    return found


def _pin(context: Mapping[str, Any], rework: Rework | None) -> str:
    """What must be run before the tests can pass, if anything."""
    return PIN if context["packages"] else rework.pin if rework else ""


def _next_steps(path: Path, pin: str) -> list[str]:
    locks = "lock what is not locked yet; asks the package index"
    ready = (
        [
            "make setup                # everything into .venv",
            f"{pin:<25} # {locks if pin == PIN else 'write the tag of the changed image'}",
            "make test                 # on the real SDK",
        ]
        if pin
        else ["make setup && make test   # everything into .venv, then the tests on the real SDK"]
    )
    return [
        f"cd {_quoted(path)}",
        *ready,
        "make dev                  # serve it here with a stand-in for the model",
        "less README.md            # from here to production",
    ]


def _quoted(path: Path) -> str:
    import shlex

    try:
        shown = path.relative_to(Path.cwd())
    except ValueError:
        shown = path
    text = str(shown)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
