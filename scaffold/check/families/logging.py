"""LO: what is written to the log, and where to."""

import ast
import re
import sys
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.code import calls_in, last, mentions
from scaffold.check.declared import Chute, Cord, at, unsure
from scaffold.check.model import Answer, Severity
from scaffold.check.module import FunctionNode, Module, home
from scaffold.check.repository import Repository
from scaffold.check.values import full_name

_LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "success", "trace"}
_LOGGERS = re.compile(
    r"^(self\.)?(logger|log|logging|_logger|_log|LOG|LOGGER)(\.|$)|^loguru\.logger"
)
_PERSONAL = {"prompt", "negative_prompt", "messages", "input_text", "user_input", "transcript"}
_TEXTS = {
    "text",
    "texts",
    "input",
    "inputs",
    "query",
    "question",
    "content",
    "context",
    "prefix",
    "lyrics",
    "script",
}
_SECRET = re.compile(r"(^|_)(token|secret|password|api_?key|authorization)$", re.I)
_CONFIGURED = (
    "basicConfig",
    "dictConfig",
    "fileConfig",
    "addHandler",
    "setLevel",
    "InterceptHandler",
)


def _log_calls(function: FunctionNode) -> Iterator[tuple[ast.Call, str]]:
    for call, name in calls_in(function):
        if name == "print" or (last(name) in _LEVELS and _LOGGERS.match(name)):
            yield call, name


def _said(call: ast.Call) -> Iterator[ast.expr]:
    """The expressions whose values become part of the line."""
    for node in [*call.args, *(k.value for k in call.keywords)]:
        for part in ast.walk(node):
            if isinstance(part, ast.FormattedValue):
                yield part.value
        if not isinstance(node, ast.JoinedStr | ast.Constant):
            yield node


def _whole(node: ast.expr) -> str:
    """The last name of a plain name or attribute: args.prompt is prompt; len(prompt) is nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant):
            return str(node.slice.value)
        return _whole(node.value)
    return ""


@check(
    "LO101",
    "print instead of a logger",
    Severity.STYLE,
    each="function",
    why="""Such lines have no level, no time and no request to belong to. (They do reach the
    platform's log: stdout is captured.)""",
    fix="from loguru import logger (the SDK sends it to stdout at INFO); one JSON object per line.",
    before="print('generated', seconds)",
    after="logger.info('generated in {:.2f} s', seconds)",
)
def prints(function: FunctionNode) -> Iterator[Answer]:
    """The first print of each function that runs for a request."""
    for call, name in calls_in(function):
        if name == "print":
            yield at(call, f"{function.name}() prints")
            return


@check(
    "LO102",
    "INFO lines of the logging module are dropped",
    Severity.WEAKENS,
    each="module",
    why="""Nothing configures the logging module in a chute: lines below WARNING vanish. The
    SDK itself logs with loguru.""",
    fix="logging.basicConfig(level=logging.INFO) in a startup hook, or loguru.",
    before="log = logging.getLogger(__name__)\nlog.info('ready')",
    after="from loguru import logger\nlogger.info('ready')",
)
def dropped(repository: Repository, module: Module) -> Iterator[Answer]:
    """getLogger with info or debug calls, and nothing that configures logging anywhere."""
    if repository.mention(*_CONFIGURED):
        return
    made = {
        ast.unparse(node.targets[0])
        for node in module.of(ast.Assign)
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "logging.getLogger"
    }
    for call in module.of(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("info", "debug"):
            target = ast.unparse(call.func.value)
            if target in made or (
                target == "logging" and full_name(call.func.value, module) == "logging"
            ):
                yield at(call, "without configuration this line is dropped")
                return


@check(
    "LO103",
    "What a user wrote is logged",
    Severity.WEAKENS,
    each="function",
    why="""Prompts are personal data. Logs are read, copied and kept by others than answers are.""",
    fix="Log sizes, durations, parameters and an id.",
    before="logger.info(f'prompt: {args.prompt}')",
    after="logger.info('prompt of {} characters', len(args.prompt))",
)
def personal(repository: Repository, function: FunctionNode) -> Iterator[Answer]:
    """Names such as prompt and messages as they are in a line; text and input when a client's."""
    clients = repository.clients_of(function)
    for call, _ in _log_calls(function):
        for said in _said(call):
            shown = _whole(said)
            theirs = shown in _TEXTS and any(client.sends(said, function) for client in clients)
            if shown in _PERSONAL or theirs:
                yield at(call, f"{shown} ends up in the log")
                break


@check(
    "LO104",
    "A secret is logged",
    Severity.WEAKENS,
    each="function",
    why="Whoever reads the log has the key, and logs are kept longer than keys.",
    fix="Log that it is set, not what it is.",
    before="logger.debug(f'token: {token}')",
    after="logger.debug('token set: {}', token is not None)",
)
def secret(function: FunctionNode) -> Iterator[Answer]:
    """Names of secrets as they are in a line."""
    for call, _ in _log_calls(function):
        shown = next((n for n in map(_whole, _said(call)) if _SECRET.search(n)), None)
        if shown and "max" not in shown and "num" not in shown:
            yield at(call, f"{shown} ends up in the log")


@check(
    "LO105",
    "Logs are written to a file",
    Severity.WEAKENS,
    each="module",
    why="""The platform shows stdout and stderr. A file in the container is seen by nobody,
    ends with the instance, and counts against 10 GiB of disk.""",
    fix="Log to stdout.",
    before='logging.FileHandler("/app/logs/chute.log")',
    after="logging.StreamHandler(sys.stdout)",
)
def to_file(repository: Repository, module: Module) -> Iterator[Answer]:
    """File handlers, and loguru sinks that are paths."""
    for call, name in repository.calls(module):
        if last(name) in ("FileHandler", "RotatingFileHandler", "TimedRotatingFileHandler"):
            yield at(call, "nobody sees this file")
        elif name in ("loguru.logger.add", "logger.add") and call.args:
            if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
                yield at(call, "nobody sees this file")
        elif last(name) == "basicConfig" and any(k.arg == "filename" for k in call.keywords):
            yield at(call, "nobody sees this file")


@check(
    "LO106",
    "Nothing is logged",
    Severity.WEAKENS,
    each="chute",
    why="""Of a request the SDK logs that it came, how long it took and the class of its exception.
    What the chute was doing, with what, and why it failed stands in no line.""",
    fix="Log start-up steps and one line for each request, with loguru or the logging module.",
    before="def generate(self, args): return self.pipe(args.prompt)",
    after="logger.info('generated in {:.2f} s', seconds)",
)
def silent(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """No logger and no print in anything of the chute's.

    Programs that it starts log for themselves. Whether a package does, to which the cords only
    hand requests on, cannot be seen.
    """
    if chute.kind.builder or not repository.cords:
        return
    for module in repository.code_of(chute):
        if mentions(module, "Popen", "create_subprocess"):
            return
        for name in ("loguru", "logging", "structlog", "logger"):
            if name in module.bound or name in module.imported_modules:
                return
        if any(name == "print" for _, name in repository.calls(module)):
            return
    working = [c for c in repository.cords_of(chute) if c.kind == "cord" and not c.is_health]
    if working and all(_hands_on(cord, repository) for cord in working):
        yield unsure(chute.node, "what the cords hand requests on to is not in this repository")
    else:
        yield at(chute.node, f"{chute.title} writes no log")


def _hands_on(cord: Cord, repository: Repository) -> bool:
    """Does it import something that is not of the repository, and return what that says?"""
    done = [
        part for part in cord.function.body if not isinstance(part, ast.Import | ast.ImportFrom)
    ]
    if done and isinstance(done[0], ast.Expr) and isinstance(done[0].value, ast.Constant):
        done = done[1:]
    said = done[0].value if len(done) == 1 and isinstance(done[0], ast.Return) else None
    call = said.value if isinstance(said, ast.Await) else said
    if not isinstance(call, ast.Call):
        return False
    module = home(cord.function)
    root: ast.AST = call.func
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name) or not module.meaning(root.id, cord.function):
        return False
    package = (full_name(call.func, module) or "").partition(".")[0]
    known = package in sys.stdlib_module_names or package in _WEB
    return not known and repository.find(package, module) is None


_WEB = {"chutes", "fastapi", "starlette", "pydantic", "orjson"}
