"""Calls of chutes by their clients.

Only 400 and 429 of a chute reach the client, beside success; all else becomes a 500 and counts
against the instance. Of the headers only the media type is passed on.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from platform_double.entities import Deployed, Running
from platform_double.images import DOUBLE, refuse
from platform_double.lifecycle import active, ask_for_instance

if TYPE_CHECKING:
    from platform_double.server import Double

CALL = re.compile(r"/chutes/[0-9a-f-]{36}/.+")
FORWARDED = (200, 400, 429)

routes = web.RouteTableDef()


def is_call(request: web.Request) -> bool:
    """Tell whether a request is for a chute, not for the platform."""
    return CALL.fullmatch(request.path) is not None


@routes.route("*", "/chutes/{chute}/{path:.+}")
async def call(request: web.Request) -> web.StreamResponse:
    """Hand a request to an instance."""
    double = request.app[DOUBLE]
    chute = double.world.chute(request.match_info["chute"])
    if not allowed(double, request, chute):
        return refuse(401, "Can't find a user with that api key in our db :(")
    assert chute
    path = "/" + request.match_info["path"]
    cords = [
        cord
        for cord in chute.posted["cords"]
        if cord["public_api_path"] == path and cord["public_api_method"] == request.method
    ]
    if not cords:
        return refuse(404, "No matching cord found!")
    if double.world.balance <= 0:
        return refuse(402, "Account balance is $0, please top-up")
    if chute.disabled:
        return refuse(503, "This chute is currently disabled.")
    instance = next(iter(active(double.world, chute)), None)
    if instance is None:
        ask_for_instance(double.world, chute)
        return refuse(503, "No instances available (yet)")
    return await forwarded(double, request, chute, instance, path)


def allowed(double: Double, request: web.Request, chute: Deployed | None) -> bool:
    """Tell whether the key of a request may call the chute."""
    secret = request.headers.get("Authorization", "").split(" ")[-1]
    found = [key for key in double.world.keys.values() if key["secret_key"] == secret]
    if chute is None or not found:
        return False
    scope = {"object_type": "chutes", "object_id": chute.chute_id, "action": "invoke"}
    return bool(found[0]["admin"]) or scope in found[0]["scopes"]


async def forwarded(
    double: Double, request: web.Request, chute: Deployed, instance: Running, path: str
) -> web.StreamResponse:
    """Send a request to the instance's process and its answer back."""
    body = await parsed(request)
    if body is None:
        return refuse(400, "Invalid request body")
    image = double.world.images[instance.image_id]
    reference = chute.posted["ref_str"]
    start = double.processes.url
    url = await asyncio.to_thread(start, reference, instance.code, image.context)
    limit = aiohttp.ClientTimeout(total=120)
    async with (
        aiohttp.ClientSession(timeout=limit) as session,
        session.request(
            request.method, url + path, json=body if request.method == "POST" else None
        ) as answer,
    ):
        content = await answer.read()
        kind = answer.headers.get("Content-Type", "application/json").split(";")[0]
        status = answer.status
    if status not in FORWARDED:
        chute.failures += 1
        return refuse(500, "exhausted all available targets")
    if path == "/health" and not double.world.stub_shows:
        content = posing(content)
    headers = {"Content-Type": kind, "X-Chutes-InvocationID": str(uuid.uuid4())}
    return web.Response(status=status, body=content, headers=headers)


async def parsed(request: web.Request) -> dict[str, Any] | None:
    """The body, which the platform wants to be a JSON object."""
    if request.method == "GET":
        return {}
    try:
        body = json.loads(await request.read())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def posing(content: bytes) -> bytes:
    """Pass the stub off as the model: without a GPU there is nothing else to test with."""
    facts = json.loads(content)
    return json.dumps({**facts, "backend": "engine"}).encode()
