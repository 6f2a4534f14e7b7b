"""A prototype's code in a rendered chute.py: moved with its comments, not rewritten."""

import ast
import re
from collections.abc import Mapping, Sequence

from scaffold.adopt import bounds, examples, imports, model
from scaffold.adopt.endpoints import Endpoint, Endpoints, class_name
from scaffold.adopt.imports import Import
from scaffold.adopt.ledger import At, Ledger, shown
from scaffold.adopt.pieces import Pieces, bound
from scaffold.adopt.reading import Prototype
from scaffold.adopt.source import Source
from scaffold.adopt.weights import Weights
from scaffold.check.code import keyword, last
from scaffold.check.module import Module, parse
from scaffold.check.values import dotted

# Of whose names the generated chute.py imports the same.
_OURS = ("chutes.image", "chutes.chute", "fastapi", "fastapi.responses", "starlette.responses")
BODY_BYTES = 64 * 1024 * 1024


class Moving:
    """One move; `text` is the new chute.py."""

    def __init__(
        self,
        prototype: Prototype,
        source: Source,
        pieces: Pieces,
        endpoints: Endpoints,
        ledger: Ledger,
    ) -> None:
        self.prototype = prototype
        self.source = source
        self.pieces = pieces
        self.endpoints = endpoints
        self.ledger = ledger
        self.weights = Weights(prototype, source, ledger)

    def text(self, rendered: str, settings: Mapping[str, str]) -> str:
        """The rendered module with the code in it; `settings` are for the chute besides."""
        module = parse("chute.py", rendered)
        assert isinstance(module, Module)
        have = {each.partition("@")[0] for each in _models(module)}
        self.weights.rewrite(have)
        self._errors()
        self._quote()
        parts = self._parts(module, settings)
        return self._with_imports(module, parts)

    # --- edits ------------------------------------------------------------------------------------

    def _errors(self) -> None:
        """Have errors raised as what reaches clients."""
        module = self.source.module
        for call in module.of(ast.Call):
            if last(dotted(call.func) or "") != "HTTPException" or not isinstance(
                call.__dict__["parent"], ast.Raise
            ):
                continue
            status = keyword(call, "status_code") or (call.args[0] if call.args else None)
            detail = keyword(call, "detail") or (call.args[1] if len(call.args) > 1 else None)
            given = _status(status)
            number = given if given == 429 or given >= 500 else 400
            told = self.source.module.source(detail) if detail is not None else '"refused"'
            plain = isinstance(detail, ast.JoinedStr) or (
                isinstance(detail, ast.Constant) and isinstance(detail.value, str)
            )
            text = isinstance(detail, ast.Call) and dotted(detail.func) == "str"
            told = told if plain or text or detail is None else f"str({told})"
            self.source.replace(call, f'Refusal({number}, "refused", {told})')
            raised: ast.stmt = call.__dict__["parent"]
            self.ledger.changed(
                raised,
                f"HTTPException {given}",
                "only 400 and 429 reach clients, with a body that says what is wrong",
                "ER101",
                f"Refusal({number}, ...)",
            )
        for handler in module.of(ast.ExceptHandler):
            for name in ast.walk(handler.type) if handler.type is not None else ():
                if isinstance(name, ast.Name) and name.id == "HTTPException":
                    self.source.replace(name, "Refusal")

    def _quote(self) -> None:
        """Put types in quotes that are not there when a function is defined."""
        for node in self.pieces.early:
            for function in ast.walk(node):
                if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                given = function.args
                arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs]
                arguments += [each for each in (given.vararg, given.kwarg) if each is not None]
                for annotation in [*(each.annotation for each in arguments), function.returns]:
                    if annotation is None or isinstance(annotation, ast.Constant):
                        continue
                    names = {n.id for n in ast.walk(annotation) if isinstance(n, ast.Name)}
                    if names & self.pieces.late_names:
                        self.source.replace(annotation, examples.quoted(ast.unparse(annotation)))

    # --- the module -------------------------------------------------------------------------------

    def _parts(self, module: Module, settings: Mapping[str, str]) -> list[str]:
        """The new module without its imports, statement by statement."""
        rendered = Source(module)
        posts = self.endpoints.posts
        constants = {each.constant: each for each in posts}
        classes = {f"{class_name(each.name)}Request" for each in posts}
        classes |= {f"{class_name(each.name)}Answer" for each in posts}
        classes |= {f"{class_name(each.name)}Event" for each in posts}
        parts: list[str] = []
        own = self._own()
        for node, text in rendered.blocks(module.tree.body, 1):
            name = _assigned(node)
            if isinstance(node, ast.Import | ast.ImportFrom):
                continue
            if isinstance(node, ast.ClassDef) and node.name in classes:
                continue
            if name.endswith("_CHOICES"):
                continue
            if name in constants:
                parts.append(text[: text.index(name)] + _example(constants[name]))
            elif isinstance(node, ast.ClassDef) and node.name == "Model":
                parts += [*own, self._model()]
            elif isinstance(node, ast.FunctionDef) and node.name == "make_chute":
                parts.append(self._chute(text, settings))
            elif name == "FILES" and self.weights.patterns:
                more = "".join(f', "{each}"' for each in dict.fromkeys(self.weights.patterns))
                parts.append(text.replace('"*.jinja"]', f'"*.jinja"{more}]'))
            elif name == "REQUEST_SECONDS":
                parts.append(re.sub(r"= \d+$", "= 540", text.rstrip()) + "\n")
            else:
                parts.append(text)
        return parts

    def _own(self) -> list[str]:
        """What stands at the margin of the prototype, and the classes that it lacked."""
        texts = dict(self.source.blocks(self.source.module.tree.body, 1))
        parts = [""]
        for node in self.pieces.early:
            parts.append(texts[node])
            if not self.ledger.settled(node):
                self.ledger.carried(node, shown(node), "chute.py")
        for node in self.pieces.late:
            if not self.ledger.settled(node):
                self.ledger.changed(
                    node,
                    shown(node),
                    "it needs packages, files or variables that a laptop has "
                    "not: it runs when Model is made",
                    "SU109",
                    "Model in chute.py",
                )
        if self.weights.shared:
            parts.append(
                "# The folders of the models, known once Model is made.\n"
                "FOLDERS: dict[str, Path] = {}\n"
            )
        for each in self.endpoints.found:
            made = (each.body.text, each.answer.text)
            parts += [text for text in made if text and text not in parts]
        if any(re.search(rf"\b{bounds.BASE64}\b", part) for part in parts):
            parts[0] = f"\n{bounds.DEFINITION}"
        return parts

    def _model(self) -> str:
        made = model.written(
            self.prototype,
            self.source,
            self.pieces,
            self.endpoints.found,
            self.ledger,
            shared_folders=self.weights.shared,
        )
        self._comments()
        helpers = [
            text
            for name, text in (("_content(", model.CONTENT), ("_chunk(", model.CHUNK))
            if name in made
        ]
        return "\n\n\n".join([*(text.rstrip("\n") for text in helpers), made])

    def _comments(self) -> None:
        """What is said above statements that are not there any more is told in ADOPTED.md."""
        gone = [*self.pieces.light, *self.pieces.futures, *self.pieces.consumed, *self.pieces.main]
        for node, text in self.source.blocks(self.source.module.tree.body, 1):
            if node in gone:
                for row in text.splitlines():
                    if not row.strip():
                        continue
                    if not row.lstrip().startswith("#"):
                        break
                    self.ledger.carried(At.of(node), row.strip(), "ADOPTED.md")

    def _chute(self, text: str, settings: Mapping[str, str]) -> str:
        for each in self.endpoints.posts:
            old = f"{class_name(each.name)}Request"
            text = re.sub(rf"\b{old}\b", each.body.name, text)
            if each.body.schema:
                parsed = f"        parse={each.body.name}.model_validate,\n"
                parsed += f"        input_schema={each.body.schema},\n"
                text = text.replace(f"        request={each.body.name},\n", parsed)
            if each.inner != each.path:
                text = text.replace(
                    f'path="{each.path}",\n        public_api_path="{each.path}"',
                    f'path="{each.inner}",\n        public_api_path="{each.path}"',
                )
        if not all(each.body.bounded for each in self.endpoints.posts):
            text = re.sub(
                r"max_body_bytes=most_bytes\([^)]*\),",
                f"max_body_bytes={BODY_BYTES},  # Some fields can be of any size.",
                text,
            )
        more = "".join(f"        {key}={value},\n" for key, value in settings.items())
        text = text.replace(
            "        concurrency=CONCURRENCY,\n", f"{more}        concurrency=CONCURRENCY,\n"
        )
        gets = "".join(map(_get, self.endpoints.gets))
        return text.replace(
            '    @chute.get_cord("/health")\n', f'{gets}    @chute.get_cord("/health")\n'
        )

    # --- imports ----------------------------------------------------------------------------------

    def _with_imports(self, module: Module, parts: Sequence[str]) -> str:
        body = _joined(parts[1:])
        used = imports.used(ast.parse(body))
        have = [
            each
            for node in module.tree.body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for each in imports.of(node)
        ]
        wanted = [each for each in have if each.bound in used]
        bound_names = {each.bound for each in wanted} | _defined(body)
        for node in self.pieces.light:
            kept = [
                each
                for each in map(self._renamed, imports.of(node))
                if each.bound in used and each.bound not in bound_names
            ]
            wanted += kept
            self._imported(node, kept)
        for node in self.pieces.heavy:
            helper = self.pieces.is_helper(node)
            why = (
                "it is a file of yours beside chute.py, and may need packages that a laptop has not"
                if helper
                else "a laptop and a pipeline have no such package"
            )
            why = f"{why}: it is imported when Model is made"
            self.ledger.changed(node, shown(node), why, "SU109", "Model in chute.py")
        bound_names |= {each.bound for each in wanted}
        wanted += [
            known
            for name, known in imports.KNOWN.items()
            if name in used and name not in bound_names
        ]
        wanted += [each for node in self.pieces.futures for each in imports.of(node)]
        for node in self.pieces.futures:
            self.ledger.carried(node, shown(node), "chute.py")
        return f"{parts[0].strip()}\n\n{imports.written(wanted)}\n{body}"

    def _renamed(self, each: Import) -> Import:
        new = self.source.names.get(each.bound) if each.module not in _OURS else None
        return each._replace(asname=new) if new else each

    def _imported(self, node: ast.Import | ast.ImportFrom, kept: Sequence[Import]) -> None:
        if kept:
            self.ledger.carried(node, shown(node), "chute.py")
        else:
            to = "chute.py, which imports what it uses of it"
            self.ledger.carried(node, shown(node), to)


def _status(node: ast.expr | None) -> int:
    """An error status as it is written, or by its name in starlette; 400 where it is neither."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    named = re.search(r"\bHTTP_(\d{3})", dotted(node) or "") if node is not None else None
    return int(named[1]) if named else 400


def _models(module: Module) -> list[str]:
    for node in module.tree.body:
        if _assigned(node) == "MODELS" and isinstance(node, ast.Assign):
            found: list[str] = ast.literal_eval(node.value)
            return found
    return []


def _assigned(node: ast.stmt) -> str:
    """The one name that a statement gives a value, if it is one."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""


def _example(endpoint: Endpoint) -> str:
    row = f"{endpoint.constant} = {examples.source(endpoint.body.example)}"
    if len(row) <= 100:
        return f"{row}\n"
    rows = "".join(
        f"    {examples.quoted(key)}: {examples.source(value)},\n"
        for key, value in endpoint.body.example.items()
    )
    return f"{endpoint.constant} = {{\n{rows}}}\n"


def _get(endpoint: Endpoint) -> str:
    kind = endpoint.content_type
    more = "" if kind == "application/json" else f', output_content_type="{kind}"'
    told = "" if kind == "application/json" else f', "{kind}"'
    return (
        f'    @chute.get_cord("{endpoint.path}"{more})\n'
        f"    def {endpoint.name}(self: ServedChute) -> Response:\n"
        f"        return self.workshop.tell(Model.{endpoint.name}{told})\n\n"
    )


def _defined(text: str) -> set[str]:
    """The names that a module without its imports defines."""
    return {name for node in ast.parse(text).body for name in bound(node)}


def _joined(parts: Sequence[str]) -> str:
    """Statements with the empty lines above them that they had, or that their kind asks for."""
    text = ""
    before = False
    for part in parts:
        if not part.strip():
            continue
        wide = _is_definition(part)
        rows = part.splitlines(keepends=True)
        empty = next(number for number, row in enumerate(rows) if row.strip())
        if text:
            text = text.rstrip("\n") + "\n" * (3 if wide or before else min(empty, 2) + 1)
        text += "".join(rows[empty:])
        before = wide
    return text.rstrip("\n") + "\n"


def _is_definition(part: str) -> bool:
    for row in part.splitlines():
        if row.startswith(("def ", "class ", "async def ", "@")):
            return True
        if row.strip() and not row.startswith("#"):
            return False
    return False
