"""A small template with releases of its own, and repositories made from it, for tests of update."""

import importlib.util
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from scaffold.answers.questions import Questionnaire
from scaffold.generated.render import render
from scaffold.update.history import opened
from scaffold.update.run import Updated, UpdateOptions, update
from scaffold.versions import parse
from support.places import ROOT

QUESTIONS = """\
_subdirectory: project
_answers_file: .copier-answers.yml
_envops: {undefined: jinja2.StrictUndefined, trim_blocks: true, lstrip_blocks: true}
version: {type: str, when: false, default: "VERSION"}
limits: {type: yaml, when: false, default: {}}
name: {type: str, default: demo, help: "What is it called?"}
"""
ANSWERS_FILE = (
    "# Written by chute-new.\n"
    "{{ dict(_copier_answers, _commit='v' ~ version, _src_path='chute-new')"
    " | to_nice_yaml(sort_keys=true) -}}\n"
)


def load_hook(name: str) -> ModuleType:
    """One of the scripts in hooks/ as a module."""
    spec = importlib.util.spec_from_file_location(f"hook_{name}", ROOT / "hooks" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


release = load_hook("release")


def git(folder: Path, *arguments: str) -> str:
    """The output of one git command."""
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def numbered(count: int, **changed: str) -> str:
    """Lines that are all different; `_9="text"` replaces the ninth."""
    lines = {f"_{n}": f"line {n} of {count}" for n in range(1, count + 1)} | changed
    return "\n".join(lines.values()) + "\n"


def write(folder: Path, files: Mapping[str, str | None]) -> None:
    """Write files, remove those that are None; a text that begins with #! is executable."""
    for name, text in files.items():
        path = folder / name
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)


def contents(folder: Path) -> dict[str, tuple[bool, bytes]]:
    """Every file outside of .git: executable or not, and its bytes."""
    return {
        path.relative_to(folder).as_posix(): (bool(path.stat().st_mode & 0o100), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


@dataclass
class Releases:
    """Templates by version below `folder`, packed as the hook packs them."""

    folder: Path
    templates: dict[str, Path] = field(default_factory=dict)

    @property
    def bundles(self) -> Path:
        """Where they are packed."""
        return self.folder / "bundles"

    def add(
        self,
        version: str,
        files: Mapping[str, str | None],
        questions: str = "",
        migrations: str = "[]",
        notes: str = "Something else.",
    ) -> None:
        """Release a template that differs from the one before by `files`."""
        template = self.folder / version
        if self.templates:
            shutil.copytree(list(self.templates.values())[-1], template)
        write(
            template,
            {
                "copier.yml": QUESTIONS.replace("VERSION", version) + questions,
                "migrations.yml": migrations,
                "project/{{ _copier_conf.answers_file }}.jinja": ANSWERS_FILE,
                **{f"project/{name}": text for name, text in files.items()},
            },
        )
        self.templates[version] = template
        self._pack(version, notes)

    def repack(self) -> None:
        """Release all of them anew, after templates were changed by hand."""
        shutil.rmtree(self.bundles)
        for version in self.templates:
            self._pack(version, "Something else.")

    def _pack(self, version: str, notes: str) -> None:
        parsed = parse(version)
        assert parsed
        self.bundles.mkdir(exist_ok=True)
        release.pack(self.templates[version], self.bundles, parsed, notes)

    def generate(
        self, version: str, folder: Path, answers: Mapping[str, Any] | None = None
    ) -> Path:
        """A repository, or a folder of the one around it, as that version makes it, committed."""
        self.fresh(version, folder, answers)
        if not any((parent / ".git").exists() for parent in folder.parents):
            git(folder, "init", "-q", "-b", "main")
        git(folder, "add", "--all", "--force", ".")
        git(folder, "commit", "-qm", "Create")
        return folder

    def fresh(self, version: str, folder: Path, answers: Mapping[str, Any] | None = None) -> Path:
        """The files that version makes."""
        questionnaire = Questionnaire(self.templates[version])
        resolution = questionnaire.resolve(answers or {})
        assert not resolution.problems
        folder.mkdir(parents=True)
        render(questionnaire.template, resolution.answers, folder)
        return folder

    def update(
        self,
        folder: Path,
        changes: Mapping[str, Any] | None = None,
        *,
        to: str = "",
        dry_run: bool = False,
        ask: bool = False,
    ) -> Updated:
        """What `chute-new update` does, with these releases as its history."""
        with opened(self.bundles, list(self.templates.values())[-1]) as history:
            return update(folder, lambda _: changes or {}, UpdateOptions(to, dry_run, ask), history)


def edit(folder: Path, files: Mapping[str, str | None], message: str = "Mine") -> None:
    """Commit an edit of the owner's."""
    write(folder, files)
    git(folder, "add", "--all", "--force", ".")
    git(folder, "commit", "-qm", message)
