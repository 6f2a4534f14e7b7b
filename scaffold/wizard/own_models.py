"""Models of one's own as they are typed: by their names, whose commits the hub knows."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from scaffold.answers import addresses
from scaffold.wizard.console import Console

if TYPE_CHECKING:
    from scaffold.models.lookup import Looked

KEY = "models"
NOTE = "A name alone is looked up: its newest commit is taken."
_ANY_COMMIT = "0" * 40


def supposed(models: Any) -> Any:
    """The same with a commit behind each name that will be looked up."""
    if not isinstance(models, list):
        return models
    return [f"{m}@{_ANY_COMMIT}" if addresses.without_commit(m) else m for m in models]


def found(
    console: Console,
    look_up: "Callable[[Mapping[str, Any]], Looked]",
    answers: Mapping[str, Any],
    models: list[Any],
) -> dict[str, Any] | None:
    """The answers that come of them, after saying so; None where one must be typed otherwise."""
    names = [model for model in models if addresses.without_commit(model)]
    if not names:
        return {KEY: models}
    console.say(f"Looking {', '.join(names)} up.", "class:dim")
    looked = look_up({**answers, KEY: models})
    if looked.problem:
        console.say(f"{looked.problem.message}.", "class:wrong")
        return None
    if looked.unanswered:
        way = f"`git ls-remote {addresses.HUB}/OWNER/NAME main` prints a commit"
        console.say(
            f"{looked.unanswered.message}. Type each as owner/name@commit: {way}.", "class:wrong"
        )
        return None
    for text in looked.warnings:
        console.say(text, "class:dim")
    return {KEY: models, **looked.answers}
