"""Questions about code that several families ask."""

import ast
import fnmatch
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scaffold.check.declared import Cord
from scaffold.check.module import FunctionNode, Module, ancestors, home, own_nodes, parameters
from scaffold.check.values import Modules, Scope, dotted, full_name, local_class, read, scope_of

_LOADERS = {
    "from_pretrained",
    "get_pretrained",
    "load_model",
    "SentenceTransformer",
    "WhisperModel",
    "from_single_file",
}
_MODEL_BASES = {"BaseModel", "pydantic.BaseModel", "pydantic.main.BaseModel", "RootModel"}


def calls_among(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.Call, str]]:
    """The calls among nodes of one module, each with its dotted name, imports followed."""
    for node in nodes:
        if isinstance(node, ast.Call):
            name = full_name(node.func, home(node))
            if name is not None:
                yield node, name


def calls_in(function: FunctionNode) -> list[tuple[ast.Call, str]]:
    """The calls a function makes itself, found once."""
    found: list[tuple[ast.Call, str]] | None = function.__dict__.get("calls")
    if found is None:
        found = function.__dict__["calls"] = list(calls_among(own_nodes(function)))
    return found


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """What a call gives for a keyword."""
    return next((k.value for k in call.keywords if k.arg == name), None)


def status_of(call: ast.Call) -> ast.expr | None:
    """What is given as the status of an HTTPException or a response."""
    return keyword(call, "status_code") or (call.args[0] if call.args else None)


def constant(node: ast.AST | None) -> object:
    """The value of a literal, else None."""
    return node.value if isinstance(node, ast.Constant) else None


def text_of(node: ast.expr, modules: Modules) -> str | None:
    """A text that can be seen, else None."""
    value = read(node, scope_of(node, modules))
    return value.value if value.known and isinstance(value.value, str) else None


def names_in(node: ast.AST) -> set[str]:
    """Every name and attribute below a node."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.Attribute):
            found.add(part.attr)
    return found


def model_class(annotation: ast.AST | None, scope: Scope) -> ast.ClassDef | None:
    """The repository's pydantic model that an annotation names."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.Name(annotation.value)
    found = local_class(annotation, scope) if annotation is not None else None
    return found if found is not None and is_model(found, scope.modules) else None


def is_model(kind: ast.ClassDef, modules: Modules, depth: int = 0) -> bool:
    """Does a class descend from pydantic's BaseModel?"""
    inside = scope_of(kind, modules)
    for base in kind.bases:
        if (full_name(base, home(kind)) or "") in _MODEL_BASES:
            return True
        above = local_class(base, inside)
        if above is not None and depth < 8 and is_model(above, modules, depth + 1):
            return True
    return False


class Field(NamedTuple):
    """A field of a pydantic model."""

    name: str
    annotation: ast.expr
    value: ast.expr | None
    kind: ast.ClassDef


def fields(kind: ast.ClassDef, modules: Modules) -> list[Field]:
    """The fields of a model, those it inherits from the repository's classes included."""
    found: dict[str, Field] = {}
    for one in lineage(kind, modules):
        for node in one.body:
            if (
                isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and not node.target.id.startswith("_")
                and node.target.id != "model_config"
                and "ClassVar" not in ast.unparse(node.annotation)
            ):
                field = Field(node.target.id, node.annotation, node.value, one)
                found.setdefault(field.name, field)
    return list(found.values())


def lineage(kind: ast.ClassDef, modules: Modules) -> list[ast.ClassDef]:
    """A class and the repository's classes above it, nearest first."""
    found = [kind]
    for one in found:
        inside = scope_of(one, modules)
        for base in one.bases:
            above = local_class(base, inside)
            if above is not None and above not in found and len(found) < 20:
                found.append(above)
    return found


def validated(kind: ast.ClassDef) -> set[str]:
    """Fields that a validator of the class looks at; `*` for a validator of all."""
    found: set[str] = set()
    for node in kind.body:
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                shown = ast.unparse(decorator)
                if "validator" in shown and isinstance(decorator, ast.Call):
                    if "model_validator" in shown or "root" in shown:
                        found.add("*")
                    found |= {str(a.value) for a in decorator.args if isinstance(a, ast.Constant)}
    return found


def request_models(cords: Iterable[Cord]) -> Iterator[tuple[Cord, ast.ClassDef]]:
    """The pydantic models whose validation the SDK does for a cord."""
    for cord in cords:
        scope = cord.arguments.scope
        annotations = [arg.annotation for arg in cord.parameters]
        schema = cord.arguments.nodes.get("input_schema")
        for annotation in [*annotations, *([schema[0]] if schema else [])]:
            kind = model_class(annotation, scope)
            if kind is not None:
                yield cord, kind


def annotation_name(arg: ast.arg) -> str:
    """The dotted name of a parameter's annotation; empty for none and for generics."""
    if arg.annotation is None:
        return ""
    if isinstance(arg.annotation, ast.Constant) and isinstance(arg.annotation.value, str):
        return arg.annotation.value
    return full_name(arg.annotation, home(arg)) or ""


def me(function: FunctionNode) -> str:
    """The name of the first parameter, usually self."""
    found = parameters(function)
    return found[0].arg if found else ""


def mentions(module: Module, *words: str) -> bool:
    """Does the text of a module hold one of these words?"""
    return any(word in module.text for word in words)


def last(name: str) -> str:
    """The last part of a dotted name."""
    return name.rpartition(".")[2]


def on_self(node: ast.AST, name: str) -> str:
    """`x` for `self.x`, when `name` is what self is called here."""
    shown = dotted(node) or ""
    first, _, rest = shown.partition(".")
    return rest if first == name and rest and "." not in rest else ""


def loading(call: ast.Call, name: str) -> bool:
    """Does a call load a model's weights?"""
    small = ("Tokenizer", "Processor", "Config", "FeatureExtractor", "Scheduler")
    if last(name) == "from_pretrained":
        return not any(word in name for word in small)
    return last(name) in _LOADERS or name == "transformers.pipeline"


def covers(source: str, path: str) -> bool:
    """Does add() of this source bring that file of the repository?"""
    pattern = source.removeprefix("./").rstrip("/")
    return (
        pattern in (".", "", "*")
        or path == pattern
        or path.startswith(f"{pattern}/")
        or fnmatch.fnmatch(path, pattern)
    )


def inside_class(function: ast.AST) -> bool:
    """Is it a method?"""
    return any(isinstance(around, ast.ClassDef) for around in ancestors(function))


def optional(node: ast.expr) -> ast.expr | None:
    """The annotation without None, where it allows for it."""
    if isinstance(node, ast.Subscript) and last(ast.unparse(node.value)) == "Optional":
        return node.slice
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(other, ast.Constant) and other.value is None:
                return one
    return None
