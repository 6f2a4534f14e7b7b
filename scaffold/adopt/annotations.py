"""Annotations of pydantic fields, as far as they can be read: types, options, what is required."""

import ast
from typing import Any

from scaffold.check.code import Field, is_model, keyword, last, lineage
from scaffold.check.values import Modules, Scope, dotted, local_class

# A field of these is not taken from JSON by a strict model.
CONVERTED = {
    "datetime",
    "date",
    "time",
    "timedelta",
    "UUID",
    "UUID4",
    "Decimal",
    "Path",
    "bytes",
    "tuple",
    "Tuple",
    "set",
    "Set",
    "frozenset",
    "FrozenSet",
}
# As JSON has them.
SHOWN = {
    "datetime": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00",
    "timedelta": "PT1S",
    "UUID": "00000000-0000-4000-8000-000000000000",
    "UUID4": "00000000-0000-4000-8000-000000000000",
    "Decimal": "1",
    "Path": "example",
    "bytes": "example",
    "HttpUrl": "https://example.com/",
    "AnyUrl": "https://example.com/",
    "EmailStr": "someone@example.com",
}
LISTS = {"list", "List", "Sequence", "Iterable"}
DICTS = {"dict", "Dict", "Mapping", "MutableMapping"}
NUMBERS = {"int", "float"}


def optional(node: ast.expr | None) -> ast.expr | None:
    """`X` of `Optional[X]`, `X | None` and `Union[X, None]`."""
    if isinstance(node, ast.Subscript):
        name = type_name(node)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Optional":
            return parts[0]
        kept = [part for part in parts if not _is_none(part)]
        if name == "Union" and len(kept) == 1:
            return kept[0]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        if _is_none(node.right):
            return node.left
        if _is_none(node.left):
            return node.right
    return None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def type_name(node: ast.expr) -> str:
    """The last part of a type's name, without what is in its brackets."""
    base = node.value if isinstance(node, ast.Subscript) else node
    if isinstance(base, ast.Constant):
        return "None" if base.value is None else ""
    return last(dotted(base) or "")


def field_call(node: ast.expr | None) -> ast.Call | None:
    """The call of Field that is the value of a field."""
    if isinstance(node, ast.Call) and last(dotted(node.func) or "") == "Field":
        return node
    return None


def given(call: ast.Call | None) -> set[str]:
    """Names of the options that a call of Field gives."""
    return {each.arg for each in call.keywords if each.arg} if call is not None else set()


def given_inside(annotation: ast.expr) -> set[str]:
    """What calls in an annotation bound: Annotated[..., Field(...)], constr(...)."""
    return {
        each.arg
        for node in ast.walk(annotation)
        if isinstance(node, ast.Call)
        for each in node.keywords
        if each.arg
    }


def required(each: Field) -> bool:
    """Must a field be there?"""
    call = field_call(each.value)
    if call is None:
        return each.value is None or is_ellipsis(each.value)
    default = keyword(call, "default") or (call.args[0] if call.args else None)
    if default is None:
        return keyword(call, "default_factory") is None
    return is_ellipsis(default)


def is_ellipsis(node: ast.expr) -> bool:
    """Is it `...`, which pydantic takes for no default?"""
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def alias(each: Field) -> str:
    """What clients call a field, where that is another name."""
    call = field_call(each.value)
    for name in ("validation_alias", "alias"):
        node = keyword(call, name) if call is not None else None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
    return ""


def wrong(each: Field) -> Any:
    """A value of another type; None where every value may be right."""
    inner = optional(each.annotation) or each.annotation
    name = type_name(inner)
    if name == "Annotated" and isinstance(inner, ast.Subscript):
        parts = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
        name = type_name(parts[0])
    if name == "str" or name in LISTS:
        return 7
    if name in ("int", "float", "bool"):
        return "x"
    return None


def statement(each: Field) -> ast.stmt:
    """The statement that declares a field."""
    found: ast.stmt = each.annotation.__dict__["parent"]
    return found


def is_enum(kind: ast.ClassDef, repository: Any) -> bool:
    """Is a class an enumeration?"""
    return any(
        last(dotted(base) or "") in ("Enum", "StrEnum", "IntEnum")
        for one in lineage(kind, repository)
        for base in one.bases
    )


def first_value(kind: ast.ClassDef) -> Any:
    """The value of the first member of an enumeration."""
    for node in kind.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            return node.value.value
    return None


def parts(node: ast.Subscript) -> list[ast.expr]:
    """What stands in the brackets of a type."""
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def model(annotation: ast.expr | None, scope: Scope, modules: Modules) -> ast.ClassDef | None:
    """The prototype's own pydantic model that an annotation names."""
    inner = optional(annotation) or annotation
    if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
        inner = ast.Name(inner.value)
    found = local_class(inner, scope) if inner is not None else None
    return found if found is not None and is_model(found, modules) else None
