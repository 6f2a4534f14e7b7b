"""What every request to the engine has in common, whatever it asks for."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from chutekit.serving.contract import RequestModel

UNUSED = "Of use to OpenAI's own service only: accepted, and without effect."


class EngineRequest(RequestModel):
    """A body that is checked here and then passed on to the engine."""

    #: Of interest to OpenAI's own service only: accepted and left out.
    NOT_PASSED_ON: ClassVar[frozenset[str]] = frozenset({"user"})

    model: str | None = Field(
        None, max_length=256, description="The name of the model or of the chute; may be left out."
    )
    user: str | None = Field(None, max_length=512, description=UNUSED)

    @property
    def streamed(self) -> bool:
        """Whether the answer shall come as events."""
        return False

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
