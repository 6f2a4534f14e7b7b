"""Bodies that a prototype takes as a dict: a class with each field that the code reads."""

import ast
from collections.abc import Mapping
from typing import Any

from scaffold.adopt import examples
from scaffold.adopt.body import Body
from scaffold.adopt.bounds import BASE64, CHARACTERS, MARK, NUMBER
from scaffold.adopt.ledger import Ledger
from scaffold.check.code import last
from scaffold.check.declared import Cord
from scaffold.check.repository import Repository
from scaffold.check.values import dotted, read, scope_of

_OPEN = """\
class {name}(BaseModel):
    \"\"\"The body of {path}: any fields, {known}.\"\"\"

    model_config = ConfigDict(extra="allow", json_schema_extra={{"examples": [{constant}]}})


# What the platform shows of it.
{schema} = {{
    "type": "object",
    "properties": {{"input_args": {{"$ref": "#/definitions/{name}"}}}},
    "required": ["input_args"],
    "definitions": {{
        "{name}": {{"type": "object", "additionalProperties": True, "examples": [{constant}]}},
    }},
}}
"""


def body(
    cord: Cord,
    argument: ast.arg,
    repository: Repository,
    ledger: Ledger,
    class_name: str,
    constant: str,
) -> Body:
    """The body of a cord that takes a dict, of that class."""
    found, whole = _keys(cord, argument.arg, repository)
    made = Body(class_name, alias=argument.arg)
    if whole:
        ledger.left(
            argument,
            f"the body of {cord.function.name}",
            "the dict is used as a whole, so any field may come: declare them in "
            f"{class_name}, a RequestModel then, and say request={class_name} in the cord",
            "IV115",
        )
        return _open(cord, argument, class_name, constant, found)
    made.whole = "request.model_dump(exclude_unset=True)"
    made.bounded = all(kind != "JsonValue" for kind, _ in found.values())
    for name, (kind, required) in found.items():
        made.wrong[name] = {"str": 7, "JsonValue": None, "list[JsonValue]": 7}.get(kind, "x")
        if required:
            made.needed.append(name)
            made.example[name] = {
                "int": 1,
                "float": 0.5,
                "bool": True,
                "list[JsonValue]": [],
            }.get(kind, examples.text(name, 0, None, None))
        plain = kind if kind in ("int", "float", "bool") else "str"
        entry: dict[str, Any] = {"type": plain}
        if kind in ("str", "JsonValue") and examples.encoded(name):
            entry["type"] = examples.KINDS[examples.sample(name)]
        made.fields[name] = entry | ({} if required else {"default": None})
    if not made.example:
        first = next((name for name in found if examples.encoded(name)), next(iter(found), ""))
        kind = found[first][0] if first else ""
        if kind in ("str", "JsonValue"):
            made.example[first] = examples.text(first, 0, None, None)
    made.text = class_text(class_name, found, cord, constant)
    ledger.changed(
        argument,
        f"the body of {cord.function.name}, a dict",
        "a body that is not described reaches the code unchecked; each field that the code "
        "reads is one of a class now",
        "IV115",
        f"{class_name} in chute.py",
    )
    return made


def _open(
    cord: Cord,
    argument: ast.arg,
    class_name: str,
    constant: str,
    found: Mapping[str, tuple[str, bool]],
) -> Body:
    """A body of which nobody can say what is in it: as the prototype took it."""
    schema = f"{constant.removesuffix('_EXAMPLE')}_SCHEMA"
    made = Body(class_name, alias=argument.arg, schema=schema, bounded=False)
    made.whole = "request.model_dump()"
    for name, (kind, required) in found.items():
        if required:
            made.example[name] = (
                examples.text(name, 0, None, None) if kind in ("str", "JsonValue") else 1
            )
    made.text = _OPEN.format(
        name=class_name,
        path=cord.public_path or f"/{cord.function.name}",
        known=f"of which {', '.join(found)} are read" if found else "as the code wants them",
        constant=constant,
        schema=schema,
    )
    return made


def class_text(name: str, found: Mapping[str, tuple[str, bool]], cord: Cord, constant: str) -> str:
    """The class of a body with these fields, each with its type and whether it must be there."""
    path = cord.public_path or f"/{cord.function.name}"
    rows = [
        f"class {name}(RequestModel):",
        f'    """The body of {path}."""',
        "",
        f'    model_config = ConfigDict(json_schema_extra={{"examples": [{constant}]}})',
    ]
    for field_name, (kind, required) in found.items():
        bounds = {"str": f"max_length={CHARACTERS}", "float": f"ge=-{NUMBER}, le={NUMBER}"}
        if kind == "str" and examples.encoded(field_name):
            kind = BASE64
        given = ", ".join(filter(None, ["" if required else "None", bounds.get(kind, "")]))
        optional = "" if required or kind == "JsonValue" else " | None"
        value = f" = Field({given})" if given else ""
        mark = MARK if kind in bounds else ""
        rows.append(f"    {field_name}: {kind}{optional}{value}{mark}")
    if found:
        rows.insert(4, "")
    return "\n".join(rows) + "\n"


def _keys(
    cord: Cord, name: str, repository: Repository
) -> tuple[dict[str, tuple[str, bool]], bool]:
    """The keys that a function reads of a dict, each with its type and whether it must be there.

    And whether the dict is used in another way, so that there may be more.
    """
    found: dict[str, tuple[str, bool]] = {}
    whole = False
    for node in ast.walk(cord.function):
        if not (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)):
            continue
        around = node.__dict__["parent"]
        key, kind, required = None, "JsonValue", True
        outer = around.__dict__.get("parent")
        if isinstance(around, ast.Subscript) and isinstance(around.slice, ast.Constant):
            key = around.slice.value
            kind = _cast(around)
        elif isinstance(around, ast.Attribute) and isinstance(outer, ast.Call):
            if around.attr in ("get", "pop") and outer.args:
                first = outer.args[0]
                key = first.value if isinstance(first, ast.Constant) else None
                required = False
                kind = _cast(outer)
                if kind == "JsonValue" and len(outer.args) > 1:
                    kind = _kind_of(outer.args[1], repository)
        elif isinstance(around, ast.Compare) and isinstance(around.left, ast.Constant):
            key, required = around.left.value, False
        if isinstance(key, str) and key.isidentifier():
            before = found.get(key)
            if before is not None:
                kind = before[0] if before[0] != "JsonValue" else kind
                required = before[1] and required
            found[key] = (kind, required)
        else:
            whole = True
    return found, whole


def _cast(node: ast.AST) -> str:
    """The type that a call around a value asks for; int() and str() take what clients send."""
    around = node.__dict__["parent"]
    called = last(dotted(around.func) or "") if isinstance(around, ast.Call) else ""
    return {"float": "float", "b64decode": "str"}.get(called, "JsonValue")


def _kind_of(node: ast.expr, repository: Repository) -> str:
    value = read(node, scope_of(node, repository))
    if not value.known or value.value is None:
        return "JsonValue"
    return {bool: "bool", int: "JsonValue", float: "float", str: "str"}.get(
        type(value.value), "JsonValue"
    )
