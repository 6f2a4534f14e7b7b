"""Which calls leave the instance: libraries and sessions of HTTP, downloads, programs."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from scaffold.check.client import Client
from scaffold.check.code import calls_in, keyword, last
from scaffold.check.module import FunctionNode, home, own_nodes
from scaffold.check.values import Modules, full_name, origin, read, scope_of

_VERBS = {
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "options",
    "request",
    "stream",
    "send",
    "ws_connect",
    "urlopen",
}
_PLAIN = {
    "urllib.request.urlopen",
    "urllib.request.urlretrieve",
    "wget.download",
    "gdown.download",
    "aiohttp.request",
    "torch.hub.download_url_to_file",
    "torch.hub.load_state_dict_from_url",
}
_SESSIONS = {
    "requests.Session",
    "requests.session",
    "httpx.Client",
    "httpx.AsyncClient",
    "aiohttp.ClientSession",
    "urllib3.PoolManager",
}
# What opens an address as gladly as a path: only a client's text, or a text with a scheme, counts.
_EITHER = {
    "load_image",
    "load_video",
    "fetch_image",
    "VideoCapture",
    "imread",
    "read_csv",
    "fetch_video",
}
_LOCAL = re.compile(r"localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|sqlite:|^:memory:|unix:")
_PROGRAMS = re.compile(
    r"(?:^|[;&|(]\s*|\s)(wget|curl|aria2c|yt-dlp|youtube-dl|gdown|git clone|git pull|pip3? install|"
    r"huggingface-cli download|hf download)\b"
)
_STARTS = ("subprocess.", "os.system", "os.popen", "asyncio.create_subprocess_")


@dataclass(frozen=True)
class Outgoing:
    """A call that leaves the instance, or may; `sure` when its address shows that it does."""

    call: ast.Call
    name: str
    sure: bool


def outgoing(function: FunctionNode, client: Client, modules: Modules) -> Iterator[Outgoing]:
    """The calls of a function that go to other hosts, by what their addresses are."""
    for call, name in calls_in(function):
        if name.startswith(_STARTS):
            program = _program(call, client, function, modules)
            if program:
                yield Outgoing(call, program, sure=True)
            continue
        address = _address(call, name, function, modules)
        if address is None:
            continue
        place, text, base = address
        if _LOCAL.search(text) or _LOCAL.search(base) or "chutes.ai" in text:
            continue
        names_host = text.startswith(("http://", "https://", "ftp://", "www."))
        theirs = place is not None and client.sends(place, function)
        if last(name) in _EITHER and not names_host and not theirs:
            continue
        yield Outgoing(call, name, sure=names_host or theirs)


def _address(
    call: ast.Call, name: str, function: FunctionNode, modules: Modules
) -> tuple[ast.expr | None, str, str] | None:
    """The address a call is given, what of it can be seen, and the base of its session."""
    first, _, rest = name.partition(".")
    session = _session(call, function, modules)
    if session is not None:
        if last(name) not in _VERBS:
            return None
        base = keyword(session, "base_url") or (session.args[0] if session.args else None)
        place = _place(call, name)
        return place, _seen(place, modules), _seen(base, modules)
    plain = first in ("requests", "httpx") and rest in _VERBS
    if plain or name in _PLAIN or last(name) in _EITHER:
        place = _place(call, name)
        return place, _seen(place, modules), ""
    return None


def _place(call: ast.Call, name: str) -> ast.expr | None:
    given = keyword(call, "url") or keyword(call, "path")
    at = 1 if last(name) in ("request", "stream") else 0
    return given or (call.args[at] if len(call.args) > at else None)


def _session(call: ast.Call, function: FunctionNode, modules: Modules) -> ast.Call | None:
    """The call that made the session whose method this is."""
    if not isinstance(call.func, ast.Attribute):
        return None
    made = call.func.value
    if isinstance(made, ast.Name):
        made = _opened(made.id, function) or origin(made, scope_of(made, modules))[0]
    elif isinstance(made, ast.Attribute):
        made = _kept(made.attr, made)
    if isinstance(made, ast.Call) and full_name(made.func, home(call)) in _SESSIONS:
        return made
    return None


def _opened(name: str, function: FunctionNode) -> ast.expr | None:
    """What `with ... as name` opens."""
    for node in own_nodes(function):
        if isinstance(node, ast.withitem) and getattr(node.optional_vars, "id", None) == name:
            return node.context_expr
    return None


def _kept(name: str, node: ast.AST) -> ast.expr:
    found = [
        assignment.value
        for assignment in home(node).of(ast.Assign)
        if any(isinstance(t, ast.Attribute) and t.attr == name for t in assignment.targets)
    ]
    return found[0] if len(found) == 1 else ast.Constant(None)


def _seen(node: ast.expr | None, modules: Modules) -> str:
    """The beginning of a text, as far as it can be seen."""
    if node is None or "home" not in node.__dict__:
        return ""
    if isinstance(node, ast.Attribute):
        kept = _kept(node.attr, node)
        node = kept if "home" in kept.__dict__ else node
    value = read(node, scope_of(node, modules))
    if value.known:
        return str(value.value)
    found, _ = origin(node, scope_of(node, modules))
    if isinstance(found, ast.BinOp):
        return _seen(found.left, modules)
    if isinstance(found, ast.Call) and len(found.args) == 2:  # os.getenv("URL", "http://...")
        return _seen(found.args[1], modules)
    if not isinstance(found, ast.JoinedStr):
        return ""
    text = ""
    for part in found.values:
        if isinstance(part, ast.FormattedValue):
            value = read(part.value, scope_of(part, modules))
            if not value.known:
                return text + (_seen(part.value, modules) if not text else "")
            text += str(value.value)
        else:
            text += str(getattr(part, "value", ""))
    return text


def _program(call: ast.Call, client: Client, function: FunctionNode, modules: Modules) -> str:
    """The program that a started command goes out with."""
    if not call.args:
        return ""
    command = call.args[0]
    words = command.elts if isinstance(command, ast.List | ast.Tuple) else [command]
    if "exec" in ast.unparse(call.func):
        words = list(call.args)
    line = " ".join(_seen(word, modules) for word in words)
    if isinstance(command, ast.JoinedStr):
        line = " ".join(str(p.value) for p in command.values if isinstance(p, ast.Constant))
    if _LOCAL.search(line):
        return ""
    match = _PROGRAMS.search(line)
    if match:
        return match[1]
    opens = "ffmpeg" in line or "ffprobe" in line
    address = "http://" in line or "https://" in line
    theirs = any(
        client.sends(word, function) and "url" in ast.unparse(word).lower() for word in words
    )
    return "ffmpeg" if opens and (address or theirs) else ""
