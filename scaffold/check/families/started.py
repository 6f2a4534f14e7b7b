"""SU, second part: what a start-up leaves behind for the cords."""

import ast
import re
from collections.abc import Iterator

from scaffold.check import sdk
from scaffold.check.catalog import check
from scaffold.check.code import (
    calls_in,
    constant,
    covers,
    inside_class,
    last,
    loading,
    names_in,
    on_self,
    text_of,
)
from scaffold.check.declared import Chute, Cord, Hook, Image, at, literals, unsure
from scaffold.check.model import Answer, Severity
from scaffold.check.module import (
    FunctionNode,
    Module,
    ancestors,
    function_around,
    home,
    own_nodes,
    parent,
)
from scaffold.check.reach import callee, reached
from scaffold.check.repository import Repository
from scaffold.check.values import full_name, scope_of


@check(
    "SU116",
    "A start-up that fails is taken for one that worked",
    Severity.BREAKS,
    each="hook",
    why="""When the hook returns, the instance is active and gets requests, loaded or not. One that
    has swallowed the failure answers each of them with an error, is billed, and is not replaced;
    one whose hook raises is ended after 60 seconds and started elsewhere.""",
    fix="Let it raise; log it before, if you like: logger.exception(...), then raise.",
    before="try:\n    self.pipe = load()\nexcept Exception as e:\n    logger.error(e)",
    after="try:\n    self.pipe = load()\nexcept Exception:\n    logger.exception('')\n    raise",
)
def swallows_start(repository: Repository, hook: Hook) -> Iterator[Answer]:
    """Broad handlers around what loads, that neither raise, end the process nor load another.

    What loads is known by its name; in a hook without such a name it is what a handler replaces
    by None and a cord uses.
    """
    if hook.kind != "on_startup" or hook.call is None:
        return
    functions = reached(hook.function, repository)
    named = any(loading(*called) for function in functions for called in calls_in(function))
    used = set() if named else {n for c in repository.cords for n in _read_by(c)}
    for function in functions:
        for node in own_nodes(function):
            if isinstance(node, ast.Try):
                loads = _loads_in(node.body, hook.me)
                for handler in node.handlers:
                    lost = loads or bool(_lost(node, handler) & used)
                    if lost and _broad(handler) and not _goes_on(handler) and not _repeated(node):
                        yield at(handler, f"{hook.function.name}() returns as if it had loaded")
            elif (
                isinstance(node, ast.With)
                and any(map(_suppressing, node.items))
                and _loads_in(node.body, hook.me)
                and not _repeated(node)
            ):
                yield at(node, f"{hook.function.name}() returns as if it had loaded")


def _read_by(cord: Cord) -> set[str]:
    """The names and attributes in a cord, those that getattr is given included."""
    asked = [
        text
        for call, name in calls_in(cord.function)
        if name == "getattr"
        for _, text in literals(call.args)
    ]
    return names_in(cord.function) | set(asked)


def _loads_in(body: list[ast.stmt], me: str) -> bool:
    calls = [node for part in body for node in ast.walk(part) if isinstance(node, ast.Call)]
    return any(loading(call, full_name(call.func, home(call)) or "") for call in calls)


def _lost(node: ast.Try, handler: ast.ExceptHandler) -> set[str]:
    """The names and attributes that are made in a try, and are None after its handler."""
    made = {name for name, value in _given(node.body) if isinstance(value, ast.Call)}
    return {
        last(name)
        for name, value in _given(handler.body)
        if isinstance(value, ast.Constant) and value.value is None and name in made
    }


def _given(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for node in (inner for part in body for inner in ast.walk(part)):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield ast.unparse(target), node.value


def _suppressing(item: ast.withitem) -> bool:
    """Is it contextlib.suppress of every exception?"""
    call = item.context_expr
    return (
        isinstance(call, ast.Call)
        and full_name(call.func, home(call)) == "contextlib.suppress"
        and any(ast.unparse(kind) in ("Exception", "BaseException") for kind in call.args)
    )


def _broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(kind) in ("Exception", "BaseException") for kind in types)


def _goes_on(handler: ast.ExceptHandler) -> bool:
    """Does it raise, end the process, or load something else?"""
    for node in [part for inner in handler.body for part in ast.walk(inner)]:
        if isinstance(node, ast.Raise | ast.Return | ast.Continue):
            return not isinstance(node, ast.Return)
        if isinstance(node, ast.Call):
            name = full_name(node.func, home(node)) or ""
            ends = name in ("os._exit", "sys.exit", "exit", "quit", "os.kill", "os.abort")
            if ends or loading(node, name) or not name.startswith(_TELLING):
                return True
    return False


_TELLING = (
    "loguru.",
    "logging.",
    "logger.",
    "log.",
    "print",
    "traceback.",
    "str",
    "repr",
    "type",
    "self.log",
    "warnings.",
    "torch.cuda.empty_cache",
    "gc.collect",
)


def _repeated(node: ast.AST) -> bool:
    return any(isinstance(around, ast.For | ast.While | ast.AsyncFor) for around in ancestors(node))


@check(
    "SU117",
    "A cord uses what no hook sets",
    Severity.BREAKS,
    why="""What a cord reads from self has to be put there when the instance starts. Where no
    hook that runs does it, every call ends in AttributeError, a 500. Often the hook has lost its
    decorator.""",
    fix="Set it in a function decorated with @chute.on_startup().",
    before="# @chute.on_startup()\nasync def load(self):\n    self.pipe = load_model()",
    after="@chute.on_startup()\nasync def load(self):\n    self.pipe = load_model()",
)
def not_set(repository: Repository) -> Iterator[Answer]:
    """Attributes that cords read and that no code that can run assigns."""
    stored = _stored(repository)
    for cord in repository.cords:
        given = cord.function.args.args
        if not cord.chutes or not given or inside_class(cord.function) or cord.custom:
            continue
        assigned = _assigned(stored, cord)
        reported: set[str] = set()
        for node in own_nodes(cord.function) if assigned is not None else ():
            if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
                continue
            name = on_self(node, given[0].arg)
            known = name in sdk.ATTRIBUTES or name in reported or name in ("app", "username")
            if name and not known and name not in (assigned or ()):
                reported.add(name)
                if not _never_stored(repository, node, name):
                    yield at(node, f"nothing that runs sets {given[0].arg}.{name}")


def _never_stored(repository: Repository, node: ast.Attribute, name: str) -> bool:
    """Is it called and assigned nowhere at all? SU107 says so."""
    called = isinstance(parent(node), ast.Call) and getattr(parent(node), "func", None) is node
    stored = any(
        attribute.attr == name and isinstance(attribute.ctx, ast.Store)
        for module in repository.deployed
        for attribute in module.of(ast.Attribute)
    )
    return called and not stored


def _assigned(stored: set[str] | None, cord: Cord) -> set[str] | None:
    """The attributes that the chute of a cord has; None where that cannot be told."""
    own: set[str] = set()
    for chute in cord.chutes:
        own |= chute.kind.members
        if chute.kind.builder or (len(chute.kind.classes) > 0 and not chute.kind.members):
            return None
    return None if stored is None else stored | own if own else stored


def _stored(repository: Repository) -> set[str] | None:
    """The attributes that code assigns which can run; None where that cannot be told."""
    found: set[str] = set()
    for hook in repository.hooks:
        for call, _ in calls_in(hook.function):
            passed = any(getattr(argument, "id", "") == hook.me for argument in call.args)
            if passed and callee(call.func, scope_of(call, repository)) is None:
                return None  # the chute is handed to code that is not here
    for module in repository.deployed:
        if "setattr(" in module.text or ".__dict__" in module.text:
            return None
        dead = _dead(repository, module)
        for node in module.of(ast.Attribute):
            if isinstance(node.ctx, ast.Store) and function_around(node) not in dead:
                found.add(node.attr)
        found |= {text for _, text in literals(module.of(ast.Constant)) if text.isidentifier()}
    return found


def _dead(repository: Repository, module: Module) -> set[FunctionNode]:
    """Functions at the top of a file that nothing decorates, calls or names."""
    named = {node.id for node in module.of(ast.Name)} | {n.attr for n in module.of(ast.Attribute)}
    loose = [
        function
        for function in module.functions
        if isinstance(parent(function), ast.Module)
        and not function.decorator_list
        and function.name not in named
    ]
    others = [other.text for other in repository.deployed if other is not module] if loose else []
    return {one for one in loose if not any(one.name in text for text in others)}


@check(
    "SU118",
    "Packages are installed at start-up",
    Severity.WEAKENS,
    each="hook",
    why="""Every instance installs the newest versions of that day before it can answer, on a
    machine that costs a GPU's price, and without root apt-get refuses. What is missing in the
    image belongs into the image.""",
    fix="Install it in the image: image.run_command('pip install name==version').",
    before='subprocess.run(["pip", "install", "soundfile"])  # in a startup hook',
    after='image.run_command("pip install soundfile==0.13.1")',
)
def installs(repository: Repository, hook: Hook) -> Iterator[Answer]:
    """pip, uv and apt started by a start-up hook and what it calls."""
    if hook.kind != "on_startup":
        return
    for function in reached(hook.function, repository):
        for call, name in calls_in(function):
            if name == "os.system" or name.startswith(("subprocess.", "asyncio.create_subprocess")):
                words = " ".join(text for _, text in literals(ast.walk(call)))
                found = _INSTALLING.search(words)
                if found:
                    fix = _APT if found[1].startswith("apt") else ""
                    yield at(call, f"{_when(call)} runs {found[1]} install", fix=fix)


def _when(call: ast.Call) -> str:
    """Which starts get to this call: all of them, or those where an import fails."""
    for around in ancestors(call):
        kinds = around.type if isinstance(around, ast.ExceptHandler) else None
        if kinds is not None and names_in(kinds) & {"ImportError", "ModuleNotFoundError"}:
            return "a start that lacks the package"
    return "each start of an instance"


_APT = "Install it in the image: image.apt_install('name'), as root."
_INSTALLING = re.compile(
    r"(?<!\S)(?:[^\s-]\S*)?\b(pip3?|uv|apt-get|apt|conda)(?:\s+pip)?(?:\s+-\S+)*\s+install\b"
)


@check(
    "SU119",
    "The module reads a file that is not in the image",
    Severity.BREAKS,
    each="chute",
    why="""The platform imports the module in /app, and sends no other file: what it opens at
    import must have been added by the image. Otherwise every start ends in FileNotFoundError,
    though build and deploy, in your folder, went well.""",
    fix="Write the text into the module, or add the file to the image, below /app.",
    before='readme = open("README.md").read()',
    after='readme = "Pictures from text."',
)
def unread(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """Relative paths opened by the module itself, neither on a condition nor in a try."""
    image = repository.image(chute)
    if image is None:
        return
    sources = [add.value("source") for add in image.of("add")]
    for call, name in _opened(chute.module, repository):
        if any(source.known and covers(str(source.value), name) for source in sources):
            continue
        if _may_bring(image, name) or not all(source.known for source in sources):
            yield unsure(call, f"whether the image has {name} cannot be seen")
        else:
            yield at(call, f"{name} is opened at import, and the image does not add it")


def _opened(module: Module, repository: Repository) -> Iterator[tuple[ast.Call, str]]:
    """The files that the module itself reads, by relative paths, whatever the circumstances."""
    for call in module.of(ast.Call):
        read = _read(call)
        if read is None or function_around(call) is not None:
            continue
        path = text_of(read, repository) or "/"
        if not path.startswith(("/", "~", "..")) and not any(
            isinstance(around, ast.If | ast.Try | ast.Lambda) for around in ancestors(call)
        ):
            yield call, path.removeprefix("./")


def _read(call: ast.Call) -> ast.expr | None:
    """What open() and Path(...).read_text() are given as the path, when they read."""
    if isinstance(call.func, ast.Name) and call.func.id == "open" and call.args:
        mode = str(constant(call.args[1])) if len(call.args) > 1 else "r"
        return call.args[0] if mode.startswith("r") else None
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("read_text", "read_bytes"):
        made = call.func.value
        if isinstance(made, ast.Call) and full_name(made.func, home(call)) == "pathlib.Path":
            return made.args[0] if len(made.args) == 1 else None
    return None


def _may_bring(image: Image, name: str) -> bool:
    """May the base or a command put a file of that name into /app?"""
    base = image.base
    known = base is None or (base.known and str(base.value).startswith(_BARE))
    commands = [str(value.value) if value.known else "/app" for _, value in image.commands]
    return not known or any(
        name.rpartition("/")[2] in command or _MOVING.search(command) for command in commands
    )


# Bases without files of anybody's repository, and what puts files somewhere.
_BARE = ("parachutes/", "nvidia/", "python:", "ubuntu:", "debian:")
_MOVING = re.compile(
    r"/app\b|\b(cp|mv|tar|unzip|rsync)\b|git clone\b(?:(?!git clone\b)[^&;|])*\s\.(\s|$)"
)


@check(
    "SU120",
    "What a started program prints is never read",
    Severity.BREAKS,
    each="module",
    why="""A pipe holds 64 KiB. When nobody reads it, the program stops at its next line, for ever:
    an engine that logs each request hangs after some hundred.""",
    fix="Leave stdout and stderr out: what the program prints goes to the platform's log then.",
    before="subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)",
    after="subprocess.Popen(command)",
)
def unheard(repository: Repository, module: Module) -> Iterator[Answer]:
    """Popen with a pipe whose process is not kept, so that nothing can read it."""
    for call, name in repository.calls(module):
        if last(name) == "Popen" and isinstance(parent(call), ast.Expr):
            for part in call.keywords:
                if part.arg in ("stdout", "stderr") and last(ast.unparse(part.value)) == "PIPE":
                    yield at(part, f"nobody reads this {part.arg}")
