"""One prototype on its way: what it answers, and what is done with the rendered files."""

import ast
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from scaffold import files, foreign
from scaffold.adopt import (
    engines,
    faults,
    image,
    imports,
    model,
    names,
    pieces,
    reading,
    shelf,
    telling,
    texts,
    weights,
)
from scaffold.adopt.choosing import Choice, choose
from scaffold.adopt.commands import command
from scaffold.adopt.endpoints import Endpoints
from scaffold.adopt.ledger import At, Ledger, shown
from scaffold.adopt.moving import Moving
from scaffold.adopt.settings import Settings
from scaffold.adopt.source import Source, beginning
from scaffold.answers.questions import Questionnaire
from scaffold.answers.secrets import issued
from scaffold.check.model import Finding
from scaffold.check.module import Module
from scaffold.creation.order import PIN
from scaffold.creation.verify import LOAD_SECONDS, sdk_installed
from scaffold.errors import BadUsage
from scaffold.generated import process
from scaffold.runtime.patience import timed

CHUTE, README, TESTS = "chute.py", "README.md", "tests/test_api.py"
PROJECT = "pyproject.toml"
_BOUND = ("to read", "name the file of one chute")
LINE = 100
MAX_FILE_BYTES = 16 * 2**20
ONLY_TAG = f'{PIN} ARGS="--only tag"'


class Adoption:
    """What `create` needs of a prototype: answers before anybody is asked, and the code after.

    `loads` lets the result be imported, which runs code of the prototype.
    """

    def __init__(self, path: Path, *, loads: bool = False) -> None:
        self.path = path
        self.loads = loads
        with timed(path, *_BOUND):
            self.prototype = reading.read(path)
        self.ledger = Ledger()
        self.source = Source(self.prototype.module)
        self.findings: set[tuple[str, str, int]] = set()
        self.workload = ""
        self.tag = ""
        self.untagged = False
        #: Files that go into the image besides.
        self.added: list[str] = []

    @cached_property
    def choice(self) -> Choice:
        """What it becomes when nobody says otherwise."""
        return choose(self.prototype)

    def prefill(
        self, questionnaire: Questionnaire, given: Mapping[str, Any], *, network: bool
    ) -> dict[str, Any]:
        """The answers that the prototype gives, beside those that were given."""
        with timed(self.path, *_BOUND), self._shallow():
            return self._prefilled(questionnaire, given, network=network)

    @contextmanager
    def _shallow(self) -> Iterator[None]:
        try:
            yield
        except RecursionError:
            raise BadUsage(f"{self.path} is nested too deeply to be followed") from None

    def _prefilled(
        self, questionnaire: Questionnaire, given: Mapping[str, Any], *, network: bool
    ) -> dict[str, Any]:
        self.workload = str(given.get("workload") or self.choice.workload)
        settings = Settings(self.prototype, self.ledger, questionnaire)
        answers = {"workload": self.workload, **settings.answers}
        self.literal = settings.literal
        self.facts = image.Facts()
        if self.workload == "custom":
            if self.prototype.chute.kind.builder:
                raise BadUsage(
                    f"{self.path} is made by {self.prototype.chute.kind.name}, so there is no code "
                    f"to be moved into workload custom",
                    hint="leave workload out",
                )
            answers |= self._custom(questionnaire, network=network)
        else:
            answers |= self._engine(questionnaire)
        return answers

    def _custom(self, questionnaire: Questionnaire, *, network: bool) -> dict[str, Any]:
        self.facts = image.read(self.prototype, self.ledger, questionnaire)
        self._uninstalled()
        self.source.names = names.renamed(self.source, self.pieces, self.ledger)
        self.endpoints = Endpoints(self.prototype, self.source, self.ledger, questionnaire)
        if not self.endpoints.posts:
            raise BadUsage(f"{self.path} has no endpoint that takes a request")
        self.ledger.changed(
            At.of(self.prototype.chute.node),
            "how long a request may take",
            "the platform cuts calls off after 600 s, whatever the SDK allows",
            "LI112",
            "REQUEST_SECONDS in chute.py",
        )
        models = weights.named(self.prototype)
        answers: dict[str, Any] = {
            "endpoints": self.endpoints.answers(),
            "models": [each for each in models if network or "@" in each],
            "packages": self.facts.packages,
            "system_packages": self.facts.system,
        }
        return answers | ({"base_image": self.facts.base} if self.facts.base else {})

    def _modules_here(self) -> list[Module]:
        return [self.prototype.module, *self.prototype.helpers]

    def _uninstalled(self) -> None:
        """What the code imports and no line of the image installs: the old base may have had it."""
        modules = self._modules_here()
        known = {module.name.partition(".")[0] for module in modules}
        known |= {module.name.rpartition(".")[2] for module in modules} | shelf.served()
        packages = [*self.facts.packages, *self.facts.loose]
        for module in modules:
            nodes: list[ast.Import | ast.ImportFrom] = [
                *module.of(ast.Import),
                *module.of(ast.ImportFrom),
            ]
            for node in nodes:
                if isinstance(node, ast.ImportFrom) and node.level:
                    continue
                for name in sorted({each.module.partition(".")[0] for each in imports.of(node)}):
                    if name in known or any(shelf.provides(each, name) for each in packages):
                        continue
                    known.add(name)
                    self.ledger.left(
                        At.of(node),
                        f"import {name}",
                        "nothing that is named installs it: add its package to "
                        f"{image.REQUIREMENTS} and run `make pin`",
                        "PI101",
                    )

    def _engine(self, questionnaire: Questionnaire) -> dict[str, Any]:
        kind = self.prototype.chute.kind
        image.replace(self.prototype, self.ledger, self.workload)
        answers: dict[str, Any] = {}
        if kind.builder:
            answers |= engines.model(self.prototype, self.ledger)
            engines.others(self.prototype, self.ledger)
        elif self.workload == "image":
            used = weights.uses(self.prototype)
            if used:
                answers["model"] = used[0].model
                answers |= {"revision": used[0].revision} if used[0].revision else {}
                self.ledger.carried(used[0].argument, f"model {used[0].model}", "the answer model")
        if self.workload == "llm":
            found = command(self.prototype)
            engine = self.choice.engine or "vllm"
            answers["engine"] = engine
            if found is not None and not kind.builder:
                answers |= engines.started(self.prototype, found, self.ledger, questionnaire)
                engines.code(self.prototype, self.ledger)
            if kind.name == "build_embedding_chute":
                answers["task"] = "embed"
            answers |= engines.arguments(self.prototype, engine, self.ledger, questionnaire)
        return answers

    # --- the rendered files -----------------------------------------------------------------------

    def apply(self, folder: Path, context: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put the prototype's code into a rendered repository, and say what became of it.

        Returns the context with the tag that the image has now.
        """
        if context["workload"] != self.workload:
            raise BadUsage(
                f"the prototype was read for workload {self.workload}, not {context['workload']}",
                hint=f"choose it before: --set workload={context['workload']}",
            )
        with timed(self.path, *_BOUND), self._shallow():
            self._consumed()
            if self.workload == "custom":
                self._move(folder, context)
            self._modules()
        self._found(folder)
        about = ast.get_docstring(self.prototype.module.tree, clean=False) or ""
        text = telling.document(self.ledger, self.prototype.module.path, about)
        files.write(folder / telling.NAME, text, within=folder)
        readme = folder / README
        told = texts.with_ledger(readme.read_text(encoding="utf-8"))
        files.write(readme, told, within=folder)
        return {**context, **({"image_tag": self.tag} if self.tag else {})}

    @property
    def pin(self) -> str:
        """The command that pins what could not be pinned here; empty when there is nothing."""
        if self.facts.packages or self.facts.loose:
            return PIN
        return ONLY_TAG if self.untagged else ""

    def accepts(self, finding: Finding) -> bool:
        """Is a finding among what is left for the owner?"""
        return (finding.id, finding.file, finding.line) in self.findings

    def _consumed(self) -> None:
        sorted_pieces = self.pieces
        for node in sorted_pieces.consumed:
            if not self.ledger.settled(node):
                self.ledger.carried(node, shown(node), "the answers, and the settings of chute.py")
        if sorted_pieces.docstring is not None:
            self.ledger.carried(sorted_pieces.docstring, "the text about the module", telling.NAME)
        for node in sorted_pieces.main:
            self.ledger.left(
                node,
                "what runs under __main__",
                "`make dev` serves the chute, and `make smoke` calls it: move what you need into a "
                "script of its own",
            )
        for node in sorted_pieces.about_chute:
            self.ledger.left(
                node,
                shown(node),
                "it is done to the chute itself, which make_chute makes here: do it there if the "
                "platform's requests depend on it",
                "PA116",
            )
        model.settle_shutdown(self.prototype, self.ledger)

    @cached_property
    def pieces(self) -> pieces.Pieces:
        """The statements of the chute's file."""
        return pieces.sort(self.prototype)

    def _move(self, folder: Path, context: Mapping[str, Any]) -> None:
        if context["endpoints"] != self.endpoints.answers():
            raise BadUsage("endpoints are the prototype's: change them in chute.py afterwards")
        path = folder / CHUTE
        text = path.read_text(encoding="utf-8")
        changed = self._image(folder, text)
        if changed != text:
            files.write(path, changed, within=folder)
            changed = self._tagged(folder, changed)
        for cord in self.endpoints.replaced:
            self.ledger.changed(
                cord.function,
                f"cord {cord.function.name} at {cord.public_path}",
                "the kit's own tells live facts, and ends an instance that cannot recover",
                "HE105",
                "GET /health",
            )
        faults.left(
            [each.cord for each in self.endpoints.found], self.prototype.repository, self.ledger
        )
        moving = Moving(self.prototype, self.source, self.pieces, self.endpoints, self.ledger)
        moved = moving.text(changed, self.literal)
        self._without_keys()
        if any(len(row) > LINE for row in moved.splitlines()):
            moved = moved.replace('"""\n\n', '"""\n\n# ruff: noqa: E501\n\n', 1)
        files.write(path, moved, within=folder)
        self.ledger.left(
            f"new {CHUTE}",
            "the style of the code",
            "it is as it was: `.venv/bin/ruff format` and `.venv/bin/ruff check --fix` bring it "
            "near to what `make lint` asks for",
        )
        posts, gets = self.endpoints.posts, self.endpoints.gets
        tests, readme = folder / TESTS, folder / README
        files.write(tests, texts.tests(tests.read_text("utf-8"), posts, gets), within=folder)
        files.write(readme, texts.readme(readme.read_text("utf-8"), posts), within=folder)
        wanted, project = folder / image.REQUIREMENTS, folder / PROJECT
        modules = {name for module in self._modules_here() for name in module.imported_modules}
        needed = {name.partition(".")[0] for name in modules}
        if self.facts.packages:
            self.ledger.left(
                f"new {image.REQUIREMENTS}",
                f"packages without hashes: {', '.join(self.facts.packages)}",
                "`make pin` locks them with what they need, and asks an index; `make test` and "
                "`make check` fail until then",
                "PI101",
            )
        named = texts.requirements(wanted.read_text("utf-8"), self.facts.loose, needed)
        files.write(wanted, named, within=folder)
        if self.added:
            told = texts.project(project.read_text("utf-8"), self.added)
            files.write(project, told, within=folder)

    def _without_keys(self) -> None:
        """Refuse code with a key in it: it would be committed, and shown by the platform."""
        making = {beginning(node): node.end_lineno or 0 for node in self.pieces.consumed}
        for module in self._modules_here():
            for number, row in enumerate(module.lines, 1):
                consumed = module is self.prototype.module and any(
                    first <= number <= last for first, last in making.items()
                )
                if issued().search(row) and not consumed:
                    raise BadUsage(
                        f"{module.path} holds a key on line {number}, which would be committed",
                        hint="read it from os.environ, and store it as a secret of the platform",
                    )

    def _image(self, folder: Path, text: str) -> str:
        """The image with the prototype's environment and files."""
        lines = ""
        for name, value in self.facts.env.items():
            if f'.with_env("{name}"' not in text:
                lines += f"    .with_env({_quoted(name)}, {_quoted(value)})\n"
        added = dict(self.facts.files)
        for helper in self.prototype.helpers:
            inside = self._relative(helper.path).rpartition("/")[0]
            added.setdefault(helper.path, f"/app/{inside}".rstrip("/") + "/")
        for name, dest in added.items():
            content = foreign.content(self.prototype.root / name, MAX_FILE_BYTES)
            own = self._relative(name)
            self._write(folder, own, content)
            self.added.append(own)
            lines += f"    .add({_quoted(own)}, {_quoted(dest)})\n"
        if not lines:
            return text
        before = '    .add("chutekit/__init__.py"'
        return text.replace(before, lines + before, 1)

    def _relative(self, name: str) -> str:
        """A file's place beside chute.py."""
        folder = self.prototype.module.path.rpartition("/")[0]
        inside = name.removeprefix(f"{folder}/") if folder else name
        if inside == name and folder:
            raise BadUsage(
                f"{name} lies outside of the chute's folder, {folder}",
                hint="what chute.py imports must lie beside it",
            )
        return inside

    def _write(self, folder: Path, name: str, content: bytes) -> None:
        path = folder / name
        if path.exists():
            raise BadUsage(f"the prototype's {name} has the name of a generated file: rename it")
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace({path: content}, within=folder)

    def _tagged(self, folder: Path, text: str) -> str:
        """The tag that the changed image must have; nothing of the prototype is in the file yet."""
        if sdk_installed():
            found = process.describe(folder, CHUTE, sys.executable, seconds=LOAD_SECONDS, tag=True)
            tag = found.get("prod", {}).get("computed_tag")
            if tag:
                self.tag = str(tag)
                rows = text.splitlines(keepends=True)
                return "".join(
                    f'IMAGE_TAG = "{tag}"\n' if row.startswith("IMAGE_TAG = ") else row
                    for row in rows
                )
        self.untagged = True
        self.ledger.left(
            f"new {CHUTE}",
            "IMAGE_TAG",
            "it follows from the image, which only the SDK can tell: "
            f"`make setup && {ONLY_TAG}` writes it",
            "TA101",
        )
        return text

    def _modules(self) -> None:
        for helper in self.prototype.helpers:
            to = self._relative(helper.path)
            for node in helper.tree.body:
                if not self.ledger.settled(node):
                    if self.workload == "custom":
                        self.ledger.carried(node, shown(node), to)
                    else:
                        self.ledger.left(node, shown(node), "the engine needs no code of its own")
        if self.workload != "custom":
            self._without_code()
        self.ledger.close([self.prototype.module])

    def _without_code(self) -> None:
        """The statements of a prototype in whose place a workload has code of its own."""
        module = self.prototype.module
        for node in module.tree.body:
            if self.ledger.settled(node):
                continue
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.ledger.carried(node, shown(node), "chute.py imports what it needs")
            elif isinstance(node, ast.Assign) and not pieces.needed_at_once(node):
                to = "where it was used: the answers, and the settings of the engine"
                self.ledger.carried(node, shown(node), to)
            else:
                why = f"workload {self.workload} brings its own code: see whether this is missed"
                self.ledger.left(node, shown(node), why)

    def _found(self, folder: Path) -> None:
        """What the checklist still finds is the owner's to do."""
        from scaffold.check import findings

        for each in findings(folder):
            self.findings.add((each.id, each.file, each.line))
            where = f"new {each.file}:{each.line}"
            self.ledger.left(where, each.message, each.fix, each.id)

    def told(self) -> list[str]:
        """For a terminal."""
        offer = (
            [f"\n{self.choice.offer}"] if self.choice.offer and self.workload == "custom" else []
        )
        return [*telling.lines(self.ledger), *offer]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
