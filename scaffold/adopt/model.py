"""The class Model of an adopted chute: the prototype's hooks and cords as its methods."""

import ast
from collections.abc import Sequence

from scaffold.adopt.endpoints import Endpoint
from scaffold.adopt.ledger import Ledger
from scaffold.adopt.pieces import Pieces, bound
from scaffold.adopt.reading import Prototype
from scaffold.adopt.source import Source, moved
from scaffold.check.declared import Hook
from scaffold.check.module import FunctionNode, own_nodes, parameters

HEAD = '''\
class Model:
    """The model: how it is loaded, and what it does. Nothing heavy before that.

    Each method is given a valid request, and `on_step` to call between steps: it raises when the
    request is to be given up.
    """

    def __init__(self, folders: Folders) -> None:
'''
WAIT = '''
    def _wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """What comes of a coroutine; all of them share one loop, as they did in the prototype."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()
'''
EACH = '''
    def _each(self, items: AsyncIterator[Any]) -> Iterator[Any]:
        """What an asynchronous generator yields, one by one."""

        async def following() -> Any:
            return await anext(items, self)

        while (item := self._wait(following())) is not self:
            yield item
'''
LOOP = """\
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="model", daemon=True).start()
"""
CONTENT = '''\
def _content(made: Any) -> bytes:
    """The bytes of what the code of a method made: a response, a file, a text, pieces."""
    if hasattr(made, "body"):
        made = made.body
    elif hasattr(made, "body_iterator"):
        made = made.body_iterator
    if hasattr(made, "read"):
        made = made.read()
    if isinstance(made, str):
        return made.encode()
    if isinstance(made, bytes | bytearray | memoryview):
        return bytes(made)
    return b"".join(_content(piece) for piece in made)
'''
CHUNK = '''\
def _chunk(made: Any) -> bytes:
    """A piece of a stream as it is sent."""
    return made.encode() if isinstance(made, str) else bytes(made)
'''


def written(
    prototype: Prototype,
    source: Source,
    pieces: Pieces,
    endpoints: Sequence[Endpoint],
    ledger: Ledger,
    *,
    shared_folders: bool,
) -> str:
    """The text of the class."""
    awaits = [each for each in endpoints if waits(each.cord.function)]
    whole = [hook for hook in prototype.hooks if _whole(hook, alone=len(prototype.hooks) == 1)]
    loop = bool(awaits) or any(_is_async(hook) for hook in whole)
    rows = [HEAD]
    used = _used(prototype, pieces, endpoints, whole)
    inside = _late(source, pieces, used)
    if shared_folders:
        inside += "        FOLDERS.update(folders)\n"
    if loop:
        inside += LOOP
    methods = ""
    for hook in prototype.hooks:
        name = f"_{hook.function.name.strip('_')}"
        if hook in whole:
            call = f"self.{name}(folders)"
            inside += f"        {f'self._wait({call})' if _is_async(hook) else call}\n"
            methods += _hook(source, hook, name)
        else:
            inside += _inlined(source, hook)
        ledger.carried(hook.function, f"start-up hook {hook.function.name}", "Model in chute.py")
    if not inside:
        inside = '        """Nothing is loaded."""\n'
    rows.append(inside)
    rows.append(methods)
    for endpoint in endpoints:
        if endpoint.same is not None:
            rows.append(_twin(endpoint))
            continue
        rows.append(_method(source, endpoint))
        to = f"Model.{endpoint.name} in chute.py"
        ledger.carried(endpoint.cord.function, f"function {endpoint.cord.function.name}", to)
    if loop:
        rows.append(WAIT)
    if any(each.cord.streams and waits(each.cord.function) for each in endpoints):
        rows.append(EACH)
    return "".join(rows)


def waits(function: FunctionNode) -> bool:
    """Does a function await anything, so that it must stay a coroutine?"""
    return isinstance(function, ast.AsyncFunctionDef) and any(
        isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
        or (isinstance(node, ast.comprehension) and node.is_async)
        for node in own_nodes(function)
    )


def _is_async(hook: Hook) -> bool:
    return waits(hook.function)


def _whole(hook: Hook, *, alone: bool) -> bool:
    """Must a hook stay a function of its own?"""
    own = own_nodes(hook.function)
    return (
        not alone
        or _is_async(hook)
        or any(isinstance(node, ast.Return | ast.Global | ast.Nonlocal) for node in own)
        or len(hook.function.decorator_list) > 1
    )


def _used(
    prototype: Prototype,
    pieces: Pieces,
    endpoints: Sequence[Endpoint],
    whole: Sequence[Hook],
) -> set[str]:
    """The names that code outside of the constructor uses."""
    parts: list[ast.AST] = [*pieces.early, *(each.cord.function for each in endpoints)]
    parts += [hook.function for hook in whole]
    return {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}


def _late(source: Source, pieces: Pieces, used: set[str]) -> str:
    """What waits until the packages are there, with the names that other code uses."""
    nodes: list[ast.stmt] = sorted([*pieces.heavy, *pieces.late], key=lambda node: node.lineno)
    if not nodes:
        return ""
    rows = ""
    if names := sorted({name for node in nodes for name in bound(node)} & used):
        line = f"        global {', '.join(names)}"
        rows = "        # What other code of this file uses, too.\n"
        rows += (
            f"{line}\n"
            if len(line) <= 100
            else "".join(f"        global {name}\n" for name in names)
        )
    texts = dict(source.blocks(source.module.tree.body, 1))
    before = False
    for node in nodes:
        wide = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        gap = "\n" if rows and (wide or before) else ""
        rows += gap + moved(texts[node].lstrip("\n"), "", " " * 8)
        before = wide
    return f"{rows}\n"


def _above(source: Source, function: FunctionNode, indent: str) -> str:
    """The comments above a function's decorators."""
    texts = dict(source.blocks(source.module.tree.body, 1))
    rows = []
    for row in texts[function].splitlines():
        if row.strip() and not row.startswith("#"):
            break
        rows += [f"{indent}{row}\n"] if row.strip() else []
    return "".join(rows)


def _alias(function: FunctionNode, default: str) -> str:
    found = parameters(function)
    return found[0].arg if found else default


def _inlined(source: Source, hook: Hook) -> str:
    me = _alias(hook.function, "self")
    rows = "" if me == "self" else f"        {me} = self\n"
    return _above(source, hook.function, " " * 8) + rows + source.body(hook.function, " " * 8)


def _hook(source: Source, hook: Hook, name: str) -> str:
    me = _alias(hook.function, "self")
    head = "async def" if _is_async(hook) else "def"
    rows = "\n" + _above(source, hook.function, "    ")
    rows += f"    {head} {name}(self, folders: Folders) -> None:\n"
    rows += "" if me == "self" else f"        {me} = self\n"
    return rows + _decorated(source, hook.function, source.body(hook.function, " " * 8))


def _decorated(source: Source, function: FunctionNode, text: str) -> str:
    """A body below the decorators that it had besides those of the chute."""
    others = [
        each
        for each in function.decorator_list
        if not (
            isinstance(target := each.func if isinstance(each, ast.Call) else each, ast.Attribute)
            and target.attr in ("cord", "on_startup", "on_shutdown", "job")
        )
    ]
    if not others:
        return text
    kind = "async def" if waits(function) else "def"
    rows = "".join(f"        @{source.text(each)}\n" for each in others)
    rows += f"        {kind} whole():\n{moved(text, '', '    ')}"
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function)):
        made = (
            "async for item in whole():\n            yield item"
            if waits(function)
            else ("yield from whole()")
        )
        return f"{rows}\n        {made}\n"
    return f"{rows}\n        return {'await ' if waits(function) else ''}whole()\n"


def _twin(endpoint: Endpoint) -> str:
    """A method for a function that had two cords."""
    assert endpoint.same is not None
    told = f'        """Answer {endpoint.method} {endpoint.path}."""\n'
    kind = "yield from" if endpoint.answer.returned.startswith("Iterator") else "return"
    call = f"self.{endpoint.same.name}(request, on_step)"
    return f"{_head(endpoint)}{told}        {kind} {call}\n"


def _method(source: Source, endpoint: Endpoint) -> str:
    function, body = endpoint.cord.function, endpoint.body
    docstring, text = _parts(source, function)
    text = _decorated(source, function, text)
    told = docstring or f'        """Answer {endpoint.method} {endpoint.path}."""\n'
    head = "\n" + _above(source, function, "    ") + _head(endpoint).lstrip("\n")
    me = _alias(function, "self")
    first = "" if me == "self" else f"        {me} = self\n"
    if not waits(function) and not endpoint.answer.joined:
        if body.alias and (body.alias, body.whole) != ("request", "request"):
            first += f"        {body.alias} = {body.whole}\n"
        return head + told + first + text
    asynchronous = waits(function)
    argument = f", {body.alias}: Any" if body.alias else ""
    call = f"self._{endpoint.name}({body.whole if body.alias else ''})"
    if endpoint.cord.streams:
        items = f"self._each({call})" if asynchronous else call
        made = f'return b"".join({items})' if endpoint.answer.joined else f"yield from {items}"
    else:
        made = f"return self._wait({call})"
    kind = "async def" if asynchronous else "def"
    own = f"\n    {kind} _{endpoint.name}(self{argument}) -> Any:\n"
    return f"{head}{told}        {made}\n{own}{first}{text}"


def _head(endpoint: Endpoint) -> str:
    request = endpoint.body.name or "Any"
    row = f"    def {endpoint.name}(self, request: {request}, on_step: OnStep) -> "
    row += f"{endpoint.answer.returned}:"
    if len(row) > 100:
        row = (
            f"    def {endpoint.name}(\n        self, request: {request}, on_step: OnStep\n"
            f"    ) -> {endpoint.answer.returned}:"
        )
    return f"\n{row}\n"


def _parts(source: Source, function: FunctionNode) -> tuple[str, str]:
    """A function's docstring and the rest of its body."""
    first = function.body[0]
    text = source.body(function, " " * 8)
    constant = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if not (constant and isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)):
        return "", text
    if not isinstance(first.value.value, str):
        return "", text
    rows = text.splitlines(keepends=True)
    # Comments may stand above it.
    start = next(n for n, row in enumerate(rows) if row.strip() and not row.strip().startswith("#"))
    length = (first.end_lineno or first.lineno) - first.lineno + 1
    return "".join(rows[: start + length]), "".join(rows[start + length :])


def settle_shutdown(prototype: Prototype, ledger: Ledger) -> None:
    """What was to be done at the end."""
    for hook in prototype.shutdown_hooks:
        ledger.left(
            hook.function,
            f"shutdown hook {hook.function.name}",
            "the SDK never runs it: start-up handles SIGTERM and lets requests end; what else must "
            "be done belongs into Model",
            "SU101",
        )
    for job in prototype.jobs:
        ledger.left(
            job.function,
            f"job {job.function.name}",
            "a chute with cords has no jobs: make another chute of it",
            "PA114",
        )
