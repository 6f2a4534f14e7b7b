"""A model of one's own that says what it was asked, and a workshop for it."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from chutekit.models.worker import OnStep
from chutekit.models.workshop import Folders, Workshop, without_gpu
from chutekit.serving.contract import Job, RequestModel
from chutekit.serving.errors import invalid
from chutekit.serving.exchange import Exchange
from chutekit.serving.instance import Instance
from pydantic import BaseModel, ConfigDict, Field


class Ask(RequestModel):
    """A text."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "an example"}]})

    text: str = Field(max_length=100, description="The text.")


class Said(BaseModel):
    """What comes of it."""

    text: str
    score: float = 0.0


class Model:
    """Says what it was asked."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.heard: list[str] = []

    def say(self, request: Ask, on_step: OnStep) -> Said:
        """As JSON."""
        on_step()
        self.heard.append(request.text)
        return Said(text=request.text, score=float("nan"))

    def draw(self, request: Ask, on_step: OnStep) -> bytes:
        """As bytes."""
        return request.text.encode()

    def tell(self, request: Ask, on_step: OnStep) -> Iterator[Said | str]:
        """As events."""
        yield Said(text=request.text)
        yield "over"

    def fail(self, request: Ask, on_step: OnStep) -> Said:
        """Not at all."""
        raise invalid("text", "is wrong")

    @without_gpu
    def give_up(self, request: Ask, on_step: OnStep) -> Said:
        """Not at all, and without a turn."""
        raise invalid("text", "is wrong")

    @without_gpu
    def spell(self, request: Ask, on_step: OnStep) -> Said:
        """As JSON, with the name of the thread that did it."""
        return Said(text=threading.current_thread().name)

    def mumble(self, request: Ask, on_step: OnStep) -> dict[str, str]:
        """As what cannot be sent."""
        return {"text": request.text}

    def stay(self, request: Ask, on_step: OnStep) -> Iterator[Said]:
        """As events without an end."""
        while True:
            on_step()
            yield Said(text=request.text)


def roomy(monkeypatch: pytest.MonkeyPatch) -> Instance:
    """An instance that has room for four, and would not end this process."""
    instance = Instance(concurrency=4, request_seconds=30)
    monkeypatch.setattr(instance, "end", lambda status: None)
    instance.ready()
    return instance


def opened(instance: Instance, *warm_up: Any, model: type = Model, **options: Any) -> Workshop:
    """A workshop with the model loaded."""
    return asyncio.run(Workshop.open(instance, model, warm_up=warm_up, **options))


def job(text: str = "hello") -> Job[Any]:
    """A request that somebody waits for."""
    return Job(Ask(text=text), Exchange("one"))
