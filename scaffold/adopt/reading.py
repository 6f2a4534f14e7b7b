"""What a prototype declares, read and never run; refuses in a sentence what cannot be read."""

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scaffold.check.declared import Chute, Cord, Hook, Image, Selector
from scaffold.check.module import Module, ancestors, function_around, home, parent
from scaffold.check.repository import Repository
from scaffold.check.tree import Tree
from scaffold.errors import BadUsage

READ_WHOLE = "adopt reads a chute that is made at the left margin of one file"


@dataclass(frozen=True)
class Prototype:
    """One chute with all that belongs to it; paths are relative to `root`."""

    repository: Repository
    chute: Chute

    @property
    def root(self) -> Path:
        """The folder its paths start from."""
        return self.repository.tree.root

    @property
    def module(self) -> Module:
        """The file that makes the chute."""
        return self.chute.module

    @cached_property
    def image(self) -> Image | None:
        """Its image, where that is built here."""
        return self.repository.image(self.chute)

    @cached_property
    def selector(self) -> Selector | None:
        """The hardware it asks for."""
        return self.repository.selector(self.chute)

    @cached_property
    def cords(self) -> list[Cord]:
        """Its endpoints, in the order of the source."""
        found = [cord for cord in self.repository.cords if cord.kind == "cord"]
        return sorted(filter(self._mine, found), key=lambda cord: cord.function.lineno)

    @cached_property
    def jobs(self) -> list[Cord]:
        """Its jobs."""
        return [cord for cord in self.repository.cords if cord.kind == "job" and self._mine(cord)]

    @cached_property
    def hooks(self) -> list[Hook]:
        """Its start-up hooks, in the order in which they run."""
        found = [hook for hook in self.repository.hooks if hook.kind == "on_startup"]
        return sorted(found, key=lambda hook: (_priority(hook), hook.function.lineno))

    @cached_property
    def shutdown_hooks(self) -> list[Hook]:
        """What it wants done at its end."""
        return [hook for hook in self.repository.hooks if hook.kind == "on_shutdown"]

    @cached_property
    def helpers(self) -> list[Module]:
        """The other files that the chute's file imports, directly or not."""
        queue, seen = [self.module], {self.module.path: self.module}
        while queue:
            module = queue.pop(0)
            for name in sorted(module.imported_modules):
                found = self.repository.find(name, module)
                if found is not None and found.path not in seen:
                    seen[found.path] = found
                    queue.append(found)
        return [module for module in seen.values() if module is not self.module]

    def _mine(self, cord: Cord) -> bool:
        return not cord.chutes or any(chute.node is self.chute.node for chute in cord.chutes)


def read(path: Path) -> Prototype:
    """The prototype in a file or a folder; BadUsage in a sentence when there is none to adopt."""
    if not path.exists():
        raise BadUsage(f"{path} does not exist")
    if path.is_file() and path.suffix != ".py":
        raise BadUsage(f"{path} is no Python file", hint="name the chute's file, or its folder")
    if not (path.is_file() or path.is_dir()):
        raise BadUsage(f"{path} is neither a file nor a folder")
    tree = Tree.of(path)
    repository = Repository(tree)
    if ".copier-answers.yml" in tree.known and "chutekit/__init__.py" in tree.known:
        raise BadUsage(
            f"{path} was made by chute-new already", hint="`chute-new update` brings it up to date"
        )
    _readable(path, repository)
    if not repository.chutes and (template := _unknown_template(repository)):
        raise BadUsage(
            f"{path} makes its chute by {template}, a template that today's SDK has not",
            hint="chute-new create --set workload=llm makes a chute around a model",
        )
    prototype = Prototype(repository, _only(path, repository.chutes))
    _plain(path, prototype)
    return prototype


def _readable(path: Path, repository: Repository) -> None:
    if repository.single:
        name = repository.tree.names[0]
        if why := repository.tree.broken(name):
            raise BadUsage(f"{path} is not Python that can be read: {why}")
        if repository.tree.module(name) is None:
            raise BadUsage(f"{path} cannot be read: it is no text, or larger than a chute can be")


def _unknown_template(repository: Repository) -> str:
    """The template of an older or a newer SDK that makes a chute."""
    for module in repository.modules:
        for _, name in module.named_calls:
            if name.startswith("chutes.chute.template."):
                return name.rpartition(".")[2]
    return ""


def _only(path: Path, chutes: list[Chute]) -> Chute:
    if not chutes:
        raise BadUsage(
            f"{path} declares no chute that can be seen without running it", hint=READ_WHOLE
        )
    first = chutes[0]
    if any(chute.node is not first.node for chute in chutes):
        titles = " and ".join(dict.fromkeys(chute.title for chute in chutes[:3]))
        where = ", ".join(dict.fromkeys(chute.module.path for chute in chutes))
        raise BadUsage(
            f"{path} declares more than one chute: {titles} in {where}",
            hint="name the file of one of them",
        )
    return first


def _plain(path: Path, prototype: Prototype) -> None:
    """Refuse what only running could show."""
    chute = prototype.chute
    statement = _statement(chute.node)
    if function_around(chute.node) or function_around(chute.site) or statement is None:
        raise BadUsage(f"{path} makes its chute at run time, inside of a function", hint=READ_WHOLE)
    if chute.kind.classes:
        raise BadUsage(
            f"{path} makes its chute by a class of its own, {chute.kind.classes[0].name}",
            hint=READ_WHOLE,
        )
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        raise BadUsage(f"{path} makes its chute under a condition", hint=READ_WHOLE)
    functions = [cord.function for cord in prototype.cords]
    functions += [hook.function for hook in prototype.hooks]
    elsewhere = {home(each).path for each in functions} - {prototype.module.path}
    if elsewhere:
        raise BadUsage(
            f"{path} has endpoints or hooks of its chute in {', '.join(sorted(elsewhere))} besides",
            hint=READ_WHOLE,
        )
    nested = [each for each in functions if not isinstance(parent(each), ast.Module)]
    if nested:
        raise BadUsage(
            f"{path} makes {nested[0].name} at run time, inside of something",
            hint=READ_WHOLE,
        )
    custom = next((cord for cord in prototype.cords if cord.custom), None)
    if custom is not None:
        raise BadUsage(f"{path} makes its cords by a decorator of its own, {custom.custom}")
    if not (prototype.cords or chute.kind.builder):
        raise BadUsage(f"{path} declares a chute without an endpoint that can be seen")
    if prototype.repository.single:
        _nothing_beside(path, prototype.module)


def _nothing_beside(path: Path, module: Module) -> None:
    """What a single file imports from beside it is part of the prototype, too."""
    for name in sorted(module.imported_modules):
        first = name.partition(".")[0]
        beside = path.parent / first
        if first and (beside.with_suffix(".py").is_file() or (beside / "__init__.py").is_file()):
            raise BadUsage(
                f"{path} imports {first}, which lies beside it", hint="name the folder of both"
            )


def _statement(node: ast.AST) -> ast.stmt | None:
    """The statement at the margin that a node is part of."""
    around = ancestors(node)
    for inner, outer in zip([node, *around], around, strict=False):
        if isinstance(outer, ast.Module):
            return inner if isinstance(inner, ast.stmt) else None
    return None


def statement(node: ast.AST) -> ast.stmt:
    """The statement at the left margin that a node is part of."""
    found = _statement(node)
    assert found is not None
    return found


def _priority(hook: Hook) -> int:
    if hook.call is None:
        return 50
    given = [*hook.call.args, *(k.value for k in hook.call.keywords if k.arg == "priority")]
    value = given[0] if given else None
    known = isinstance(value, ast.Constant) and isinstance(value.value, int)
    return int(value.value) if known and isinstance(value, ast.Constant) else 50  # type: ignore[arg-type]
