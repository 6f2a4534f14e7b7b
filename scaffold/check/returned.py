"""What a cord returns, followed through local names and helpers."""

import ast
from collections.abc import Iterator

from scaffold.check.code import is_model, last
from scaffold.check.declared import Cord
from scaffold.check.module import FunctionNode, home, own_nodes
from scaffold.check.reach import callee
from scaffold.check.repository import Repository
from scaffold.check.values import Scope, dotted, local_class, origin, scope_of

MAX_HELPERS = 4
# Where these take the function that they call in a thread.
_IN_A_THREAD = {"to_thread": 0, "run_in_executor": 1}


def _values(node: ast.expr) -> Iterator[ast.expr]:
    """The values that an answer consists of: itself, and what a dict or list in it holds."""
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from _values(value)
    elif isinstance(node, ast.List | ast.Tuple):
        for value in node.elts:
            yield from _values(value)
    elif isinstance(node, ast.ListComp):
        yield from _values(node.elt)
    elif isinstance(node, ast.IfExp):
        yield from _values(node.body)
        yield from _values(node.orelse)
    else:
        yield node


def returned(cord: Cord, repository: Repository) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each returned value as written and as followed through local names and helpers.

    Helpers are not followed below a decorator of the repository's own, which can change what they
    return.
    """
    yield from _returns(cord.function, repository, MAX_HELPERS if not cord.custom else 0)


def _returns(
    function: FunctionNode, repository: Repository, depth: int
) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in own_nodes(function):
        if not isinstance(node, ast.Return) or node.value is None:
            continue
        told = list(_values(node.value))
        for value in [*told, *_appended(function, told)]:
            scope = scope_of(value, repository)
            followed = origin(value, scope)[0] if isinstance(value, ast.Name) else value
            if "home" not in followed.__dict__ or home(followed) is not home(value):
                followed = value
            helper = _helper(followed, repository) if depth else None
            if helper is None:
                yield value, followed
            else:
                yield from _returns(helper, repository, depth - 1)


def _appended(function: FunctionNode, told: list[ast.expr]) -> Iterator[ast.expr]:
    """What is appended to the lists among these that are made once, in the function itself."""
    made = home(function).assigned.get(function, {})
    names = {value.id for value in told if isinstance(value, ast.Name)}
    lists = {n for n in names if len(made.get(n, ())) == 1 and isinstance(made[n][0], ast.List)}
    for node in own_nodes(function) if lists else ():
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "append"
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in lists
        ):
            yield from (value for argument in node.args for value in _values(argument))


def _helper(node: ast.expr, repository: Repository) -> FunctionNode | None:
    """The repository's function whose answer this is, called here or in a thread."""
    call = node.value if isinstance(node, ast.Await) else node
    if not isinstance(call, ast.Call):
        return None
    scope = scope_of(call, repository)
    named: ast.expr | None = call.func
    place = _IN_A_THREAD.get(last(dotted(call.func) or ""))
    if place is not None:
        named = call.args[place] if len(call.args) > place else None
    found = callee(named, scope) if named is not None else None
    if found is None or any(isinstance(n, ast.Yield | ast.YieldFrom) for n in own_nodes(found)):
        return None
    kept = [ast.unparse(decorator) for decorator in found.decorator_list]
    return found if set(kept) <= {"staticmethod", "classmethod"} else None


def returned_model(node: ast.expr, scope: Scope) -> ast.ClassDef | None:
    """The pydantic model an expression makes one of."""
    if not isinstance(node, ast.Call):
        return None
    target = node.func
    if isinstance(target, ast.Attribute) and target.attr in ("model_validate", "model_construct"):
        target = target.value
    found = local_class(target, scope)
    return found if found is not None and is_model(found, scope.modules) else None
