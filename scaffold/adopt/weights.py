"""The models of the Hugging Face hub that a prototype loads, and at which commit."""

import ast
import re
from dataclasses import dataclass

from scaffold.adopt.ledger import At, Ledger
from scaffold.adopt.reading import Prototype
from scaffold.adopt.source import Source
from scaffold.check.code import keyword, last
from scaffold.check.module import function_around, home
from scaffold.check.values import full_name, read, scope_of

MODEL = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")
COMMIT = re.compile(r"^[0-9a-f]{40}$")
_LOADS = {"from_pretrained", "from_config", "snapshot_download", "hf_hub_download", "from_hparams"}
_BY_NAME = {
    "sentence_transformers.SentenceTransformer",
    "sentence_transformers.CrossEncoder",
    "faster_whisper.WhisperModel",
    "SentenceTransformer",
    "CrossEncoder",
    "WhisperModel",
}
_ARGUMENTS = (
    "repo_id",
    "pretrained_model_name_or_path",
    "pretrained_model_or_path",
    "model",
    "source",
    "model_name_or_path",
    "model_size_or_path",
)


@dataclass(frozen=True)
class Use:
    """One call that loads a model; `file` is the one file it fetches, if it is one.

    `elsewhere` says that it puts the files where other code looks for them.
    """

    call: ast.Call
    argument: ast.expr
    model: str
    revision: str = ""
    file: str = ""
    elsewhere: bool = False


def uses(prototype: Prototype) -> list[Use]:
    """Every call of the chute's file that loads a model of the hub."""
    repository, found = prototype.repository, []
    for call, name in repository.calls(prototype.module):
        short = last(name)
        if short not in _LOADS and name not in _BY_NAME and not _is_pipeline(name):
            continue
        argument = _argument(call, pipeline=_is_pipeline(name))
        if argument is None:
            continue
        value = read(argument, scope_of(argument, repository))
        if not (value.known and isinstance(value.value, str) and MODEL.match(value.value)):
            continue
        revision = keyword(call, "revision")
        named = read(revision, scope_of(revision, repository)) if revision is not None else None
        commit = str(named.value) if named is not None and named.known else ""
        file = ""
        if short == "hf_hub_download":
            node = keyword(call, "filename") or (call.args[1] if len(call.args) > 1 else None)
            told = read(node, scope_of(node, repository)) if node is not None else None
            file = str(told.value) if told is not None and told.known else ""
        found.append(
            Use(
                call,
                argument,
                value.value,
                commit if COMMIT.match(commit) else "",
                file,
                elsewhere=keyword(call, "local_dir") is not None,
            )
        )
    return found


def named(prototype: Prototype) -> list[str]:
    """The models for the answers, `owner/name@commit` or as the hub is to be asked for."""
    found: dict[str, str] = {}
    for use in uses(prototype):
        if use.elsewhere:
            continue
        if use.revision and not found.get(use.model):
            found[use.model] = use.revision
        found.setdefault(use.model, "")
    return [f"{model}@{commit}" if commit else model for model, commit in found.items()]


class Weights:
    """Has the code take the folders of its models, which start-up has fetched and compared."""

    def __init__(self, prototype: Prototype, source: Source, ledger: Ledger) -> None:
        self.prototype = prototype
        self.source = source
        self.ledger = ledger
        self.patterns: list[str] = []
        self.shared = False

    def rewrite(self, have: set[str]) -> None:
        """Edit the calls that load one of the models `have`; the others stay as they are."""
        hooks = {hook.function for hook in self.prototype.hooks}
        mine = [use for use in uses(self.prototype) if use.model in have and not use.elsewhere]
        # What stands at the margin runs in the constructor, too.
        inside = [function_around(use.call) in {None, *hooks} for use in mine]
        # What is called from the hooks has no `folders` at hand.
        self.shared = bool(mine) and not all(inside)
        for use in uses(self.prototype):
            if use.elsewhere:
                self.ledger.left(
                    At.of(use.call),
                    f"model {use.model}",
                    "it is fetched to a folder of its own and compared with nothing: add it to "
                    "MODELS in chute.py, and have the code look in folders[...]",
                    "PI105",
                )
            elif use.model not in have:
                self.ledger.left(
                    At.of(use.call),
                    f"model {use.model}",
                    "its commit is not known without a network: add it to MODELS in chute.py as "
                    f'owner/name@commit, and load it from folders["{use.model}"]',
                    "PI105",
                )
        folders = "FOLDERS" if self.shared else "folders"
        for use in mine:
            self.ledger.carried(
                At.of(use.call),
                f"model {use.model}{f'@{use.revision}' if use.revision else ''}",
                "models, fetched and compared before Model is made",
            )
            key = self._key(use)
            short = last(full_name(use.call.func, home(use.call)) or "")
            if short == "snapshot_download":
                self.source.replace(use.call, f"str({folders}[{key}])")
            elif short == "hf_hub_download" and use.file:
                self.source.replace(use.call, f'str({folders}[{key}] / "{use.file}")')
                self.patterns.append(use.file)
            else:
                self.source.replace(use.argument, f"str({folders}[{key}])")
            self._files(use, short)
            self.ledger.changed(
                At.of(use.call),
                f"{short} of {use.model}",
                "it takes the files of one commit, which start-up compared with the list in "
                "WEIGHTS",
                "PI105",
                f"{folders}[{key}]",
            )

    def _files(self, use: Use, short: str) -> None:
        """Which files a call needs besides safetensors and what describes them."""
        if short == "snapshot_download":
            node = keyword(use.call, "allow_patterns")
            value = read(node, scope_of(node, self.prototype.repository)) if node else None
            given = value.value if value is not None and value.known else "*"
            self.patterns += [given] if isinstance(given, str) else list(map(str, given))
        elif short == "WhisperModel":
            self.patterns.append("*.bin")
        trusted = keyword(use.call, "trust_remote_code")
        if isinstance(trusted, ast.Constant) and trusted.value is True:
            self.patterns.append("*.py")

    def _key(self, use: Use) -> str:
        """The model as the code names it, where that is the whole name."""
        text = self.source.module.source(use.argument)
        return text if isinstance(use.argument, ast.Name | ast.Constant) else f'"{use.model}"'


def _is_pipeline(name: str) -> bool:
    return name in ("transformers.pipeline", "transformers.pipelines.pipeline")


def _argument(call: ast.Call, *, pipeline: bool) -> ast.expr | None:
    for name in _ARGUMENTS:
        node = keyword(call, name)
        if node is not None:
            return node
    place = 1 if pipeline else 0
    return call.args[place] if len(call.args) > place else None
