"""The view of a repository that checks work on, found once and lazily."""

import ast
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from scaffold.check.client import Client
from scaffold.check.cords import Cords
from scaffold.check.declared import Chute, Cord
from scaffold.check.images import Images
from scaffold.check.module import FunctionNode, Module, ancestors, home, own_nodes
from scaffold.check.reach import at_import, reached
from scaffold.check.scripts import Script, called, scripts
from scaffold.check.tree import Tree
from scaffold.check.values import local_function, scope_of
from scaffold.generated import record


class Repository(Images, Cords):
    """Everything declared below one folder, or in one file."""

    def __init__(self, tree: Tree, loaded: Mapping[str, Any] | None = None) -> None:
        super().__init__(tree, loaded)
        self._code_of: dict[Chute, list[Module]] = {}
        self._mentioned: dict[tuple[str, ...], bool] = {}

    @cached_property
    def deployed(self) -> list[Module]:
        """The files that declare chutes and what they import of the repository."""
        wanted = list(dict.fromkeys(chute.module.path for chute in self.chutes))
        wanted += [cord_module.path for cord_module in self.decorated_modules]
        return self.with_imports(wanted)

    @cached_property
    def imported(self) -> set[str]:
        """The dotted names of what deployed files import."""
        return {dotted for module in self.deployed for dotted in module.imported_modules}

    def code_of(self, chute: Chute) -> list[Module]:
        """The files of one chute: what declares it and its cords, and what they import."""
        if chute not in self._code_of:
            own = [chute.module, home(chute.node)]
            own += [home(cord.function) for cord in self.cords_of(chute)]
            self._code_of[chute] = self.with_imports(module.path for module in own)
        return self._code_of[chute]

    @cached_property
    def chute_modules(self) -> list[Module]:
        """The files that declare a chute or cords."""
        paths = dict.fromkeys([chute.module.path for chute in self.chutes])
        paths |= dict.fromkeys(home(chute.node).path for chute in self.chutes)
        paths |= dict.fromkeys(module.path for module in self.decorated_modules)
        return [module for module in self.modules if module.path in paths]

    @cached_property
    def scripts(self) -> list[Script]:
        """The commands in shell and Python scripts, workflows, Makefiles and documentation."""
        return [*scripts(self.tree), *called(self.modules, self)]

    @cached_property
    def answers(self) -> dict[str, Any]:
        """What a repository made by chute-new was asked for; empty for others."""
        return record.parsed(self.tree.text(record.NAME))

    def settled(self, **settings: Any) -> str:
        """Words for "the owner answered so", when a generated repository's answers say the same."""
        answers = self.answers
        if "workload" in answers and all(answers.get(k) == v for k, v in settings.items()):
            return f"chosen in {record.NAME}"
        return ""

    @cached_property
    def request_code(self) -> list[FunctionNode]:
        """Functions that run for a request: those of the chute's file, and what they call."""
        hooks = {hook.function for hook in self.hooks}
        other = {f for module in self.chute_modules for f in at_import(module)} | hooks
        own = [f for module in self.chute_modules for f in module.functions if f not in other]
        queue = [f for f in own if other.isdisjoint(ancestors(f))]
        seen: dict[FunctionNode, None] = {}
        while queue:
            function = queue.pop()
            if function in seen:
                continue
            seen[function] = None
            for node in own_nodes(function):
                if isinstance(node, ast.Call):
                    called = local_function(node.func, scope_of(node, self))
                    if called is not None and called not in hooks:
                        queue.append(called)
        return list(seen)

    @cached_property
    def cord_code(self) -> list[tuple[Cord, list[FunctionNode]]]:
        """Each cord with its function and what that calls of the repository."""
        return [(c, reached(c.function, self)) for c in self.cords if c.kind == "cord"]

    @cached_property
    def clients(self) -> list[tuple[Cord, Client]]:
        """Each cord with where what clients send gets to."""
        return [(c, Client(self, c)) for c in self.cords if c.kind == "cord"]

    @cached_property
    def _clients_of(self) -> dict[FunctionNode, list[Client]]:
        found: dict[FunctionNode, list[Client]] = {}
        for _, client in self.clients:
            for function in client.held:
                found.setdefault(function, []).append(client)
        return found

    def clients_of(self, function: FunctionNode) -> list[Client]:
        """The clients of whom something gets to this function."""
        return self._clients_of.get(function, [])

    def mention(self, *words: str) -> bool:
        """Does any deployed file hold one of these words?"""
        if words not in self._mentioned:
            found = any(word in module.text for module in self.deployed for word in words)
            self._mentioned[words] = found
        return self._mentioned[words]

    @cached_property
    def answering(self) -> set[FunctionNode]:
        """The functions whose value clients get: of cords, and what those return the calls of."""
        found = set(self.cord_functions)
        queue = list(found)
        while queue:
            for node in own_nodes(queue.pop()):
                call = _said(node.value) if isinstance(node, ast.Return) else None
                called = local_function(call.func, scope_of(call, self)) if call else None
                if called is not None and called not in found:
                    found.add(called)
                    queue.append(called)
        return found

    def calls(self, module: Module) -> list[tuple[ast.Call, str]]:
        """All calls of a module whose function is a dotted name, with that name."""
        return module.named_calls


def _said(node: ast.expr | None) -> ast.Call | None:
    """The call whose value is returned, as it is or through a method: `f(x).model_dump()`."""
    if isinstance(node, ast.Await):
        return _said(node.value)
    if not isinstance(node, ast.Call):
        return None
    within = _said(node.func.value) if isinstance(node.func, ast.Attribute) else None
    return within or node
