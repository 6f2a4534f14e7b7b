"""KS: what of a request is run as a program or opened as a file."""

import ast
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.code import calls_in, constant, keyword, last
from scaffold.check.declared import at
from scaffold.check.model import Answer, Severity
from scaffold.check.module import home, own_nodes
from scaffold.check.repository import Repository
from scaffold.check.values import full_name, origin, scope_of


@check(
    "KS114",
    "A client's text is run as a command",
    Severity.EXPOSED,
    why="""What is put into a shell's command line, into eval or exec, or unpickled, is run: a
    client who sends `x; env | curl ...` has the instance and the chute's secrets.""",
    fix="""Start programs with a list of arguments and without a shell:
    subprocess.run(["ffmpeg", "-i", path, "out.mp4"], check=True); read data with json.loads.""",
    before='os.system(f"ffmpeg -i {args.url} out.mp4")',
    after='subprocess.run(["ffmpeg", "-i", path, "out.mp4"], check=True)',
)
def runs_text(repository: Repository) -> Iterator[Answer]:
    """Shells, eval, exec and pickle in the code of cords, given what the client sent."""
    seen: set[ast.AST] = set()
    for cord, client in repository.clients:
        for function in client.functions():
            for call, name in calls_in(function):
                command = _command(call, name)
                if command is None or call in seen:
                    continue
                if client.unguarded(command, function):
                    seen.add(call)
                    what = "run by a shell" if _shell(call, name) else f"run by {last(name)}()"
                    yield at(call, f"what clients send to {cord.function.name}() is {what}")


def _shell(call: ast.Call, name: str) -> bool:
    return name in _SHELLS or constant(keyword(call, "shell")) is True or bool(_shell_word(call))


def _shell_word(call: ast.Call) -> ast.expr | None:
    """The command line in `["sh", "-c", line]`."""
    first = call.args[0] if call.args else None
    if isinstance(first, ast.List | ast.Tuple) and len(first.elts) > 2:
        program, option, line = first.elts[:3]
        if last(str(constant(program)).replace("/", ".")) in ("sh", "bash", "zsh") and (
            str(constant(option)).startswith("-") and str(constant(option)).endswith("c")
        ):
            return line
    return None


_SHELLS = {
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "asyncio.create_subprocess_shell",
}


_RUNNING = {"eval", "exec", "pickle.loads", "pickle.load", "cloudpickle.loads", "dill.loads"}


def _command(call: ast.Call, name: str) -> ast.expr | None:
    """What a call has run as code: the command line of a shell, or what eval or pickle is given."""
    if not call.args:
        return None
    if name in _SHELLS or name in _RUNNING:
        return call.args[0]
    if name.startswith("subprocess."):
        shell = constant(keyword(call, "shell")) is True
        return call.args[0] if shell else _shell_word(call)
    return None


@check(
    "KS115",
    "A client names the file that is opened",
    Severity.EXPOSED,
    why="""A path from a request may be /proc/self/environ, which holds the chute's secrets, or
    ../../app/chute.py; opened for writing, it replaces what the instance runs.""",
    fix="""Take the data itself (base64) and write it to a name of your own:
    tempfile.NamedTemporaryFile(); or look a short name up in a table.""",
    before="data = open(args.path, 'rb').read()",
    after="data = base64.b64decode(args.data_b64)",
)
def opens_path(repository: Repository) -> Iterator[Answer]:
    """open(), Path(...).read_text() and what reads files of a kind, in the code of cords."""
    seen: set[ast.AST] = set()
    for cord, client in repository.clients:
        for function in client.functions():
            for node in own_nodes(function):
                path = _opened(node) or _read(node, repository)
                if path is not None and node not in seen and client.unguarded(path, function):
                    seen.add(node)
                    yield at(node, f"clients of {cord.function.name}() choose what is opened")


def _opened(node: ast.AST) -> ast.expr | None:
    """The path that a call opens."""
    if not isinstance(node, ast.Call):
        return None
    if full_name(node.func, home(node)) in ("open", "io.open", "aiofiles.open"):
        return node.args[0] if node.args else None
    if isinstance(node.func, ast.Attribute) and node.func.attr in _OPENING:
        made = node.func.value
        if isinstance(made, ast.Call) and full_name(made.func, home(made)) in (
            "pathlib.Path",
            "Path",
        ):
            return made
    return None


def _read(node: ast.AST, repository: Repository) -> ast.expr | None:
    """The path that a library is told to read; not the data of a file, which it takes as well."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    if full_name(node.func, home(node)) not in _READING:
        return None
    found = origin(node.args[0], scope_of(node, repository))[0]
    named = isinstance(found, ast.Attribute | ast.Subscript | ast.JoinedStr | ast.BinOp)
    return node.args[0] if named else None


# Only what never goes to the network: some of the same libraries' other readers take addresses.
_READING = {
    "PIL.Image.open",
    "cv2.imread",
    "numpy.load",
    "torch.load",
    "librosa.load",
    "soundfile.read",
    "torchaudio.load",
}


_OPENING = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "unlink"}
