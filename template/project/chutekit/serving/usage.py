"""Mistakes in chute.py that would show only later, or that the SDK takes without a word."""

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, get_args, get_type_hints

from chutes.chute import Chute, NodeSelector
from chutes.chute.cord import Cord
from chutes.exception import DuplicatePath, InvalidPath
from chutes.image import Image
from fastapi import FastAPI
from pydantic import BaseModel, ValidationError

from chutekit import WrongUse
from chutekit.serving.contract import RequestModel
from chutekit.serving.errors import from_validation

#: What a setting must be, in words and as a rule.
Rule = tuple[str, Callable[[Any], bool]]


def _whole(least: int) -> Rule:
    kind = "a whole number of at least"
    return f"{kind} {least}", lambda it: type(it) is int and it >= least


def _kind(words: str, *kinds: type) -> Rule:
    return words, lambda it: isinstance(it, kinds)


_TEXT = ("a text that is not empty", lambda it: isinstance(it, str) and bool(it))
RULES: Mapping[str, Rule] = {
    "username": _TEXT,
    "name": _TEXT,
    "model": _TEXT,
    "image": _kind("an Image or the name of one", Image, str),
    "tagline": _kind("a text", str),
    "node_selector": _kind("a NodeSelector", NodeSelector),
    "tee": _kind("True or False", bool),
    "allow_external_egress": _kind("True or False", bool),
    "concurrency": _whole(1),
    "max_instances": _whole(1),
    "shutdown_after_seconds": _whole(1),
    "max_body_bytes": _whole(1),
    "gpu_count": _whole(1),
    "context_length": _whole(1),
    "max_sequences": _whole(1),
    "pictures": _whole(0),
    "scaling_threshold": (
        "above 0 and at most 1",
        lambda it: type(it) in (int, float) and 0 < it <= 1,
    ),
    "memory_fraction": (
        "above 0 and at most 1",
        lambda it: type(it) in (int, float) and 0 < it <= 1,
    ),
}
NEEDED = ("username", "name", "image", "node_selector")


def _parameters(*functions: Callable[..., Any]) -> set[str]:
    return {name for each in functions for name in inspect.signature(each).parameters}


CHUTE = _parameters(Chute.__init__, FastAPI.__init__) - {
    "self",
    "kwargs",
    "extra",
    "openapi_url",
    "passthrough_headers",
}
CORD = _parameters(Cord.__init__) - {"self", "app", "session_kwargs"}


def settings(
    where: str,
    given: Mapping[str, Any],
    known: Collection[str] | None = None,
    needed: Iterable[str] = (),
) -> None:
    """WrongUse unless all that are `needed` are there, all are `known`, and each is as it must be.

    The SDK hands on what it does not know to libraries that ignore it.
    """
    for name in given:
        if known is not None and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise WrongUse(f"{where} has no setting {name}{hint}")
    missing = [name for name in needed if name not in given]
    if missing:
        raise WrongUse(f"{where} needs {', '.join(missing)}.")
    for name, value in given.items():
        words, right = RULES.get(name, ("", lambda _: True))
        if not right(value):
            raise WrongUse(f"{where}: {name} must be {words}, not {value!r}.")


def decorated(decorator: str, value: object) -> None:
    """WrongUse when a decorator was given the function that it is written above."""
    if callable(value):
        raise WrongUse(f"@{decorator} above {_name(value)} needs parentheses: @{decorator}(...).")


def accepts(function: Callable[..., Any], what: str, *arguments: str) -> None:
    """WrongUse unless `function` can be called with arguments that stand for those named."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        wanted = f"{_name(function)}({', '.join(arguments)})"
        raise WrongUse(f"{what} must be callable as {wanted}.") from None


def cord(
    where: str,
    path: str,
    function: Callable[..., Any],
    request: type[BaseModel] | None,
    *arguments: str,
) -> None:
    """WrongUse unless a cord's function takes and gives what it will: not in the SDK's own form.

    There a body arrives as its class, and a class may be returned; here a `Job` arrives, and of a
    class that is returned the platform's clients get an error.
    """
    hints, parameters = _hints(function), list(inspect.signature(function).parameters)
    wanted = hints.get(parameters[1]) if len(parameters) > 1 else None
    alone = _is_model(wanted)
    inside = [arg for arg in get_args(wanted) if _is_model(arg)]
    described = request or (wanted if alone else inside[0] if inside else None)
    takes_job = "job" in arguments
    if described is not None and (alone or (not takes_job and "answer" not in arguments)):
        name, of = _name(function), _name(described)
        raise WrongUse(
            f"{where} takes a body: write @chute.cord(public_api_path={path!r}, request={of}) "
            f"above {name}(self, job: Job[{of}]), where job.request is the body."
        )
    accepts(function, f"The function of the cord at {path}", *arguments)
    if _is_model(hints.get("return")):
        raise WrongUse(
            f"{where}: {_name(function)} must return a dict or a Response, as "
            f"{_name(hints['return'])}(...).model_dump() is: the platform cannot send the class."
        )


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except Exception:  # a name that is known only where the annotation stands
        return getattr(function, "__annotations__", {})


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


@contextmanager
def paths(where: str) -> Iterator[None]:
    """Say in words what the SDK says of a path by the names of its exceptions."""
    try:
        yield
    except InvalidPath as error:
        raise WrongUse(
            f"{where}: {error} is no path of the platform's; it takes a-z, 0-9, _ and -."
        ) from None
    except DuplicatePath as error:
        raise WrongUse(f"{where}: there are two cords with the path {error}.") from None


def body(where: str, request: object, base: type[BaseModel] = RequestModel) -> None:
    """WrongUse unless `request` describes a body strictly, and takes its own example."""
    if not (isinstance(request, type) and issubclass(request, base)):
        raise WrongUse(f"{where}: request must be a class derived from {base.__name__}.")
    if wrong := _wrong(request):
        raise WrongUse(f"{where}: {wrong}")


@cache
def _wrong(request: type[BaseModel]) -> str:
    config = request.model_config
    if not config.get("strict") or config.get("extra") != "forbid":
        return f"{request.__name__} must stay strict and forbid unknown fields."
    extra = config.get("json_schema_extra")
    examples = extra.get("examples") if isinstance(extra, dict) else None
    defaults = type(request.__name__, (request,), {"__module__": __name__}, validate_default=True)
    if not isinstance(examples, list) or not examples:
        refused = _refused(defaults, {})
        return f"{request.__name__} refuses a default of its own: {refused}." if refused else ""
    for example in examples:
        if refused := _refused(defaults, example):
            return f"{request.__name__} refuses its own example: {refused}."
    return ""


def _refused(model: type[BaseModel], example: Any) -> str:
    """What is wrong with a body; without an example, that fields are missing is not."""
    try:
        model.model_validate(example)
    except ValidationError as error:
        fields = from_validation(error, example).fields
        told = [
            f"{it.field}: {it.message}" for it in fields if example or it.message != "is required"
        ]
        return "; ".join(told[:3])
    return ""


def _name(function: object) -> str:
    return str(getattr(function, "__name__", function))
