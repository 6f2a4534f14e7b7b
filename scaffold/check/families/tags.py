"""TA: tags that name one image for ever."""

import ast
import re
from collections.abc import Iterator

from scaffold.check.catalog import check
from scaffold.check.declared import Chute, Image, at, unsure
from scaffold.check.model import Answer, Severity
from scaffold.check.module import home
from scaffold.check.repository import Repository
from scaffold.check.values import full_name

MOVING = {"latest", "nightly", "main", "master", "dev", "edge", "stable", "prod", "production"}
PLATFORM = re.compile(r"^chutes/(vllm|sglang|diffusion|embedding)[\w-]*:[\w.-]+$")
_SETTINGS = (
    "concurrency",
    "max_instances",
    "shutdown_after_seconds",
    "scaling_threshold",
    "node_selector",
    "tagline",
    "readme",
    "tee",
    "allow_external_egress",
    "revision",
    "name",
)


@check(
    "TA101",
    "The image's tag cannot be used twice",
    Severity.REFUSED,
    each="image",
    why="""A tag is built once: build answers "already exists" for the second, changed image, and a
    deploy goes on with the old one.""",
    fix="Use a tag that changes with the image: a version, a date, a digest of what goes into it.",
    before='Image(username="alice", name="sdxl", tag="latest")',
    after='Image(username="alice", name="sdxl", tag="1.4.0")',
)
def moving(image: Image) -> Iterator[Answer]:
    """Tags that are meant to move."""
    value = image.value("tag")
    if value.given and not value.known and not _computed(image, _CHANGING + _OUTSIDE):
        yield unsure(value.node, f"the tag cannot be seen: {value.why}")
    elif value.known and str(value.value).lower() in MOVING:
        yield at(value.node, f"the tag {value.value!r} can be built only once")


_CHANGING = ("datetime", "time", "uuid", "random", "secrets", "getpass", "socket", "date")
_OUTSIDE = ("os.environ", "os.getenv")


def _computed(image: Image, words: tuple[str, ...]) -> list[str]:
    """Which of these modules and functions the tag is computed from."""
    node = image.arguments.node("tag")
    found = []
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.Call | ast.Subscript) and "home" in part.__dict__:
            target = part.func if isinstance(part, ast.Call) else part.value
            name = full_name(target, home(part)) or ""
            if any(name == word or name.startswith(f"{word}.") for word in words):
                found.append(name)
    return found


@check(
    "TA102",
    "The tag is another one at every import",
    Severity.BREAKS,
    each="image",
    why="""build and deploy import the module separately. A tag made from the time, chance or the
    machine names one image when it is built and another when it is deployed, which does not
    exist.""",
    fix="Write the tag down, or compute it from the content of what goes into the image.",
    before='tag=datetime.now().strftime("%Y%m%d%H%M")',
    after='tag="2026.11.23"',
)
def at_import(image: Image) -> Iterator[Answer]:
    """Calls of time, uuid, random and the like in the tag; TA105 is about the environment."""
    found = _computed(image, _CHANGING)
    if found:
        yield at(image.value("tag").node, f"{found[0]} gives another tag when it is deployed")


@check(
    "TA103",
    "No image of that name is on the platform",
    Severity.BREAKS,
    each="chute",
    why="""A text is looked up among the images on the platform, as USER/NAME:TAG or as an id.
    It is no Docker image: deploy ends with exit code 1, and build refuses. Docker images are
    named in Image.from_base.""",
    fix='image = Image(username=..., name=..., tag=...).from_base("parachutes/python:3.12")',
    before='chute = Chute(..., image="nvidia/cuda:12.4.1-runtime-ubuntu22.04")',
    after=(
        'image = Image(username="alice", name="sdxl", '
        'tag="1.0").from_base("parachutes/python:3.12")'
    ),
)
def docker_image(chute: Chute) -> Iterator[Answer]:
    """Texts without a tag, and names of well-known Docker images."""
    value = chute.value("image")
    if not value.known or not isinstance(value.value, str):
        return
    name = value.value
    uuid = re.fullmatch(r"[0-9a-f]{8}-[0-9a-f-]{27}", name)
    docker = name.startswith(
        (
            "parachutes/",
            "nvidia/",
            "pytorch/",
            "python:",
            "ubuntu",
            "debian",
            "huggingface/",
            "vllm/",
        )
    )
    if not uuid and (docker or ":" not in name or "/" not in name):
        yield at(value.node, f"{name!r} is not an image of an account on the platform")


@check(
    "TA104",
    "The platform's image is taken by a moving tag",
    Severity.WEAKENS,
    each="chute",
    why="A tag that moves makes the next deploy run on another engine without a change of yours.",
    fix="Name the dated tag.",
    before='build_vllm_chute(..., image="chutes/vllm:latest")',
    after='build_vllm_chute(..., image="chutes/vllm:nightly-2025111700")',
)
def platform_image(chute: Chute) -> Iterator[Answer]:
    """String images with a tag that moves."""
    value = chute.value("image")
    if (
        value.known
        and isinstance(value.value, str)
        and "/" in value.value
        and value.value.rpartition(":")[2] in MOVING
        and ":" in value.value
    ):
        yield at(value.node, f"{value.value} moves")


@check(
    "TA105",
    "A setting stands outside of the module",
    Severity.WEAKENS,
    each="chute",
    why="""The platform compares the code and the image of a deploy with what runs. When a
    setting comes from the environment or a file, changing it changes neither: 409, and the old
    setting stays. An image's tag that comes from there is another one in a shell without the
    variable, where no such image was built.""",
    fix="Write settings into the module as literals.",
    before='max_instances=int(os.getenv("MAX_INSTANCES", "3"))',
    after="max_instances=3",
)
def outside(repository: Repository, chute: Chute) -> Iterator[Answer]:
    """The environment, or a file that is opened, in a setting; the environment in a tag."""
    image = repository.image(chute)
    tag = _computed(image, _OUTSIDE) if image is not None else []
    if image is not None and tag:
        yield at(image.value("tag").node, f"the image's tag is read from {tag[0]}")
    for name in _SETTINGS:
        node = chute.arguments.node(name)
        for part in ast.walk(node) if node is not None else ():
            if not isinstance(part, ast.Call | ast.Subscript) or "home" not in part.__dict__:
                continue
            target = part.func if isinstance(part, ast.Call) else part.value
            source = full_name(target, home(part)) or ""
            if source in ("os.getenv", "os.environ", "os.environ.get", "open") or (
                source.endswith(("safe_load", "json.load", "tomllib.load"))
            ):
                yield at(part, f"{name} is read from {source}")
                break
