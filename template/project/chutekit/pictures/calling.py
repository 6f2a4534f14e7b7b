"""How a pipeline of diffusers is called: what it calls after each step, and one nobody knows."""

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chutekit.models.worker import OnStep
from chutekit.serving import logs
from chutekit.serving.errors import invalid
from chutekit.serving.lifecycle import StartupError

if TYPE_CHECKING:
    from PIL.Image import Image

#: What pipelines call a field of ours, where that is another name.
ARGUMENTS = {"guidance": "guidance_scale"}


def after_step(on_step: OnStep) -> Callable[..., dict[str, Any]]:
    """What `callback_on_step_end` takes, around `on_step`, which raises to end the request."""

    def called(pipe: Any, step: int, time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        on_step()
        return tensors

    return called


def takes(pipe: Any, argument: str, model: str) -> None:
    """StartupError when the pipeline of `model` does not take this argument."""
    if argument not in inspect.signature(pipe.__call__).parameters:
        raise StartupError(f"{model} cannot do this: its pipeline takes no {argument}")


def unlisted(pipe: Any, wished: Mapping[str, Any], **arguments: Any) -> "Image":
    """The picture that a pipeline makes which is not in the catalog.

    It is called with those `arguments` that it knows. `wished` are fields of the request that a
    client can leave out, then None: Refusal when he did not and the pipeline does not know them,
    and when it takes none of their values.
    """
    known = inspect.signature(pipe.__call__).parameters
    for field, value in wished.items():
        argument = ARGUMENTS.get(field, field)
        if value is not None and argument not in known:
            raise invalid(field, "is not supported by this model")
        if value is not None:
            arguments[argument] = value
    try:
        made: Image = pipe(**{name: arguments[name] for name in arguments if name in known}).images[
            0
        ]
    except ValueError as error:
        logs.event("pipeline_refused", "warning", **logs.describe(error))
        raise invalid("body", "is not what this model's pipeline accepts") from error
    return made
