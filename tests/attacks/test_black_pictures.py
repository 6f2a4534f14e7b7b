"""What a pipeline that computes nonsense makes is no picture: not sent, not kept, and noticed."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from chutekit.caches.lru import Cache
from chutekit.pictures import picture
from chutekit.pictures.studio import Studio
from chutekit.serving import backend
from chutekit.serving.contract import Job, RequestModel
from chutekit.serving.errors import Refusal
from chutekit.serving.exchange import Exchange
from chutekit.serving.instance import Instance
from chutekit.serving.lifecycle import StartupError
from chutekit.serving.recall import Recall
from PIL import Image


class Asked(RequestModel):
    """As much of a request as a studio reads."""

    prompt: str
    width: int = 8
    height: int = 8
    steps: int = 1
    seed: int | None = 0
    format: str = "png"


FIRST, OTHER = Asked(prompt="first"), Asked(prompt="other")


class Pipeline:
    """Paints, but not what `broken` names."""

    broken: frozenset[str] = frozenset()

    def __init__(self, folder: Path) -> None:
        pass

    def generate(self, request: Any, seed: int, on_step: Any) -> Image.Image:
        """Grey, or what diffusers makes of numbers that are none."""
        on_step()
        colour = (0, 0, 0) if request.prompt in type(self).broken else (9, 9, 9)
        return Image.new("RGB", (request.width, request.height), colour)


@pytest.fixture
def pipeline() -> type[Pipeline]:
    """One of its own for each test."""
    return type("Own", (Pipeline,), {})


def opened(pipeline: type[Pipeline], monkeypatch: pytest.MonkeyPatch) -> tuple[Studio, Instance]:
    """A studio in which it stands in for the model."""
    monkeypatch.setattr(backend, "resolve", lambda _: pipeline)
    instance = Instance(1)
    instance.ready()
    monkeypatch.setattr(instance, "end", lambda _: None)
    settings: dict[str, Any] = {"model": "a/b", "revision": "0", "files": (), "listed": ""}
    open_it = Studio.open(instance, Pipeline, **settings, gated=False, warm_up=FIRST)
    return asyncio.run(open_it), instance


def ask(studio: Studio, request: Any) -> bytes:
    """The picture of a request."""
    return studio.picture(Job(request, Exchange("1")), 0)


def test_warming_up_notices(pipeline: type[Pipeline], monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.broken = frozenset({"first"})
    with pytest.raises(StartupError, match="black"):
        opened(pipeline, monkeypatch)


def test_a_black_picture_is_neither_sent_nor_kept(
    pipeline: type[Pipeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio, instance = opened(pipeline, monkeypatch)
    cache = Cache()
    studio.recall = Recall(cache)
    pipeline.broken = frozenset({"other"})
    for _ in range(2):
        with pytest.raises(Refusal) as refused:
            ask(studio, OTHER)
        assert (refused.value.status, refused.value.code) == (400, "no_picture")
    assert cache.bytes == 0
    # Safety checkers blacken what clients ask for, who must not be able to end an instance by it.
    assert instance.phase == "ready"
    pipeline.broken = frozenset()
    assert ask(studio, OTHER).startswith(b"\x89PNG")
    assert cache.bytes > 0


def test_a_model_that_makes_nothing_else_ends_the_instance(
    pipeline: type[Pipeline],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    studio, instance = opened(pipeline, monkeypatch)
    pipeline.broken = frozenset({"first", "other"})
    with pytest.raises(Refusal) as refused:
        ask(studio, OTHER)
    assert refused.value.status == 503
    assert instance.phase == "failed"
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "instance_failed" in [line["event"] for line in told]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "1"])
def test_what_is_black(mode: str) -> None:
    image = Image.new(mode, (4, 4), 0)
    assert picture.black(image)
    image.putpixel((1, 1), (1, 0, 0, 0)[: len(mode)] if "RGB" in mode else 1)
    assert not picture.black(image)
