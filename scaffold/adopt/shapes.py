"""The class of an answer, from the dicts a cord returns."""

import ast
from collections.abc import Sequence

from scaffold.check.code import keyword, last
from scaffold.check.declared import Cord
from scaffold.check.module import home
from scaffold.check.values import Modules, dotted, origin, scope_of

JSON = "application/json"
#: By the name of a response, the type that it has unless another is given.
MEDIA = {
    "Response": "",
    "StreamingResponse": "",
    "FileResponse": "",
    "PlainTextResponse": "text/plain",
    "HTMLResponse": "text/html",
    "JSONResponse": JSON,
    "ORJSONResponse": JSON,
    "UJSONResponse": JSON,
}
_UNNAMED = {"json", "copy", "dict", "schema", "validate", "construct", "fields"}


def response_of(node: ast.expr, modules: Modules) -> ast.Call | None:
    """The response that an expression makes, if one."""
    found, _ = origin(node, scope_of(node, modules))
    if isinstance(found, ast.Call) and last(dotted(found.func) or "") in MEDIA:
        return found
    return None


def shape_of(returns: Sequence[ast.Return], modules: Modules) -> dict[str, str]:
    """The fields of an answer and their types, where every return shows the same ones."""
    found: list[dict[str, str]] = []
    for node in returns:
        value = node.value
        call = response_of(value, modules) if value is not None else None
        if value is not None and call is value and isinstance(value, ast.Call):
            if last(dotted(value.func) or "") not in ("JSONResponse", "ORJSONResponse"):
                return {}
            value = keyword(value, "content") or (value.args[0] if value.args else None)
        if value is None:
            return {}
        value, _ = origin(value, scope_of(value, modules))
        if not isinstance(value, ast.Dict) or _mutated(node):
            return {}
        shape = {}
        for key, each in zip(value.keys, value.values, strict=True):
            if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
                return {}
            if not _is_field(key.value):
                return {}
            shape[key.value] = _type_of(each, modules)
        found.append(shape)
    if not found or any(each.keys() != found[0].keys() for each in found):
        return {}
    return {
        name: kind if all(each[name] == kind for each in found) else "Any"
        for name, kind in found[0].items()
    }


def _mutated(node: ast.Return) -> bool:
    """Is what is returned changed after it was made?"""
    return isinstance(node.value, ast.Name) and node.value.id in home(node).mutated


def _is_field(name: str) -> bool:
    import keyword as words

    return (
        name.isidentifier()
        and not name.startswith(("_", "model_"))
        and name not in _UNNAMED
        and not words.iskeyword(name)
    )


def _type_of(node: ast.expr, modules: Modules) -> str:
    """The type of an expression where it is certain, else Any."""
    found, _ = origin(node, scope_of(node, modules)) if isinstance(node, ast.Name) else (node, None)
    if isinstance(node, ast.Name) and _changes(node):
        return "Any"
    if isinstance(found, ast.Constant) and isinstance(found.value, str | bool | int | float):
        return type(found.value).__name__
    if isinstance(found, ast.JoinedStr):
        return "str"
    if (
        isinstance(found, ast.Compare)
        and len(found.ops) == 1
        and isinstance(found.ops[0], ast.Is | ast.IsNot | ast.In | ast.NotIn)
    ):
        return "bool"
    if isinstance(found, ast.Call) and isinstance(found.func, ast.Name):
        known = {"float": "float", "str": "str", "int": "int", "bool": "bool", "len": "int"}
        return known.get(found.func.id, "Any")
    if isinstance(found, ast.ListComp) and len(found.generators) == 1:
        return f"list[{_type_of(found.elt, modules)}]"
    if isinstance(found, ast.Dict):
        return "dict[str, Any]"
    return "Any"


def _changes(node: ast.Name) -> bool:
    """Is a name given several values where it stands, or changed in place?"""
    module = home(node)
    space = node.__dict__["space"]
    given = module.assigned.get(space, {}).get(node.id, [])
    return len(given) != 1 or node.id in module.mutated


def class_of(
    name: str,
    cord: Cord,
    shape: dict[str, str],
    returns: Sequence[ast.Return],
    modules: Modules,
) -> str:
    """The source of the class `name`: of these fields, or of whatever the cord returns whole."""
    path = cord.public_path or f"/{cord.function.name}"
    told = f'    """What {path} answers."""\n'
    if shape:
        rows = "".join(f"    {field}: {kind}\n" for field, kind in shape.items())
        return f"class {name}(BaseModel):\n{told}\n{rows}"
    kinds = {
        _container(node.value, modules) if node.value is not None else "Any" for node in returns
    }
    root = kinds.pop() if len(kinds) == 1 else "Any"
    return f"class {name}(RootModel[{root}]):\n{told}"


def _container(node: ast.expr, modules: Modules) -> str:
    found, _ = origin(node, scope_of(node, modules))
    if isinstance(found, ast.Dict | ast.DictComp):
        return "dict[str, Any]"
    if isinstance(found, ast.List | ast.ListComp):
        return "list[Any]"
    return "Any"
