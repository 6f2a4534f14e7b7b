"""What a reader should know about how the chutes of a repository come to be."""

import ast
from collections.abc import Iterator

from scaffold.check.declared import Chute
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
