"""Chutes: shown, woken, switched off, removed, and what their instances log."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from aiohttp import web

from support.platform_double import documents
from support.platform_double.deployments import alike, flag
from support.platform_double.entities import Deployed
from support.platform_double.histories import note_deletion
from support.platform_double.lifecycle import active, ask_for_instance, settle
from support.platform_double.replies import (
    DOUBLE,
    OWNER,
    PROCESS,
    crash,
    page,
    refuse,
    unprocessable,
)
from support.platform_double.validation import UnprocessableError, UpdateArgs, read
from support.platform_double.world import World

ABSENT = "Chute not found, or does not belong to you"
#: For how long warming up is watched, and how often the API says that it still waits.
WARM_UP_SECONDS, NEWS_SECONDS = 600, 5
MOST_LINES = 10000

routes = web.RouteTableDef()


@routes.get("/chutes/")
async def list_chutes(request: web.Request) -> web.Response:
    """List chutes, with their cords apart; nobody sees none, because none is public."""
    double = request.app[DOUBLE]
    try:
        schemas = flag(request, "include_schemas")
    except UnprocessableError as refused:
        return unprocessable(refused.problems)
    name = request.query.get("name", "").strip().lower()
    found = [one for one in double.world.chutes.values() if name in one.posted["name"].lower()]
    chutes = found if request[OWNER] else []
    items, cords = documents.listed(double.identity, double.world, chutes, schemas=schemas)
    return web.json_response({**page(request, items), "cord_refs": cords})


@routes.get("/chutes/code/{chute}")
async def code(request: web.Request) -> web.Response:
    """Show the deployed module, as the process remembers it."""
    world = request.app[DOUBLE].world
    chute = world.cached(request.match_info["chute"], request[PROCESS])
    if chute is None or not request[OWNER]:
        return refuse(404, ABSENT)
    return web.Response(text=chute.posted["code"], content_type="text/plain")


@routes.get("/chutes/warmup/{chute:.+}")
async def warmup(request: web.Request) -> web.StreamResponse:
    """Ask for an instance, and tell at once or in a stream whether there is one."""
    world = request.app[DOUBLE].world
    chute = found_by_name(world, request.match_info["chute"])
    if chute is None:
        return refuse(404, ABSENT)
    if chute.disabled:
        return refuse(503, "This chute is currently disabled.")
    if world.balance <= 0:
        return refuse(402, f"Account balance is ${world.balance}, please top-up")
    try:
        quick = flag(request, "quick")
    except UnprocessableError as refused:
        return unprocessable(refused.problems)
    if quick:
        return web.json_response(warmth(world, chute))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    end = world.clock.now() + WARM_UP_SECONDS
    while not (up := active(world, chute)) and world.clock.now() < end:
        ask_for_instance(world, chute)
        await response.write(b'data: {"status": "cold", "log": "waiting for instances ..."}\n\n')
        await come(world, chute, world.clock.now() + NEWS_SECONDS)
    if up:
        news = f'{{"status": "hot", "log": "chute is hot, {len(up)} instances available"}}'
        await response.write(f"data: {news}\n\n".encode())
    return response


@routes.get("/chutes/{chute:.+}")
async def get(request: web.Request) -> web.Response:
    """Show a chute: whether there is one is remembered, what it is comes from the database."""
    double = request.app[DOUBLE]
    remembered = double.world.cached(request.match_info["chute"], request[PROCESS])
    chute = remembered and double.world.chutes.get(remembered.chute_id)
    if chute is None or not request[OWNER]:
        return refuse(404, ABSENT)
    return web.json_response(documents.chute(double.identity, double.world, chute))


@routes.put("/chutes/{chute:.+}")
async def update(request: web.Request) -> web.Response:
    """Change what can be changed without a deployment; switching ends every instance."""
    double = request.app[DOUBLE]
    world = double.world
    try:
        args = read(UpdateArgs, await request.read())
    except UnprocessableError as refused:
        return unprocessable(refused.problems)
    remembered = world.cached(request.match_info["chute"], request[PROCESS])
    if remembered is None:
        return refuse(404, ABSENT)
    chute = world.chutes.get(remembered.chute_id)
    if chute is None:
        return crash()
    for name in ("tagline", "readme", "tool_description", "logo_id"):
        if (getattr(args, name) or "").strip():
            chute.posted[name] = getattr(args, name)
    for name in ("max_instances", "scaling_threshold"):
        if getattr(args, name) is not None:
            chute.posted[name] = getattr(args, name)
    if args.disabled is not None:
        chute.disabled = args.disabled
        world.caches.forget(chute)
        if chute.disabled:
            chute.bounty = False
            chute.instances.clear()
    return web.json_response(documents.brief(double.identity, world, chute))


@routes.delete("/chutes/{chute}")
async def delete(request: web.Request) -> web.Response:
    """Remove a chute with its instances. Takes only its id, not its name; clears no cache."""
    world = request.app[DOUBLE].world
    name = request.match_info["chute"]
    try:
        uuid.UUID(name)
    except ValueError:
        return refuse(400, "Must use chute UUID to delete.")
    chute = world.chutes.pop(name, None)
    if chute is None:
        return refuse(404, ABSENT)
    note_deletion(world.deployments, chute.posted["name"], world.clock.now())
    return web.json_response({"chute_id": chute.chute_id, "deleted": True})


@routes.get("/instances/{instance}/logs")
async def instance_logs(request: web.Request) -> web.StreamResponse:
    """Stream an instance's log, which never ends."""
    world = request.app[DOUBLE].world
    name = request.match_info["instance"]
    if not any(name == one.instance_id for all_ in world.chutes.values() for one in all_.instances):
        return refuse(404, "Instance not found.")
    if not 0 <= int(request.query.get("backfill", 100)) <= MOST_LINES:
        return refuse(400, f"`backfill` must be between 0 and {MOST_LINES} (lines of logs)")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b'data: {"log": "model loaded"}\n\n')
    await asyncio.sleep(3600)
    return response


def found_by_name(world: World, name: str) -> Deployed | None:
    """Find a chute by its id or name in the database, which does not look at capitals."""
    for chute in world.chutes.values():
        if name == chute.chute_id or alike(name, chute.posted["name"]):
            return chute
    return None


def warmth(world: World, chute: Deployed) -> dict[str, Any]:
    """Whether a chute has instances, after asking for one."""
    up = active(world, chute)
    if not up:
        ask_for_instance(world, chute)
    settle(world, chute)
    return {
        "chute_id": chute.chute_id,
        "status": "hot" if up else "cold",
        "instance_count": len(up),
        "bounty": None,
        "instances": [
            {
                "instance_id": one.instance_id,
                "active": one in up,
                "gpu_count": 1,
                "gpu_model_name": "pro_6000",
            }
            for one in chute.instances
        ],
    }


async def come(world: World, chute: Deployed, until: float) -> None:
    """Return when there is an instance, or when it is that late."""
    while not active(world, chute) and world.clock.now() < until:
        await asyncio.sleep(0.05)
