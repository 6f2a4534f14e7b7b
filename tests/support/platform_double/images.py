"""Images: uploaded once per tag, built for a while, their log streamed meanwhile."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from pydantic import TypeAdapter, ValidationError

from support.platform_double import documents
from support.platform_double.entities import BUILT, Change, Image
from support.platform_double.histories import image_rows, note_deletion, too_many
from support.platform_double.replies import (
    DOUBLE,
    OWNER,
    crash,
    missing,
    page,
    problems_of,
    refuse,
    unprocessable,
)
from support.platform_double.world import World

LEAST_BALANCE = 50.0
LEAST_SDK = (0, 3, 61)
ABSENT = "Image not found, or does not belong to you"
#: The fields of an upload, in the order in which the API names those that are missing.
FIELDS = (
    *("wait", "build_context", "username", "name", "readme", "logo_id", "tag"),
    *("dockerfile", "image", "public"),
)
FLAGS = ("wait", "public")
NAME = re.compile(r"^[a-z0-9][a-z0-9_\.\/-]{2,64}$", re.I)
TAG = re.compile(r"^[a-z0-9][a-z0-9_\.\/-]{1,32}$", re.I)

routes = web.RouteTableDef()


@routes.get("/images/")
async def list_images(request: web.Request) -> web.Response:
    """List images, newest first, by parts of name and tag."""
    double = request.app[DOUBLE]
    name, tag = (request.query.get(key, "").strip().lower() for key in ("name", "tag"))
    found = [
        documents.image(double.identity, double.world, image)
        for image in sorted(double.world.images.values(), key=lambda one: -one.started)
        if name in image.name.lower() and tag in image.tag.lower()
    ]
    return web.json_response(page(request, found))


@routes.get("/images/{image_id}/logs")
async def logs(request: web.Request) -> web.StreamResponse:
    """Stream the log while the image builds, and dots for ever after; else send it in one piece."""
    world = request.app[DOUBLE].world
    image = world.image(request.match_info["image_id"])
    if image is None or not request[OWNER]:
        return refuse(404, ABSENT)
    status = image.status(world.clock.now())
    if status.startswith((BUILT, "error:")):
        return web.Response(text=f"STEP 1: FROM base\n{status}\n", content_type="text/plain")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    entry = {"log": {"log_type": "stdout", "log": "STEP 1: FROM base"}, "offset": "1-1"}
    await response.write(f"data: {json.dumps(entry)}\n".encode())
    while image.status(world.clock.now()) in ("pending build", "building"):
        await response.write(b".\n")
        await asyncio.sleep(0.2)
    await response.write(b"DONE\n")
    while True:
        await asyncio.sleep(1)
        await response.write(b".\n")


@routes.get("/images/{image:.+}")
async def get(request: web.Request) -> web.Response:
    """Show an image."""
    double = request.app[DOUBLE]
    image = found_image(double.world, request.match_info["image"], double.identity.username)
    if image is None:
        return refuse(404, ABSENT)
    return web.json_response(documents.image(double.identity, double.world, image))


@routes.delete("/images/{image:.+}")
async def delete(request: web.Request) -> web.Response:
    """Remove an image that no chute uses."""
    double = request.app[DOUBLE]
    world = double.world
    image = found_image(world, request.match_info["image"], double.identity.username)
    if image is None:
        return refuse(404, ABSENT)
    if any(chute.posted["image"] == image.image_id for chute in world.chutes.values()):
        return refuse(409, "Image is in use by one or more chutes")
    world.uploads = image_rows(world, of=image) + world.uploads
    note_deletion(world.uploads, image.image_id, world.clock.now())
    del world.images[image.image_id]
    return web.json_response({"image_id": image.image_id, "deleted": True})


@routes.post("/images/")
async def create(request: web.Request) -> web.Response:
    """Take an image's Dockerfile and files, and begin to build."""
    double = request.app[DOUBLE]
    world, owner = double.world, double.identity
    form = await parts(request)
    if problems := problems_of_form(form):
        return unprocessable(problems)
    username, name, tag, readme = (
        form[key].decode() for key in ("username", "name", "tag", "readme")
    )
    if username != owner.username:
        return refuse(401, "Cannot make images for users other than yourself!")
    if full := too_many(world, image_rows(world), "image"):
        return refuse(429, full)
    if sdk_version(request) < LEAST_SDK:
        return refuse(400, "Please upgrade your local chutes lib to version >= 0.3.61")
    if world.balance < LEAST_BALANCE:
        return refuse(402, "You must have a balance of >= $50 to create images.")
    image_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{username}/{name}:{tag}".lower()))
    if world.image(image_id):
        return refuse(409, f"Image with {name=} and {tag=} aready exists")
    if not (NAME.match(name) and TAG.match(tag)):
        return crash()
    now, logo = world.clock.now(), form["logo_id"].decode()
    world.uploads.append(Change(image_id, now))
    world.images[image_id] = Image(
        image_id,
        name,
        tag,
        form["dockerfile"].decode(),
        form["build_context"],
        now,
        world.build_seconds,
        world.build_outcome,
        readme,
        None if logo == "__none__" else logo,
    )
    shown = documents.image(owner, world, world.images[image_id])
    return web.json_response(shown, status=202)


def found_image(world: World, name: str, username: str) -> Image | None:
    """Find an image by its id, or by its name and tag, the user name before them or not."""
    for image in world.images.values():
        short = f"{image.name}:{image.tag}"
        if name.lstrip("/") in (image.image_id, short, f"{username}/{short}"):
            return image
    return None


def sdk_version(request: web.Request) -> tuple[int, ...]:
    """The version of the SDK that sends a request."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", request.headers.get("X-Chutes-Version", ""))
    return tuple(int(number) for number in found.groups()) if found else (0, 0, 0)


def problems_of_form(form: dict[str, bytes]) -> list[dict[str, Any]]:
    """What FastAPI says of an upload: a field that is there but empty is missing to it."""
    problems = []
    for name in FIELDS:
        if name not in form or not (form[name] or name == "build_context"):
            problems.append(missing("body", name))
        elif name in FLAGS:
            try:
                TypeAdapter(bool).validate_python(form[name].decode())
            except ValidationError as error:
                problems += problems_of(error, "body", name)
    return problems


async def parts(request: web.Request) -> dict[str, bytes]:
    """The parts of a form that was read before, to check its signature."""
    if request.content_type == "application/x-www-form-urlencoded":
        plain = parse_qsl((await request.read()).decode(), keep_blank_values=True)
        return {name: value.encode() for name, value in plain}
    if not request.content_type.startswith("multipart/"):
        return {}
    stream = StreamReader(request.protocol, limit=2**28)
    stream.feed_data(await request.read())
    stream.feed_eof()
    found = {}
    async for part in MultipartReader(request.headers, stream):
        assert isinstance(part, BodyPartReader)
        assert part.name
        found[part.name] = bytes(await part.read())
    return found
