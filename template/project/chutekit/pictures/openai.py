"""OpenAI's API of pictures, in front of a chute's own: `images.generate`, and edits as JSON.

The official client sends edits as a form with files, which the platform hands on to no chute: its
bodies are JSON. So here an edit is the body that OpenAI takes as JSON.
"""

import base64
import math
import time
from collections.abc import Callable, Mapping
from secrets import randbelow
from typing import Any, Literal

import orjson
from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError, create_model

from chutekit.pictures.picture import Format
from chutekit.serving import contract
from chutekit.serving.app import ServedChute
from chutekit.serving.contract import Job, RequestModel
from chutekit.serving.errors import Field as Wrong
from chutekit.serving.errors import Refusal, from_validation, invalid, summary

GENERATIONS, EDITS = "/v1/images/generations", "/v1/images/edits"
#: Of one request: they share its time.
MOST_PICTURES = 4
SEEDS = 2**32
#: How many of the usual steps a quality takes.
QUALITIES = {
    "low": 0.5,
    "medium": 1.0,
    "standard": 1.0,
    "auto": 1.0,
    "high": 1.5,
    "hd": 1.5,
    "xhigh": 2.0,
    "max": 2.0,
}
#: What OpenAI knows and no pipeline here can do, with what is right.
REFUSED = {
    "mask": "is not supported: say in the prompt what to change",
    "markup": "is not supported: say in the prompt what to change",
    "style": "is not supported: say it in the prompt",
    "output_compression": "is not supported: a JPEG or WebP has quality 90",
    "input_fidelity": "is not supported: the model decides",
    "complexity": "is not supported: ask for a quality",
    "frame_count": "is not supported: a picture does not move",
    "frame_duration_ms": "is not supported: a picture does not move",
    "svg": "is not supported: pictures are made of pixels",
}
#: What of a chute's own request has another name, or is put otherwise, in OpenAI's.
PICTURES = "image_b64s"
OURS = ("width", "height", "format", PICTURES)
_SIZE = r"^(auto|[1-9][0-9]{1,4}x[1-9][0-9]{1,4})$"


class ImagesFields(RequestModel):
    """What OpenAI's clients may send besides the prompt."""

    model: str | None = Field(None, max_length=200, description="The model or the chute.")
    n: int | None = Field(1, ge=1, le=MOST_PICTURES, description="How many pictures.")
    size: str | None = Field("auto", pattern=_SIZE, description="As 1024x1024: width, height.")
    quality: Literal["low", "medium", "standard", "auto", "high", "hd", "xhigh", "max"] | None = (
        Field("auto", description="A low one takes fewer steps, a high one more.")
    )
    output_format: Format | None = Field("png", description="The kind of file.")
    response_format: Literal["b64_json"] | None = Field(
        "b64_json", description="Pictures come inside of the answer: the chute keeps no files."
    )
    background: Literal["auto", "opaque"] | None = Field("auto", description="None is clear.")
    moderation: Literal["auto", "low"] | None = Field("auto", description="Without effect.")
    stream: Literal[False] | None = Field(False, description="A picture comes whole.")
    partial_images: Literal[0] | None = Field(0, description="A picture comes whole.")
    user: str | None = Field(None, max_length=512, description="Without effect.")
    safety_identifier: str | None = Field(None, max_length=512, description="Without effect.")


class Asked(BaseModel):
    """What a client asked for, as the chute's own request. `names` are his for fields of that."""

    model_config = ConfigDict(frozen=True)

    own: SerializeAsAny[RequestModel]
    n: int = 1
    names: Mapping[str, str] = {}

    def one(self, place: int) -> RequestModel:
        """The request for one of the pictures: of a seed that was sent, each has the next."""
        seed = getattr(self.own, "seed", None)
        if seed is None or place == 0:
            return self.own
        return self.own.model_copy(update={"seed": (seed + place) % SEEDS})


def serve(chute: ServedChute, own: type[RequestModel], model: str) -> None:
    """Serve OpenAI's clients by the chute's own request and its `studio`.

    With `image_b64s` in `own` that is POST /v1/images/edits, else POST /v1/images/generations.
    """
    request = request_of(own)
    path = EDITS if PICTURES in own.model_fields else GENERATIONS

    def images(self: Any, job: Job[Any]) -> Response:
        asked: Asked = job.request
        seed = getattr(asked.own, "seed", None)
        first = randbelow(SEEDS) if seed is None else seed
        seeds = [(first + place) % SEEDS for place in range(asked.n)]
        job.note(n=asked.n)
        try:
            made = [
                (each, self.studio.picture(Job(asked.one(place), job.exchange), each))
                for place, each in enumerate(seeds)
            ]
        except Refusal as refusal:
            raise _renamed(refusal, asked.names) from refusal
        return Response(_answer(asked, made), media_type="application/json")

    images.__name__ = path.removeprefix("/v1/").replace("/", "_")
    chute.cord(
        public_api_path=path,
        request=request,
        parse=reader(request, own, (chute.name, model)),
        output_content_type="application/json",
    )(images)


def request_of(own: type[RequestModel]) -> type[RequestModel]:
    """OpenAI's fields, and beside them those of the chute's own request that OpenAI has not."""
    fields: dict[str, Any] = {
        name: (field.annotation, field)
        for name, field in own.model_fields.items()
        if name not in OURS
    }
    if PICTURES in own.model_fields:
        fields["images"] = _images(own)
    extra: Any = own.model_config.get("json_schema_extra") or {}

    class Request(ImagesFields):
        model_config = ConfigDict(
            json_schema_extra={"examples": [_example(each) for each in extra.get("examples", ())]}
        )

    made: type[RequestModel] = create_model("ImagesRequest", __base__=Request, **fields)
    return made


def _images(own: type[RequestModel]) -> tuple[Any, Any]:
    """The field with pictures, bounded as the chute's own."""
    bounds = own.model_json_schema()["properties"][PICTURES]
    url = Field(max_length=bounds["items"]["maxLength"], description="data:image/png;base64,...")
    shown: Any = create_model("Shown", __base__=RequestModel, image_url=(str, url))
    images = Field(
        min_length=1,
        max_length=bounds["maxItems"],
        description="What is changed, as data URLs; the platform takes no form with files.",
    )
    return list[shown], images


def _example(own: Mapping[str, Any]) -> Any:
    """An example of the chute's own request, as OpenAI's."""
    found = {name: value for name, value in own.items() if name not in OURS}
    if PICTURES in own:
        urls = [f"data:image/png;base64,{each}" for each in own[PICTURES]]
        found["images"] = [{"image_url": url} for url in urls]
    return found


def reader(
    request: type[RequestModel], own: type[RequestModel], models: tuple[str, str]
) -> Callable[[Any], Asked]:
    """What reads a body: as OpenAI's, and then as the chute's own."""
    steps = own.model_json_schema()["properties"]["steps"]

    def parse(body: Any) -> Asked:
        given: Any = contract.read(request.model_validate, body, REFUSED)
        if given.model not in (None, *models):
            raise invalid("model", f"must be {' or '.join(models)}", "model_not_found")
        ours = {
            name: getattr(given, name) for name in given.model_fields_set & own.model_fields.keys()
        }
        names = {"width": "size", "height": "size"}
        ours["format"] = given.output_format or "png"
        if given.size not in (None, "auto"):
            ours["width"], ours["height"] = map(int, given.size.split("x"))
        if "steps" not in ours:
            share = QUALITIES[given.quality or "auto"]
            ours["steps"] = min(max(math.ceil(steps["default"] * share), 1), steps["maximum"])
        for place, each in enumerate(getattr(given, "images", ())):
            ours.setdefault(PICTURES, []).append(each.image_url)
            names[f"{PICTURES}.{place}"] = f"images.{place}.image_url"
        try:
            return Asked(own=own.model_validate(ours), n=given.n or 1, names=names)
        except ValidationError as error:
            raise _renamed(from_validation(error, ours), names) from None

    return parse


def _renamed(refusal: Refusal, names: Mapping[str, str]) -> Refusal:
    """The refusal in the words of who sent another field than the one that is wrong."""
    if not refusal.fields:
        return refusal
    fields = {Wrong(names.get(wrong.field, wrong.field), wrong.message) for wrong in refusal.fields}
    told = sorted(fields, key=lambda wrong: wrong.field)
    return Refusal(refusal.status, refusal.code, summary(told), told)


def _answer(asked: Asked, made: list[tuple[int, bytes]]) -> bytes:
    """OpenAI's answer, with the seed beside each picture."""
    own: Any = asked.own
    size = {"size": f"{own.width}x{own.height}"} if own.width is not None else {}
    return orjson.dumps(
        {
            "created": int(time.time()),
            "background": "opaque",
            "output_format": own.format,
            **size,
            "data": [
                {"b64_json": base64.b64encode(content).decode(), "seed": seed}
                for seed, content in made
            ],
        }
    )
