"""Images: uploaded once per tag, built for a while, their log streamed meanwhile."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web

from platform_double.entities import BUILT, Image

if TYPE_CHECKING:
    from platform_double.server import Double

DOUBLE: web.AppKey[Double] = web.AppKey("double")
#: Which of the API's processes answers a request.
PROCESS = "process"
LEAST_BALANCE = 50.0

routes = web.RouteTableDef()


def refuse(status: int, detail: str) -> web.Response:
    """An error as the platform words it."""
    return web.json_response({"detail": detail}, status=status)


def page(request: web.Request, items: list[dict[str, Any]]) -> dict[str, Any]:
    """One page of a list."""
    number, limit = int(request.query.get("page", 0)), int(request.query.get("limit", 25))
    some = items[number * limit : (number + 1) * limit]
    return {"total": len(items), "page": number, "limit": limit, "items": some}


@routes.get("/images/")
async def list_images(request: web.Request) -> web.Response:
    """List images."""
    world = request.app[DOUBLE].world
    return web.json_response(
        page(request, [shown(image, world.clock.now()) for image in world.images.values()])
    )


@routes.get("/images/{image_id}")
async def get(request: web.Request) -> web.Response:
    """Show an image."""
    world = request.app[DOUBLE].world
    image = world.image(request.match_info["image_id"])
    return (
        web.json_response(shown(image, world.clock.now()))
        if image
        else refuse(404, "Image not found")
    )


@routes.delete("/images/{image_id}")
async def delete(request: web.Request) -> web.Response:
    """Remove an image that no chute uses."""
    world = request.app[DOUBLE].world
    image = world.image(request.match_info["image_id"])
    if image is None:
        return refuse(404, "Image not found")
    if any(chute.posted["image"] == image.image_id for chute in world.chutes.values()):
        return refuse(409, "Image is in use by one or more chutes")
    del world.images[image.image_id]
    return web.json_response({"image_id": image.image_id, "deleted": True})


@routes.post("/images/")
async def create(request: web.Request) -> web.Response:
    """Take an image's Dockerfile and files, and begin to build."""
    double = request.app[DOUBLE]
    form = await parts(request)
    username, name, tag = (form[key].decode() for key in ("username", "name", "tag"))
    if username != double.identity.username:
        return refuse(401, "Cannot make images for users other than yourself!")
    if double.world.balance < LEAST_BALANCE:
        return refuse(402, "You must have a balance of >= $50 to create images.")
    label = f"{username}/{name}:{tag}".lower()
    image_id = str(uuid.uuid5(uuid.NAMESPACE_OID, label))
    if double.world.image(image_id):
        return refuse(409, f"Image with name={name!r} and tag={tag!r} aready exists")
    double.world.images[image_id] = Image(
        image_id,
        name,
        tag,
        form["dockerfile"].decode(),
        form["build_context"],
        double.world.clock.now(),
        double.world.build_seconds,
        double.world.build_outcome,
    )
    return web.json_response({"image_id": image_id}, status=202)


@routes.get("/images/{image_id}/logs")
async def logs(request: web.Request) -> web.StreamResponse:
    """Stream the log while the image builds; afterwards send it in one piece."""
    world = request.app[DOUBLE].world
    image = world.image(request.match_info["image_id"])
    if image is None:
        return refuse(404, "Image not found")
    status = image.status(world.clock.now())
    if status == BUILT or status.startswith("error"):
        return web.Response(text=f"STEP 1: FROM base\n{status}\n", content_type="text/plain")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    entry = {"log": {"log_type": "stdout", "log": "STEP 1: FROM base"}, "offset": "1-1"}
    await response.write(f"data: {json.dumps(entry)}\n".encode())
    while image.status(world.clock.now()) in ("pending build", "building"):
        await response.write(b".\n")
        await asyncio.sleep(0.2)
    await response.write(b"DONE\n")
    return response


async def parts(request: web.Request) -> dict[str, bytes]:
    """The parts of a multipart body that was read before, to check its signature."""
    stream = StreamReader(request.protocol, limit=2**28)
    stream.feed_data(await request.read())
    stream.feed_eof()
    found = {}
    async for part in MultipartReader(request.headers, stream):
        assert isinstance(part, BodyPartReader)
        assert part.name
        found[part.name] = bytes(await part.read())
    return found


def shown(image: Image, now: float) -> dict[str, Any]:
    """An image as the platform shows it."""
    return {
        "image_id": image.image_id,
        "name": image.name,
        "tag": image.tag,
        "public": False,
        "status": image.status(now),
        "created_at": "2026-01-01T00:00:00Z",
        "chutes_version": "0.6.9",
        "patch_version": "initial",
    }
