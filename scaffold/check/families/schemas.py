"""IV: what pydantic makes of the classes of request bodies."""

import ast
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.code import (
    Field,
    fields,
    last,
    lineage,
    model_class,
    optional,
    request_models,
    validated,
)
from scaffold.check.declared import at, renamed
from scaffold.check.model import Answer, Severity
from scaffold.check.module import Module
from scaffold.check.repository import Repository
from scaffold.check.values import full_name, scope_of


@check(
    "IV106",
    "A request has fields without bounds",
    Severity.WEAKENS,
    why="""The API lets 128 MiB through. A text without max_length, a list without max_length
    or a number without bounds is GPU time, memory or a stuck instance for whoever asks for it.""",
    fix="Field(max_length=...) for texts and lists, ge and le for numbers.",
    before="class Args(BaseModel):\n    prompt: str\n    steps: int = 30",
    after="class Args(BaseModel):\n    prompt: str = Field(max_length=2000)\n"
    "    steps: int = Field(30, ge=1, le=80)",
)
def unbounded(repository: Repository) -> Iterator[Answer]:
    """One finding for each model a cord takes, and for those that its fields hold."""
    seen: set[ast.ClassDef] = set()
    told: set[tuple[ast.ClassDef, str]] = set()
    cords = [c for c in repository.cords if not c.custom and c.kind == "cord"]
    queue = [kind for _, kind in request_models(cords)]
    while queue:
        kind = queue.pop(0)
        if kind in seen:
            continue
        seen.add(kind)
        queue += _held(kind, repository)
        loose = [field for field in fields(kind, repository) if _loose(field)]
        checked: set[str] = set()
        for one in lineage(kind, repository):
            checked |= validated(one)
        if "*" not in checked:
            loose = [
                field
                for field in loose
                if field.name not in checked and (field.kind, field.name) not in told
            ]
            told |= {(field.kind, field.name) for field in loose}
            yield from _told(kind, loose)


def _held(kind: ast.ClassDef, repository: Repository) -> Iterator[ast.ClassDef]:
    """The models that the fields of a model name."""
    for field in fields(kind, repository):
        scope = scope_of(field.kind, repository)
        for node in ast.walk(field.annotation):
            if isinstance(node, ast.Name | ast.Attribute):
                found = model_class(node, scope)
                if found is not None:
                    yield found


def _told(kind: ast.ClassDef, loose: list[Field]) -> Iterator[Answer]:
    """One finding for each class that has such fields: what is inherited is mended above."""
    for one in dict.fromkeys(field.kind for field in loose):
        names = ", ".join(field.name for field in loose if field.kind is one)
        above = "" if one is kind else f", which {kind.name} inherits"
        yield at(one, f"{one.name} does not bound {names}{above}")


def _loose(field: Field) -> bool:
    annotation, value = field.annotation, field.value
    inner = optional(annotation) or annotation
    base = inner.value if isinstance(inner, ast.Subscript) else inner
    name = last(ast.unparse(base))
    if name == "Annotated":
        return False
    given: set[str] = set()
    if isinstance(value, ast.Call) and last(ast.unparse(value.func)) == "Field":
        given = {k.arg for k in value.keywords if k.arg}
        if None in {k.arg for k in value.keywords}:
            return False
    if name in ("str", "bytes"):
        return not given & {"max_length", "pattern", "regex"}
    if name in ("list", "List", "dict", "Dict", "set"):
        return not given & {"max_length", "max_items"}
    if name in ("int", "float"):
        return not (given & {"le", "lt", "multiple_of"} and given & {"ge", "gt"})
    return False


@check(
    "IV107",
    "Unknown fields of a request are ignored",
    Severity.STYLE,
    why="""A misspelt field is dropped and its default is used: the client gets a wrong answer
    instead of an error.""",
    fix='model_config = ConfigDict(extra="forbid").',
    before="class Args(BaseModel):\n    prompt: str",
    after='class Args(BaseModel):\n    model_config = ConfigDict(extra="forbid")\n    prompt: str',
)
def extra(repository: Repository) -> Iterator[Answer]:
    """Models a cord takes, without `extra` in them or above."""
    seen: set[ast.ClassDef] = set()
    cords = [c for c in repository.cords if not c.custom and c.kind == "cord"]
    for _, kind in request_models(cords):
        if kind not in seen and not any(map(_says_extra, lineage(kind, repository))):
            seen.add(kind)
            yield at(kind, f"{kind.name} takes fields it does not know")


def _says_extra(kind: ast.ClassDef) -> bool:
    """Does a class say so, or has it a base that is no class of the repository's?"""
    foreign = any(last(ast.unparse(base)) == "RootModel" for base in kind.bases)
    return foreign or "extra" in ast.unparse(kind)


@check(
    "IV108",
    "pydantic 2 has no such thing",
    Severity.BREAKS,
    each="module",
    why="""The SDK needs pydantic 2.9 or newer. BaseSettings has moved to pydantic-settings;
    importing it from pydantic raises, and so does a model with a field __root__.""",
    fix="Install pydantic-settings in the image and import from there, or read os.environ.",
    before="from pydantic import BaseSettings",
    after="from pydantic_settings import BaseSettings",
)
def moved(module: Module) -> Iterator[Answer]:
    """Names pydantic 2 does not export, and the root field of pydantic 1."""
    gone = {
        "BaseSettings",
        "PyObject",
        "ConstrainedInt",
        "ConstrainedStr",
        "ConstrainedFloat",
        "PydanticValueError",
        "stricturl",
    }
    for node in module.of(ast.ImportFrom):
        if node.module == "pydantic":
            for alias in node.names:
                if alias.name in gone:
                    yield at(node, f"pydantic does not export {alias.name}")
    for field in module.of(ast.AnnAssign):
        if isinstance(field.target, ast.Name) and field.target.id == "__root__":
            yield at(field, "pydantic 2 raises for a field __root__", fix=_ROOT)


_ROOT = "class Body(RootModel[dict[str, Any]]), whose value is .root; or take the dict itself."


@check(
    "IV109",
    "pydantic 2 does not know this keyword",
    Severity.BREAKS,
    each="module",
    why="""pydantic 2 raises for Field(regex=) and Field(const=): the pattern is called pattern. It
    ignores what it does not know, env= and the misspelt gte= and lte= among it: such a bound
    bounds nothing.""",
    fix="pattern= for regex=; ge= and le= for gte= and lte=; Literal[...] for const=True; no env=.",
    before='format: str = Field(regex="^(png|jpeg)$")',
    after='format: str = Field(pattern="^(png|jpeg)$")',
)
def old_keyword(repository: Repository, module: Module) -> Iterator[Answer]:
    """regex, const, env, gte and lte in Field and constr."""
    for call, name in repository.calls(module):
        if last(name) in ("Field", "constr", "conlist") and name.startswith(("pydantic", "Field")):
            for part in call.keywords:
                ignored = part.arg in ("env", "gte", "lte") and last(name) == "Field"
                if part.arg in ("regex", "const") or ignored:
                    right = {"regex": "pattern", "gte": "ge", "lte": "le"}.get(part.arg or "")
                    edits = [renamed(part, right)] if right else []
                    yield at(part, f"pydantic 2 has no {part.arg}=", *edits)


@check(
    "IV110",
    "root_validator needs an argument",
    Severity.BREAKS,
    each="module",
    why="""pydantic 2 raises for a bare @root_validator, and for @root_validator() without
    skip_on_failure=True.""",
    fix='@model_validator(mode="after").',
    before="@root_validator\ndef check(cls, values): ...",
    after='@model_validator(mode="after")\ndef check(self): ...',
)
def root_validator(module: Module) -> Iterator[Answer]:
    """The decorator, unless it is pre=True or skips on failure."""
    for function in module.functions:
        for decorator in function.decorator_list:
            node = decorator.func if isinstance(decorator, ast.Call) else decorator
            if full_name(node, module) in ("pydantic.root_validator", "root_validator"):
                given = decorator.keywords if isinstance(decorator, ast.Call) else []
                if not any(k.arg in ("pre", "skip_on_failure") for k in given):
                    yield at(decorator, "pydantic 2 refuses this at import")
