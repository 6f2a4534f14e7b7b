"""Chutes: deployed after every check the platform makes, shown, woken, switched off."""

from __future__ import annotations

import ast
import asyncio
import re
import uuid
from typing import TYPE_CHECKING, Any

from aiohttp import web

from platform_double.entities import BUILT, Change, Deployed, version_of
from platform_double.images import DOUBLE, PROCESS, page, refuse, shown
from platform_double.lifecycle import active, ask_for_instance, replace_instances

if TYPE_CHECKING:
    from platform_double.server import Double

USD_PER_HOUR = 1.80
FEE_HOURS = 3
DAY_SECONDS = 86400

routes = web.RouteTableDef()


@routes.post("/chutes/")
async def deploy(request: web.Request) -> web.Response:
    """Take a chute, or say why not, in the platform's order of reasons."""
    double = request.app[DOUBLE]
    posted = await request.json()
    accepted = request.query.get("accept_fee") == "true"
    if refusal := refusal_of(double, posted, accepted):
        return refuse(*refusal)
    world = double.world
    world.deployments.append(Change(posted["name"], world.clock.now()))
    known = world.chute(posted["name"])
    version = version_of(world.images[posted["image"]], posted["code"])
    if known is None:
        world.balance -= fee(posted)
        known = Deployed(chute_id(double, posted), version, slug(double, posted), posted)
        world.chutes[known.chute_id] = known
    elif not world.forgets:
        known.posted, known.version, known.failures = posted, version, 0
        replace_instances(world, known)
    return web.json_response({**described(double, known), "version": version})


@routes.get("/chutes/")
async def list_chutes(request: web.Request) -> web.Response:
    """List chutes, with their cords apart."""
    double = request.app[DOUBLE]
    found = [described(double, chute) for chute in double.world.chutes.values()]
    cords = {chute["cord_ref_id"]: chute["cords"] for chute in found}
    return web.json_response({**page(request, found), "cord_refs": cords})


@routes.delete("/chutes/{chute}")
async def delete(request: web.Request) -> web.Response:
    """Remove a chute with its secrets and instances. Takes only its id, not its name."""
    world = request.app[DOUBLE].world
    chute = world.chutes.pop(request.match_info["chute"], None)
    if chute is None:
        return refuse(404, "Chute not found, or does not belong to you")
    return web.json_response({"chute_id": chute.chute_id, "deleted": True})


@routes.get("/chutes/code/{chute}")
async def code(request: web.Request) -> web.Response:
    """Show the deployed module, as the process remembers it."""
    world = request.app[DOUBLE].world
    chute = world.cached(request.match_info["chute"], request[PROCESS])
    if chute is None:
        return refuse(404, "Chute not found, or does not belong to you")
    return web.Response(text=chute.posted["code"], content_type="text/plain")


@routes.get("/chutes/warmup/{chute}")
async def warmup(request: web.Request) -> web.StreamResponse:
    """Ask for an instance."""
    world = request.app[DOUBLE].world
    chute = world.chute(request.match_info["chute"])
    if chute is None:
        return refuse(404, "Chute not found, or does not belong to you")
    if chute.disabled:
        return refuse(503, "This chute is currently disabled.")
    if world.balance <= 0:
        return refuse(402, f"Account balance is ${world.balance}, please top-up")
    ask_for_instance(world, chute)
    state = "hot" if active(world, chute) else "cold"
    if request.query.get("quick") == "true":
        return web.json_response({"chute_id": chute.chute_id, "status": state})
    event = f'data: {{"status": "{state}"}}\n\n'
    return web.Response(text=event, content_type="text/event-stream")


@routes.get("/chutes/{chute}")
async def get(request: web.Request) -> web.Response:
    """Show a chute: whether there is one is remembered, what it is comes from the database."""
    double = request.app[DOUBLE]
    remembered = double.world.cached(request.match_info["chute"], request[PROCESS])
    chute = remembered and double.world.chute(remembered.chute_id)
    if chute is None:
        return refuse(404, "Chute not found, or does not belong to you")
    return web.json_response(described(double, chute))


@routes.put("/chutes/{chute}")
async def update(request: web.Request) -> web.Response:
    """Switch a chute off or on."""
    double = request.app[DOUBLE]
    chute = double.world.chute(request.match_info["chute"])
    if chute is None:
        return refuse(404, "Chute not found, or does not belong to you")
    chute.disabled = bool((await request.json())["disabled"])
    if chute.disabled:
        chute.instances.clear()
    return web.json_response(described(double, chute))


@routes.get("/instances/{instance}/logs")
async def instance_logs(request: web.Request) -> web.StreamResponse:
    """Stream an instance's log, which never ends."""
    world = request.app[DOUBLE].world
    name = request.match_info["instance"]
    if not any(name == one.instance_id for all_ in world.chutes.values() for one in all_.instances):
        return refuse(404, "Instance not found.")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b'data: {"log": "model loaded"}\n\n')
    await asyncio.sleep(3600)
    return response


def refusal_of(double: Double, posted: dict[str, Any], accepted: bool) -> tuple[int, str] | None:
    """Return the status and words with which a chute is refused, None when it is not."""
    world, selector = double.world, posted["node_selector"]
    known = world.chute(posted["name"])
    if not posted["tee"]:
        return 400, "Only TEE chutes may be deployed."
    if (selector["gpu_count"], selector.get("include")) != (1, ["pro_6000"]):
        return 400, "TEE private deployments are limited at this time."
    recent = [row for row in world.deployments if row.made_at > world.clock.now() - DAY_SECONDS]
    if len(recent) >= world.daily_limit:
        return 429, f"You may only deploy/update chutes {world.daily_limit} times per 24 hours."
    if posted["public"]:
        return 400, "Public chutes are not allowed."
    image = world.image(posted["image"])
    if image is None or image.status(world.clock.now()) != BUILT:
        return 400, "Image not found, or not built."
    if known and known.version == version_of(world.images[posted["image"]], posted["code"]):
        return 409, f"Chute with name={posted['name']} and version={known.version} already exists"
    if len(selector.get("exclude") or []) > 5:
        return 400, "At most 5 GPUs may be excluded."
    if known is None and not accepted:
        return 402, (
            "DEPLOYMENT FEE NOTICE:\n===\nThere is a deployment fee of (hourly price per GPU * "
            f"number of GPUs * 3), which for this configuration is: ${fee(posted)}\n To "
            "acknowledge this fee, re-run the deployment command with `--accept-fee`"
        )
    if known is None and world.balance <= fee(posted):
        return 402, (
            f"The deployment fee, based on your node selector, is ${fee(posted)}, "
            f"but you have a balance of {world.balance}"
        )
    if known and known.posted["node_selector"] != selector:
        return 400, "The GPUs of a TEE chute cannot be changed."
    if not re.fullmatch(r"[a-z][a-z0-9_]*\.py", posted["filename"]):
        return 422, "filename"
    try:
        ast.parse(posted["code"])
    except SyntaxError:
        return 422, "code"
    return None if posted["cords"] else (400, "A chute must define at least one cord() or job()!")


def fee(posted: dict[str, Any]) -> float:
    """What a chute's first deployment costs, in US dollars."""
    return round(FEE_HOURS * USD_PER_HOUR * posted["node_selector"]["gpu_count"], 2)


def chute_id(double: Double, posted: dict[str, Any]) -> str:
    """The id that user and name give a chute."""
    label = f"{double.identity.username}::chute::{posted['name']}"
    return str(uuid.uuid5(uuid.NAMESPACE_OID, label))


def slug(double: Double, posted: dict[str, Any]) -> str:
    """The host name that user and name give a chute."""
    return f"{double.identity.username}-{posted['name']}".replace("_", "-").lower()


def described(double: Double, chute: Deployed) -> dict[str, Any]:
    """A chute as the platform shows it."""
    hot = active(double.world, chute)
    posted = chute.posted
    image = double.world.image(posted["image"])
    hourly = USD_PER_HOUR * posted["node_selector"]["gpu_count"]
    same = ("name", "tagline", "readme", "public", "cords", "concurrency", "max_instances")
    more = (
        "scaling_threshold",
        "shutdown_after_seconds",
        "allow_external_egress",
        "tee",
        "revision",
    )
    return {
        **{name: posted[name] for name in (*same, *more)},
        "chute_id": chute.chute_id,
        "version": chute.version,
        "slug": chute.slug,
        "created_at": "2026-01-01T00:00:00Z",
        "cord_ref_id": chute.version,
        "disabled": chute.disabled,
        "image": shown(image, double.world.clock.now()) if image else {"image_id": posted["image"]},
        "node_selector": {**posted["node_selector"], "supported_gpus": ["pro_6000"]},
        "current_estimated_price": {
            "usd": {"hour": hourly},
            "hourly_price_range": {"usd": {"min": hourly, "max": hourly}},
        },
        "instances": [
            {"instance_id": one.instance_id, "active": one in hot, "verified": one in hot}
            for one in chute.instances
        ],
        "hot": bool(hot),
    }
