"""What every request to the engine has in common, whatever it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, cast

from pydantic import Field, model_validator

from chutekit.engines import sse
from chutekit.serving import errors
from chutekit.serving.contract import RequestModel

UNUSED = "Of use to the makers' own service only: accepted, and without effect."
#: Fields that every API that makes text has.
STREAM = Field(False, description="True: the answer comes as server-sent events while it is made.")
TEMPERATURE = Field(
    None, ge=0, le=10, description="0 for the likeliest tokens; left out, the model's own."
)
TOP_P = Field(
    None,
    gt=0,
    le=1,
    description="Only the likeliest tokens that together have this probability.",
)


@dataclass(frozen=True)
class Limits:
    """What a chute bounds: tokens of prompt and answer, messages, and characters of them."""

    context_length: int
    messages: int
    characters: int

    def check(self, characters: int) -> None:
        """Refuse more text than the context can hold, however it becomes tokens."""
        if characters > self.characters:
            raise errors.context_exceeded(
                self.context_length, f"at most {self.characters} characters"
            )


class EngineRequest(RequestModel):
    """A body that is checked here and then passed on to the engine."""

    #: Of interest to the makers' own service only, or the gateway's: accepted and left out.
    NOT_PASSED_ON: ClassVar[frozenset[str]] = frozenset()
    #: Fields that the engine knows and that are refused, each with the reason.
    REFUSED: ClassVar[Mapping[str, str]] = {}
    #: What `limited` sets.
    LIMITS: ClassVar[Limits] = Limits(2**20, 2**12, 2**23)
    #: How this API writes errors and streams.
    ERRORS: ClassVar[errors.Told] = staticmethod(errors.body)
    EVENTS: ClassVar[sse.Events] = sse.UNNAMED

    model: str | None = Field(
        None, max_length=256, description="The name of the model or of the chute; may be left out."
    )

    @model_validator(mode="before")
    @classmethod
    def _idle(cls, body: Any) -> Any:
        """Leave out refused fields that are empty or off, which is what they are without."""
        if isinstance(body, dict) and (named := cls.REFUSED.keys() & body.keys()):
            idle = {name for name in named if not body[name]}
            return {name: value for name, value in body.items() if name not in idle}
        return body

    @property
    def streamed(self) -> bool:
        """Whether the answer shall come as events."""
        return bool(getattr(self, "stream", False))

    @property
    def repeatable(self) -> bool:
        """Whether the same request gives the same answer each time."""
        return False

    def upstream(self, model: str) -> dict[str, Any]:
        """Return the body for the engine: what the client set, under the engine's model name."""
        body = self.model_dump(
            exclude_unset=True, exclude=set(self.NOT_PASSED_ON), exclude_none=True, by_alias=True
        )
        return body | {"model": model}


Kind = TypeVar("Kind", bound=EngineRequest)


def limited(kind: type[Kind], limits: Limits) -> type[Kind]:
    """Return a kind of request with a chute's limits."""
    same = {"LIMITS": limits, "__doc__": kind.__doc__, "__module__": kind.__module__}
    return cast("type[Kind]", type(kind.__name__, (kind,), same))
