"""Pictures that come in to be changed: which are taken, and how large what comes of them is."""

import math
from collections.abc import Callable
from dataclasses import replace
from secrets import randbelow
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from chutekit.media import files
from chutekit.models.worker import OnStep
from chutekit.pictures.picture import Format
from chutekit.pictures.studio import Studio
from chutekit.serving.contract import Job, RequestModel

if TYPE_CHECKING:
    from PIL.Image import Image

TAKEN = ("image/png", "image/jpeg", "image/webp")
#: Of each, before it is unfolded; of one that moves the first frame counts.
MEGABYTES, MEGAPIXELS = 8, 24
#: FLUX.2 refuses smaller and longer ones (`Flux2ImageProcessor.check_image_input` of diffusers
#: 0.42.1), and Qwen's arithmetic comes to a side of 0.
LEAST_SIDE, MOST_STRETCHED = 64, 8
#: The pipelines shrink each picture to about so many pixels, and Qwen's and Kontext's enlarge
#: smaller ones: memory use grows with this, whatever came in.
PIXELS_SEEN = 2**20
LEAST_ASKED, MAX_SEED = 256, 2**32 - 1

Size = tuple[int, int]


def pictures(most: int) -> Any:
    """The type of a field for one to `most` pictures in base64; its value is a list of `Picture`.

    Each is bounded in bytes, pixels and shape by what its head says.
    """
    picture: Any = files.picture(MEGABYTES, MEGAPIXELS, *TAKEN)
    shaped: Any = Annotated[picture, AfterValidator(_shaped)]
    return Annotated[list[shaped], Field(min_length=1, max_length=most)]


def side(most: int, multiple: int) -> Any:
    """The type of a side of the picture that is wanted, in pixels; its value may be None."""
    told = "Pixels; without width and height, the shape of the first picture decides."
    pixels = Field(ge=LEAST_ASKED, le=most, multiple_of=multiple, description=told)
    return Annotated[int | None, pixels]


class EditFields(RequestModel):
    """A request to change pictures: its `width` and `height` are both there, or neither is.

    A class of chute.py adds these, `image_b64s`, `prompt` and `steps`.
    """

    #: Pixels of a picture whose size nobody asked for, and what its sides are multiples of.
    AREA: ClassVar[int] = PIXELS_SEEN
    MULTIPLE: ClassVar[int] = 16
    #: The most that may be asked for.
    MAX_PIXELS: ClassVar[int] = PIXELS_SEEN

    seed: int | None = Field(
        None,
        ge=0,
        le=MAX_SEED,
        description="The same seed makes the same picture; left out, one is drawn.",
    )
    format: Format = Field("jpeg", description="The kind of file.")

    def drawn(self) -> int:
        """The seed that was sent, or one that is drawn now."""
        return randbelow(MAX_SEED + 1) if self.seed is None else self.seed

    @field_validator("height", check_fields=False)
    @classmethod
    def _whole_size(cls, height: int | None, info: ValidationInfo) -> int | None:
        if "width" not in info.data:
            return height
        width = info.data["width"]
        if (width is None) != (height is None):
            raise ValueError("goes with width: give both, or neither")
        if width is not None and height is not None and width * height > cls.MAX_PIXELS:
            raise ValueError(f"width times height must be at most {cls.MAX_PIXELS}")
        return height


def size_like(width: int, height: int, area: int, multiple: int) -> Size:
    """The size of about `area` pixels with the shape of a picture, in multiples that fit in it."""
    across = math.sqrt(area * width / height)
    return _down(across, multiple), _down(area / across, multiple)


class EditStudio(Studio):
    """A `Studio` whose pipeline changes pictures; reads `image_b64s`, `width` and `height` too."""

    METHOD: ClassVar[str] = "edit"
    GIVEN: ClassVar[tuple[str, ...]] = ("self", "request", "pictures", "size", "seed", "on_step")

    def work(self, job: Job[Any], seed: int) -> tuple[int, Callable[[OnStep], "Image"]]:
        """As `Studio.work`; Refusal when a picture turns out to be damaged."""
        request = job.request
        opened = [
            replace(each, field=f"{each.field}.{place}").open()
            for place, each in enumerate(request.image_b64s)
        ]
        job.note(pictures=len(opened))
        width, height = opened[0].size
        if request.width is None or request.height is None:
            size = size_like(width, height, request.AREA, request.MULTIPLE)
        else:
            size = request.width, request.height
        return (
            size[0] * size[1] + len(opened) * PIXELS_SEEN,
            lambda on_step: self.pipeline.edit(request, opened, size, seed, on_step),
        )


def _down(pixels: float, multiple: int) -> int:
    return max(int(pixels / multiple + 1e-6), 1) * multiple


def _shaped(given: files.File) -> files.File:
    assert isinstance(given, files.Picture)
    short, long = sorted((given.width, given.height))
    if short < LEAST_SIDE:
        raise ValueError(f"must have sides of at least {LEAST_SIDE} pixels")
    if long > MOST_STRETCHED * short:
        raise ValueError(f"must not be {MOST_STRETCHED} times longer on one side than the other")
    return given
