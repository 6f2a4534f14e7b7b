"""The view of a repository that checks work on, found once and lazily."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from scaffold.check import sdk
from scaffold.check.client import Client
from scaffold.check.declared import (
    Arguments,
    Chute,
    ChuteKind,
    Cord,
    Directive,
    Hook,
    Image,
    Selector,
    directive,
)
from scaffold.check.module import FunctionNode, Module, ancestors, home, own_nodes
from scaffold.check.reach import at_import, reached
from scaffold.check.scripts import Script, called, scripts
from scaffold.check.tree import Tree
from scaffold.check.values import (
    Scope,
    calling,
    dotted,
    full_name,
    local_class,
    local_function,
    origin,
    scope_of,
)
from scaffold.generated import record

# What a chute is given to that adds no cord.
_NO_CORDS = (
    "print",
    "uvicorn.",
    "asyncio.",
    "isinstance",
    "getattr",
    "hasattr",
    "logger.",
    "loguru.",
)
MAX_CALL_DEPTH = 4
MAX_CHUTES = 200


class Repository:
    """Everything declared below one folder, or in one file."""

    def __init__(self, tree: Tree, loaded: Mapping[str, Any] | None = None) -> None:
        self.tree = tree
        self.loaded = loaded or {}
        self._found: dict[tuple[str, str], Module | None] = {}
        self._image_of: dict[Chute, Image | None] = {}
        self._code_of: dict[Chute, list[Module]] = {}
        self._mentioned: dict[tuple[str, ...], bool] = {}

    @property
    def single(self) -> bool:
        """Is it one file, so that nothing can be said about the files beside it?"""
        return self.tree.single

    @cached_property
    def modules(self) -> list[Module]:
        """All Python files that parse and are no tests."""
        found = (self.tree.module(name) for name in self.sources)
        return [module for module in found if module is not None]

    @cached_property
    def sources(self) -> list[str]:
        """The Python files that are no tests."""
        names = [name for name in self.tree.names if name.endswith(".py")]
        return names if self.single else [name for name in names if not _is_test(name)]

    def find(self, dotted_name: str, beside: Module) -> Module | None:
        """The repository's module of that name; `beside` tells from where it is imported."""
        key = (dotted_name, beside.path)
        if key not in self._found:
            self._found[key] = self._find(*key)
        return self._found[key]

    def _find(self, dotted_name: str, beside: str) -> Module | None:
        path = dotted_name.replace(".", "/")
        folder = beside
        while True:
            folder = folder.rpartition("/")[0]
            for ending in (".py", "/__init__.py"):
                name = f"{folder}/{path}{ending}".lstrip("/")
                if name in self.tree.known and name != beside:
                    return self.tree.module(name)
            if not folder:
                return None

    # --- chutes ---------------------------------------------------------------------------------

    @cached_property
    def chutes(self) -> list[Chute]:
        """Every chute, once for each way its factory is called."""
        found: list[Chute] = []
        names = {"Chute", *sdk.BUILDERS} | {
            node.name for module in self.modules for node in module.of(ast.ClassDef) if node.bases
        }
        for module in self.modules:
            for call, name in module.named_calls:
                if name.rpartition(".")[2] in names:
                    kind = self.chute_kind(call.func, scope_of(call, self))
                    if kind is not None and not _inside_own_class(call, kind):
                        found += self._made(call, kind)
        return found[:MAX_CHUTES]

    def chute_kind(self, node: ast.AST, scope: Scope) -> ChuteKind | None:
        """What kind of chute calling this makes, if one."""
        name = self._sdk_name(node, scope)
        if name == "Chute" or name in sdk.BUILDERS:
            return ChuteKind(name)
        classes: list[ast.ClassDef] = []
        found = local_class(node, scope)
        while found is not None and len(classes) < 10 and found not in classes:
            classes.append(found)
            inside = scope_of(found, self)
            for base in found.bases:
                if self._sdk_name(base, inside) == "Chute":
                    return ChuteKind("Chute", tuple(classes))
            parents = [local_class(base, inside) for base in found.bases]
            found = next((kind for kind in parents if kind is not None), None)
        return None

    def _sdk_name(self, node: ast.AST, scope: Scope) -> str | None:
        """The SDK's name for what a name stands for; undefined names are taken for the SDK's."""
        written = dotted(node)
        if written is None:
            return None
        first, _, rest = written.partition(".")
        name = ast.Name(first, lineno=getattr(node, "lineno", 0))
        meaning = scope.meaning(name)
        full = f"{meaning}.{rest}" if meaning and rest else meaning or ""
        if full.startswith("chutes."):
            return full.rpartition(".")[2]
        return written if meaning is None and not rest else None

    def _made(self, call: ast.Call, kind: ChuteKind) -> Iterator[Chute]:
        for scope, site in self._ways(call):
            arguments = Arguments(call, scope, kind.parameters)
            variable = _target(site)
            loaded = self.loaded.get(home(site).path, {}).get(variable, {})
            yield Chute(kind, arguments, variable, site, self._inherited(kind, call, scope), loaded)

    def _ways(self, call: ast.Call, depth: int = 0) -> Iterator[tuple[Scope, ast.Call]]:
        """The scopes in which a call is made, by who calls the functions around it."""
        scope = scope_of(call, self)
        function = scope.owner
        sites: list[ast.Call] = []
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and depth < MAX_CALL_DEPTH:
            sites = self._callers(function)
        if not sites:
            yield scope, call
            return
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for site in sites:
            for outer, first in self._ways(site, depth + 1):
                yield calling(site, function, outer), first

    def _callers(self, function: FunctionNode) -> list[ast.Call]:
        found = []
        for module in self.modules:
            if function.name not in module.text:
                continue
            for call, name in module.named_calls:
                if (
                    name.rpartition(".")[2] == function.name
                    and local_function(call.func, scope_of(call, self)) is function
                ):
                    found.append(call)
        return found

    def _inherited(
        self, kind: ChuteKind, call: ast.Call, scope: Scope
    ) -> dict[str, tuple[ast.expr, Scope]]:
        """What the constructors of the repository's own classes hand to the SDK's."""
        found: dict[str, tuple[ast.expr, Scope]] = {}
        inside, at = call, scope
        for cls in kind.classes:
            init = next(
                (m for m in cls.body if isinstance(m, ast.FunctionDef) and m.name == "__init__"),
                None,
            )
            if init is None:
                continue
            bound = calling(inside, init, at)
            for node in own_nodes(init):
                if isinstance(node, ast.Call) and dotted(node.func) is None:
                    function = node.func
                    if isinstance(function, ast.Attribute) and function.attr == "__init__":
                        for keyword in node.keywords:
                            if keyword.arg:
                                found[keyword.arg] = (keyword.value, bound)
        return found

    @cached_property
    def deployed(self) -> list[Module]:
        """The files that declare chutes and what they import of the repository."""
        wanted = list(dict.fromkeys(chute.module.path for chute in self.chutes))
        wanted += [cord_module.path for cord_module in self._decorated_modules]
        return self._with_imports(wanted)

    def _with_imports(self, paths: Iterable[str]) -> list[Module]:
        queue = list(dict.fromkeys(paths))
        seen: dict[str, Module] = {}
        while queue:
            module = self.tree.module(queue.pop(0))
            if module is None or module.path in seen:
                continue
            seen[module.path] = module
            for name in sorted(module.imported_modules):
                found = self.find(name, module)
                if found is not None:
                    queue.append(found.path)
        return list(seen.values())

    @cached_property
    def imported(self) -> set[str]:
        """The dotted names of what deployed files import."""
        return {dotted for module in self.deployed for dotted in module.imported_modules}

    def code_of(self, chute: Chute) -> list[Module]:
        """The files of one chute: what declares it and its cords, and what they import."""
        if chute not in self._code_of:
            own = [chute.module, home(chute.node)]
            own += [home(cord.function) for cord in self.cords_of(chute)]
            self._code_of[chute] = self._with_imports(module.path for module in own)
        return self._code_of[chute]

    @cached_property
    def chute_modules(self) -> list[Module]:
        """The files that declare a chute or cords."""
        paths = dict.fromkeys([chute.module.path for chute in self.chutes])
        paths |= dict.fromkeys(home(chute.node).path for chute in self.chutes)
        paths |= dict.fromkeys(module.path for module in self._decorated_modules)
        return [module for module in self.modules if module.path in paths]

    @cached_property
    def _decorated_modules(self) -> list[Module]:
        return list(dict.fromkeys(home(thing.function) for thing in self._decorated))

    # --- hardware and images --------------------------------------------------------------------

    def selector(self, chute: Chute) -> Selector | None:
        """The chute's NodeSelector, when the call that makes it can be seen."""
        if "node_selector" not in chute.arguments and "node_selector" not in chute.inherited:
            return None
        entry = chute.arguments.nodes.get("node_selector") or chute.inherited["node_selector"]
        node, scope = origin(*entry)
        if isinstance(node, ast.Call) and self._sdk_name(node.func, scope) == "NodeSelector":
            return Selector(Arguments(node, scope))
        return None

    @cached_property
    def selectors(self) -> list[Selector]:
        """Every NodeSelector, once."""
        found: dict[int, Selector] = {}
        for chute in self.chutes:
            selector = self.selector(chute)
            if selector is not None:
                found[id(selector.node)] = selector
        for module in self.modules:
            for call, name in module.named_calls:
                if name.rpartition(".")[2] == "NodeSelector":
                    scope = scope_of(call, self)
                    if self._sdk_name(call.func, scope) == "NodeSelector":
                        found.setdefault(id(call), Selector(Arguments(call, scope)))
        return list(found.values())

    @cached_property
    def images(self) -> list[Image]:
        """Every Image with its directives."""
        found: dict[int, Image] = {}
        for module in self.modules:
            if "Image" not in module.text:
                continue
            calls = [call for call, _ in module.named_calls if self._is_image(call)]
            chains = self._chains(module) if calls else {}
            for call in calls:
                scope = next((scope for scope, _ in self._ways(call)), scope_of(call, self))
                arguments = Arguments(call, scope, sdk.IMAGE)
                found[id(call)] = Image(arguments, tuple(chains.get(id(call), ())))
        return list(found.values())

    @cached_property
    def _image_made_by(self) -> dict[int, Image]:
        return {id(image.node): image for image in self.images}

    def image(self, chute: Chute) -> Image | None:
        """The chute's image, when it is built in this repository."""
        if chute not in self._image_of:
            self._image_of[chute] = self._built(chute)
        return self._image_of[chute]

    def _built(self, chute: Chute) -> Image | None:
        entry = chute.arguments.nodes.get("image") or chute.inherited.get("image")
        if entry is None:
            return None
        root = self._root(*entry)
        return self._image_made_by.get(id(root))

    def _is_image(self, call: ast.Call) -> bool:
        scope = scope_of(call, self)
        if self._sdk_name(call.func, scope) != "Image":
            return False
        imported = (full_name(call.func, scope.module) or "").startswith("chutes.")
        return imported or any(k.arg in ("username", "tag") for k in call.keywords)

    def _root(self, node: ast.expr, scope: Scope, depth: int = 0) -> ast.Call | None:
        """The Image(...) at the bottom of a chain of method calls."""
        while depth < 500:
            depth += 1
            if isinstance(node, ast.Call):
                if self._is_image(node):
                    return node
                if not isinstance(node.func, ast.Attribute):
                    followed = origin(node, scope)
                    if followed[0] is node:
                        return None
                    node, scope = followed
                    continue
                node = node.func.value
            elif isinstance(node, ast.Name):
                for value, inside in _candidates(node, scope):
                    if value is not node and node.id not in _receivers(value):
                        root = self._root(value, inside, depth + 10)
                        if root is not None:
                            return root
                followed = origin(node, scope)
                if followed[0] is node:
                    return None
                node, scope = followed
            else:
                followed = origin(node, scope)
                if followed[0] is node:
                    return None
                node, scope = followed
        return None

    def _chains(self, module: Module) -> dict[int, list[Directive]]:
        found: dict[int, list[Directive]] = {}
        calls = [c for c in module.of(ast.Call) if isinstance(c.func, ast.Attribute)]
        calls.sort(key=lambda c: (c.end_lineno or 0, c.end_col_offset or 0))
        for call in calls:
            function = call.func
            assert isinstance(function, ast.Attribute)
            scope = scope_of(call, self)
            root = self._root(function.value, scope)
            if root is not None:
                found.setdefault(id(root), []).append(directive(call, function.attr, scope))
        return found

    # --- cords and hooks ------------------------------------------------------------------------

    @cached_property
    def cords(self) -> list[Cord]:
        """Every function that answers requests, and with kind "job" every job."""
        return [thing for thing in self._decorated if isinstance(thing, Cord)]

    @cached_property
    def _cords_of(self) -> dict[Chute | None, list[Cord]]:
        found: dict[Chute | None, list[Cord]] = {}
        for cord in self.cords:
            for chute in cord.chutes or (None,):
                found.setdefault(chute, []).append(cord)
        return found

    def cords_of(self, chute: Chute, *, loose: bool = True) -> list[Cord]:
        """The cords and jobs of one chute; `loose` are those of which it cannot be told whose."""
        own = self._cords_of.get(chute, [])
        return [*own, *self._cords_of.get(None, [])] if loose else own

    def handed_on(self, chute: Chute) -> bool:
        """Is it an argument of a call of something that cannot be read here?"""
        module = home(chute.node)
        return bool(chute.variable) and any(
            isinstance(argument, ast.Name)
            and argument.id == chute.variable
            and isinstance(call.func, ast.Name | ast.Attribute)
            and not (full_name(call.func, module) or "").startswith(_NO_CORDS)
            and local_function(call.func, scope_of(call, self)) is None
            for call in module.of(ast.Call)
            for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        )

    @cached_property
    def hooks(self) -> list[Hook]:
        """Every start-up and shutdown hook."""
        return [thing for thing in self._decorated if isinstance(thing, Hook)]

    @cached_property
    def bare_cords(self) -> list[ast.expr]:
        """Decorators `@chute.cord` without the parentheses they need."""
        found: list[ast.expr] = []
        for module in self.modules:
            for function in module.functions:
                for decorator in function.decorator_list:
                    if (
                        isinstance(decorator, ast.Attribute)
                        and decorator.attr in ("cord", "job")
                        and self._receives(decorator.value, function) is not None
                    ):
                        found.append(decorator)
        return found

    @cached_property
    def _decorated(self) -> list[Cord | Hook]:
        found: list[Cord | Hook] = []
        for module in self.modules:
            for function in module.functions:
                for decorator in function.decorator_list:
                    thing = self._decoration(decorator, function)
                    if thing is not None:
                        found.append(thing)
        return found

    def _decoration(self, decorator: ast.expr, function: FunctionNode) -> Cord | Hook | None:
        call = decorator if isinstance(decorator, ast.Call) else None
        target = call.func if call else decorator
        if not isinstance(target, ast.Attribute):
            return None
        chutes = self._receives(target.value, function)
        if chutes is None:
            return None
        if target.attr in ("on_startup", "on_shutdown"):
            return Hook(target.attr, decorator, call, function, chutes)
        own = next((c.kind.method(target.attr) for c in chutes if c.kind.method(target.attr)), None)
        if call is None or (target.attr not in ("cord", "job") and own is None):
            return None
        if target.attr not in ("cord", "job") and "cord" not in target.attr:
            return None
        custom = f"{chutes[0].kind.classes[0].name}.{target.attr}" if own and chutes else ""
        arguments = Arguments(call, scope_of(call, self))
        kind = "job" if target.attr == "job" else "cord"
        return Cord(kind, call, arguments, function, chutes, custom)

    @cached_property
    def _chutes_made_by(self) -> dict[int, tuple[Chute, ...]]:
        found: dict[int, tuple[Chute, ...]] = {}
        for chute in self.chutes:
            found[id(chute.node)] = (*found.get(id(chute.node), ()), chute)
        return found

    def _receives(self, node: ast.expr, function: FunctionNode) -> tuple[Chute, ...] | None:
        """The chutes a decorator belongs to; None when it is no chute's."""
        if isinstance(node, ast.Attribute) and node.attr == "chute":
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        scope = scope_of(function, self)
        found, inside = origin(node, scope)
        if isinstance(found, ast.Attribute) and found.attr == "chute":
            found, _ = origin(found.value, inside)
        if isinstance(found, ast.Call):
            hidden = () if "chute" in node.id.lower() else None
            return self._chutes_made_by.get(id(found), hidden)
        named = tuple(c for c in self.chutes if c.variable == node.id)
        if named and any(home(c.node) is scope.module for c in named):
            return named
        if node.id not in scope.module.bound or _is_parameter(node.id, function):
            return () if "hute" in scope.module.text else None
        # The variable is assigned in a way that hides what: by its name, then.
        return () if "chute" in node.id.lower() and found is node else None

    # --- the rest -------------------------------------------------------------------------------

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
    def cord_functions(self) -> set[FunctionNode]:
        """The functions that answer requests or do jobs."""
        return {cord.function for cord in self.cords}

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

    @cached_property
    def health_cords(self) -> set[FunctionNode]:
        """The functions that answer health checks."""
        return {cord.function for cord in self.cords if cord.is_health}

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


def _is_test(name: str) -> bool:
    parts = PurePosixPath(name)
    if any(part in ("tests", "test") for part in parts.parts[:-1]):
        return True
    return parts.name.startswith("test_") or parts.name == "conftest.py"


def _target(call: ast.Call) -> str:
    """The module-level variable a call is assigned to."""
    for around in ancestors(call):
        if isinstance(around, ast.Assign | ast.AnnAssign):
            targets = around.targets if isinstance(around, ast.Assign) else [around.target]
            first = targets[0]
            return first.id if isinstance(first, ast.Name) and around.value is call else ""
        if isinstance(around, ast.stmt):
            return ""
    return ""


def _inside_own_class(call: ast.Call, kind: ChuteKind) -> bool:
    return any(around in kind.classes for around in ancestors(call))


def _candidates(node: ast.Name, scope: Scope) -> list[tuple[ast.expr, Scope]]:
    at: Scope | None = scope
    while at is not None:
        if node.id in at.bound:
            return [at.bound[node.id]]
        assigned = at.module.assigned.get(at.owner, {}).get(node.id, [])
        if assigned:
            return [(value, at) for value in assigned if value is not None]
        at = at.outer
    return []


def _receivers(node: ast.expr) -> set[str]:
    """The name at the bottom of a chain of method calls."""
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _is_parameter(name: str, function: FunctionNode) -> bool:
    """Is it an argument of a function around this one?"""
    for around in ancestors(function):
        if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            arg.arg == name for arg in around.args.args
        ):
            return True
    return False
