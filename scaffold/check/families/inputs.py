"""IV: what a request may hold, and what the SDK does with it."""

import ast
import builtins
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.code import (
    annotation_name,
    calls_in,
    constant,
    keyword,
    last,
    mentions,
    model_class,
    names_in,
    optional,
    text_of,
)
from scaffold.check.declared import Cord, at
from scaffold.check.model import Answer, Severity
from scaffold.check.module import FunctionNode, Module, defaults, home, own_nodes
from scaffold.check.repository import Repository
from scaffold.check.values import dotted, full_name

_PRIMITIVES = {"str", "int", "float", "bool", "list", "bytes", "List", "tuple", "set"}
_DICTS = {"dict", "Dict", "Any", "Mapping", ""}
_INJECTED = {"Request", "WebSocket", "UploadFile", "Response", "BackgroundTasks", "HTTPConnection"}
_PARAMETERS = {"Header", "File", "Form", "Query", "Path", "Cookie", "Body"}
_VALIDATING = {"model_validate", "parse_obj", "validate_python", "validate", "model_validate_json"}


def _plain(cord: Cord) -> bool:
    """Does the SDK call the function with the request's body?"""
    value = cord.value("passthrough")
    return not (value.given and value.value is not False)


def _base(arg: ast.arg) -> str:
    """The annotation's name without its subscript and module: `typing.List[str]` is List."""
    node = arg.annotation
    if isinstance(node, ast.Subscript):
        return last(full_name(node.value, home(arg)) or "")
    return last(annotation_name(arg))


@check(
    "IV101",
    "The parameter receives the whole body",
    Severity.BREAKS,
    each="input",
    why="""The SDK does not take the body apart. A parameter such as `text: str` receives the whole
    JSON object as a dict, whatever it is annotated with.""",
    fix="Take one pydantic model (or the dict) and read its fields.",
    before="def embed(self, text: str): ...",
    after="def embed(self, args: EmbedArgs): ...  # args.text",
)
def primitive(cord: Cord) -> Iterator[Answer]:
    """A first parameter annotated with a builtin type, when it is the only one that is needed."""
    given = cord.parameters
    if not _plain(cord) or _get(cord) or not given or not set(_required(cord)) <= {given[0]}:
        return
    if not _kinds(given[0].annotation).isdisjoint(_PRIMITIVES):
        yield at(given[0], f"{given[0].arg} receives the whole body, not one field")


def _kinds(annotation: ast.expr | None) -> set[str]:
    """The types of an annotation without their subscripts, those of Optional and `|` apart."""
    if isinstance(annotation, ast.BinOp):
        return _kinds(annotation.left) | _kinds(annotation.right)
    if isinstance(annotation, ast.Subscript):
        outer = last(dotted(annotation.value) or "")
        return _kinds(annotation.slice) if outer == "Optional" else {outer}
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return {annotation.value}
    return {last(dotted(annotation) or "")} if annotation is not None else set()


def _get(cord: Cord) -> bool:
    value = cord.value("public_api_method")
    return value.known and value.value == "GET"


def _required(cord: Cord) -> list[ast.arg]:
    optional = defaults(cord.function)
    return [arg for arg in cord.parameters if arg.arg not in optional]


@check(
    "IV102",
    "The cord needs more than one argument",
    Severity.BREAKS,
    each="input",
    why="""The SDK passes one thing, the body. A second required parameter is missing in every call,
    which ends in a 500.""",
    fix="Put the fields into one pydantic model.",
    before="def generate(self, prompt: str, steps: int): ...",
    after="def generate(self, args: Args): ...",
)
def several(cord: Cord) -> Iterator[Answer]:
    """Two or more parameters without defaults."""
    needed = [arg for arg in _required(cord) if _base(arg) not in _INJECTED]
    if _plain(cord) and len(needed) > 1:
        yield at(needed[1], f"{cord.function.name}() is called with one argument, it needs two")


@check(
    "IV103",
    "FastAPI's parameters are not injected",
    Severity.BREAKS,
    each="input",
    why="""Cords are no FastAPI routes: Request, Header, UploadFile, File, Form and the like
    are never filled, and the API passes neither headers nor multipart bodies on.""",
    fix="Take one pydantic model; files travel as base64 text.",
    before="async def transcribe(self, file: UploadFile = File(...)): ...",
    after="def transcribe(self, args: Audio): ...  # args.audio_b64",
)
def injected(cord: Cord) -> Iterator[Answer]:
    """Such annotations or defaults."""
    optional = defaults(cord.function)
    for arg in cord.parameters:
        default = optional.get(arg.arg)
        called = isinstance(default, ast.Call) and last(ast.unparse(default.func)) in _PARAMETERS
        if _base(arg) in _INJECTED or called:
            yield at(arg, f"nothing ever fills {arg.arg}")


@check(
    "IV104",
    "The model is not validated",
    Severity.WEAKENS,
    each="input",
    why="""The SDK validates only when the model is the one and only parameter, not optional. With
    Optional[Model], Model | None or a second parameter the raw dict is passed instead.""",
    fix="Take the model alone.",
    before="def generate(self, args: Optional[Args] = None): ...",
    after="def generate(self, args: Args): ...",
)
def not_validated(cord: Cord) -> Iterator[Answer]:
    """Optional models, and models beside other parameters."""
    scope = cord.arguments.scope
    for arg in cord.parameters:
        if arg.annotation is None:
            continue
        inner = optional(arg.annotation)
        if inner is not None and model_class(inner, scope) is not None:
            yield at(arg, f"{arg.arg} is a raw dict: optional models are not validated")
        elif (
            model_class(arg.annotation, scope) is not None
            and len(cord.parameters) > 1
            and len(_required(cord)) == 1
        ):
            yield at(arg, f"{arg.arg} is a raw dict: it is not the only parameter")


@check(
    "IV105",
    "An empty body is a 500",
    Severity.WEAKENS,
    each="input",
    why="""For a cord with a pydantic model the SDK fails with IndexError when the body is {},
    [], null, 0 or false, even when all fields have defaults: the client gets 500 and the
    instance a failure.""",
    fix="""Register an exception handler for IndexError that answers 400, or take the dict
    (input_schema=Model.model_json_schema()) and validate by hand.""",
    before="@chute.cord(public_api_path='/generate')\ndef generate(self, args: Args): ...",
    after="@chute.exception_handler(IndexError)\nasync def empty_body(request, error):\n"
    "    return JSONResponse({'detail': 'the body is empty'}, status_code=400)",
)
def empty_body(repository: Repository, cord: Cord) -> Iterator[Answer]:
    """Models as parameters, and no handler for IndexError in the file."""
    if not _plain(cord) or _get(cord) or len(cord.parameters) != 1:
        return
    found = model_class(cord.parameters[0].annotation, cord.arguments.scope)
    declared = found is not None or _declared(cord)
    code = [module for chute in cord.chutes for module in repository.code_of(chute)]
    if declared and not any(map(_handles_index_error, code or repository.deployed)):
        yield at(cord.node, f"{{}} sent to {cord.function.name}() is answered with 500")


def _declared(cord: Cord) -> bool:
    """Is the parameter's class the input_schema too? Of classes the SDK takes only models there."""
    schema = cord.arguments.nodes.get("input_schema", (None,))[0]
    annotation = cord.parameters[0].annotation
    return (
        isinstance(schema, ast.Name)
        and isinstance(annotation, ast.Name)
        and schema.id == annotation.id
    )


_HANDLERS = {"exception_handler", "add_exception_handler"}


def _handles_index_error(module: Module) -> bool:
    return mentions(module, "IndexError") and any(
        "IndexError" in names_in(call) and last(name) in _HANDLERS
        for call, name in module.named_calls
    )


@check(
    "IV111",
    "minimal_input_schema validates nothing",
    Severity.WEAKENS,
    each="input",
    why="It is only shown by the platform; what the client sends is passed on unchecked.",
    fix="Pass input_schema as well, or take a pydantic model.",
    before="@chute.cord(minimal_input_schema=Args)",
    after="@chute.cord(input_schema=Args, minimal_input_schema=MinimalArgs)",
)
def minimal(cord: Cord) -> Iterator[Answer]:
    """minimal_input_schema without input_schema and without a model as parameter."""
    if not cord.value("minimal_input_schema").given or "input_schema" in cord.arguments:
        return
    typed = any(model_class(a.annotation, cord.arguments.scope) for a in cord.parameters)
    if not typed and _plain(cord) and "minimal_input_schema" in cord.arguments:
        yield at(cord.node, f"nothing checks what {cord.function.name}() is given")


@check(
    "IV112",
    "A POST without a parameter fails on any body",
    Severity.WEAKENS,
    each="input",
    why="""When the function takes nothing but self and a client sends a body that is not empty, the
    SDK passes it all the same: a 500.""",
    fix="Make it a GET, or take `data: dict | None = None`.",
    before="@chute.cord(public_api_path='/models')\ndef models(self): ...",
    after="@chute.cord(public_api_path='/models', public_api_method='GET', method='GET')",
)
def no_parameter(cord: Cord) -> Iterator[Answer]:
    """Public POST cords without parameters."""
    arguments = cord.function.args
    if cord.parameters or arguments.vararg or arguments.kwarg or not _plain(cord):
        return
    if not arguments.args or cord.is_health:
        return
    method = cord.value("public_api_method")
    if cord.value("public_api_path").given and (not method.given or method.value == "POST"):
        yield at(cord.node, f"a body that is not empty makes {cord.function.name}() fail")


@check(
    "IV113",
    "A cord with **kwargs only fails on any body",
    Severity.BREAKS,
    each="input",
    why="The body is passed by position: a function with **kwargs alone raises TypeError.",
    fix="Take one pydantic model or a dict.",
    before="def generate(self, **kwargs): ...",
    after="def generate(self, args: Args): ...",
)
def only_keywords(cord: Cord) -> Iterator[Answer]:
    """**kwargs and no other parameter."""
    arguments = cord.function.args
    if (
        arguments.kwarg
        and not arguments.vararg
        and not cord.parameters
        and arguments.args
        and _plain(cord)
        and not _get(cord)
    ):
        yield at(arguments.kwarg, "the body is passed by position, which this does not take")


@check(
    "IV114",
    "A public GET gets no arguments",
    Severity.BREAKS,
    each="input",
    why="""The query string is not delivered: a GET cord is called with {}. A parameter that is
    needed is missing, one with a default never has another value.""",
    fix="Make it a POST with a body.",
    before="@chute.cord(public_api_path='/search', public_api_method='GET', method='GET')\n"
    "def search(self, query: Query): ...",
    after="@chute.cord(public_api_path='/search')\ndef search(self, args: Search): ...",
)
def get_arguments(cord: Cord) -> Iterator[Answer]:
    """Parameters of GET cords, but for those that may be left out and are never read."""
    if not _get(cord) or not _plain(cord) or not cord.parameters:
        return
    first = cord.parameters[0]
    used = any(isinstance(n, ast.Name) and n.id == first.arg for n in ast.walk(cord.function))
    if _base(first) not in _INJECTED and (used or _required(cord)):
        yield at(
            first,
            f"{first.arg} never arrives: the query string is not delivered",
            fix="" if used else f"Remove {first.arg}: it is not read, and every call lacks it.",
        )


@check(
    "IV115",
    "The dict is used without being checked",
    Severity.WEAKENS,
    each="input",
    why="""Whatever a client sends gets here: other types, no keys at all, megabytes. A KeyError or
    TypeError is a 500 and a failure of the instance.""",
    fix="Take a pydantic model, or validate first: args = Args.model_validate(data).",
    before="def generate(self, data: dict):\n    return self.pipe(data['prompt'])",
    after="def generate(self, args: Args):\n    return self.pipe(args.prompt)",
)
def raw(repository: Repository, cord: Cord) -> Iterator[Answer]:
    """A dict or an unannotated parameter whose function reads it without validating."""
    given = cord.parameters
    schema = cord.arguments.nodes.get("input_schema")
    if schema and model_class(schema[0], cord.arguments.scope) is not None:
        return
    if not _plain(cord) or _get(cord) or len(given) != 1 or _base(given[0]) not in _DICTS:
        return
    called = {last(name) for _, name in calls_in(cord.function)}
    if called & _VALIDATING or _built(cord.function, repository, given[0].arg):
        return
    if any(isinstance(n, ast.Name) and n.id == given[0].arg for n in own_nodes(cord.function)):
        yield at(given[0], f"{cord.function.name}() uses {given[0].arg} as it comes")


def _built(function: FunctionNode, repository: Repository, name: str) -> bool:
    """Is a model made from the argument: Model(**data)?"""
    for call, _ in calls_in(function):
        if any(k.arg is None and name in names_in(k.value) for k in call.keywords):
            return True
        if any(isinstance(a, ast.Name) and a.id == name for a in call.args):
            return "validat" in ast.unparse(call.func).lower()
    return False


@check(
    "IV116",
    "Text from outside is executed",
    Severity.WEAKENS,
    each="function",
    why="""eval and exec run whatever the text says, with the chute's secrets at hand. The
    platform's code review has refused modules for hiding code this way.""",
    fix="Parse it: json.loads, ast.literal_eval, a table of allowed operations.",
    before="return eval(args.expression)",
    after="return OPERATIONS[args.operation](args.values)",
)
def executes(repository: Repository, function: FunctionNode) -> Iterator[Answer]:
    """eval and exec of anything but a literal; shells with a built command.

    Where it is certain that a client writes the text, KS114 says so.
    """
    for call, name in calls_in(function):
        clients = repository.clients_of(function) if call.args else []
        if any(client.sends(call.args[0], function) for client in clients):
            continue
        if name in ("eval", "exec") and hasattr(builtins, name) and call.args:
            if not isinstance(call.args[0], ast.Constant):
                yield at(call, f"{name}() runs what it is given")
        elif (
            (
                name == "os.system"
                or (name.startswith("subprocess.") and constant(keyword(call, "shell")) is True)
            )
            and call.args
            and not isinstance(call.args[0], ast.Constant)
            and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
            and text_of(call.args[0], repository) is None
        ):
            yield at(call, "a shell runs what is put into the command", fix=_ARGUMENTS)


_ARGUMENTS = "Start the program with a list of arguments, without a shell: subprocess.run([...])."
