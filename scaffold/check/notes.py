"""What a reader should know about how the chutes of a repository come to be."""

import ast
from collections.abc import Iterator

from scaffold.check.declared import Chute, Cord, Hook
from scaffold.check.module import ancestors, function_around, home
from scaffold.check.repository import Repository


def notes(repository: Repository) -> Iterator[str]:
    """One sentence for each way in which a chute is only made when the module runs."""
    told: set[str] = set()
    for chute in repository.chutes:
        for text in _about(chute):
            if text not in told:
                told.add(text)
                yield text
    things: list[Cord | Hook] = [*repository.cords, *repository.hooks]
    for thing in things:
        text = _hidden(thing) if not thing.chutes else ""
        if text and text not in told:
            told.add(text)
            yield text


def _hidden(thing: Cord | Hook) -> str:
    """About a chute that has cords or hooks, and is made by code that cannot be read."""
    decorator = thing.decorator.func if isinstance(thing.decorator, ast.Call) else thing.decorator
    owner = decorator.value if isinstance(decorator, ast.Attribute) else None
    module = home(thing.function)
    made = module.assigned[module.tree].get(getattr(owner, "id", ""), [])
    if not isinstance(owner, ast.Name) or not made or not isinstance(made[-1], ast.Call):
        return ""
    how = ast.unparse(made[-1].func)
    return (
        f"{owner.id} is made by {how}() in a way that cannot be read ({module.path}:"
        f"{made[-1].lineno}); its cords and hooks are checked, its settings are not"
    )


def _about(chute: Chute) -> Iterator[str]:
    place = f"{home(chute.node).path}:{chute.node.lineno}"
    function = function_around(chute.node)
    if function is not None and not chute.kind.classes:
        yield (
            f"{chute.title} is made by {function.name}() when the module runs ({place}); what can "
            "be read of it is checked"
        )
    for around in ancestors(chute.site):
        what = _CONDITIONS.get(type(around))
        main = isinstance(around, ast.If) and "__name__" in ast.unparse(around.test)
        if what and not main:
            line = getattr(around, "lineno", 1)
            yield f"{chute.title} is made {what} in line {line} ({place}); it is checked as if so"
            return


_CONDITIONS: dict[type[ast.AST], str] = {
    ast.If: "only if the condition holds",
    ast.Try: "only if nothing fails in the try",
    ast.For: "by a loop",
    ast.While: "by a loop",
}
