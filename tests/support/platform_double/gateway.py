"""Calls of chutes by their clients, up to the choice of a cord.

A chute answers on a host of its own. It answers below /chutes/{id}/ too, for clients that cannot
reach such hosts; the platform does not do that.
"""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web

from support.platform_double.authentication import token_of, why_not
from support.platform_double.calls import Call, Client
from support.platform_double.entities import Deployed
from support.platform_double.forwarding import forwarded
from support.platform_double.ingress import bounded
from support.platform_double.lifecycle import active, ask_for_instance
from support.platform_double.replies import DOUBLE, PROCESS, crash, refuse
from support.platform_double.rewriting import CrashError, RefusedError, rewritten

CALL = re.compile(r"/chutes/([0-9a-f-]{36})(/.+)")
HOST = re.compile(r"([a-z0-9-]+)\.[a-z0-9-]+")
METHODS_WITH_BODY = ("POST", "PUT", "PATCH")


class AnsweredError(Exception):
    """A call that the gateway answers itself."""

    def __init__(self, response: web.Response) -> None:
        super().__init__()
        self.response = response


def called(request: web.Request) -> tuple[str, str] | None:
    """The chute's id and the path that a request calls, None when it is for the platform."""
    world = request.app[DOUBLE].world
    host = HOST.match(request.host.lower())
    if host and host.group(1) != "api":
        slugs, now = world.caches.slugs, world.clock.now()
        if chute_id := slugs.find(host.group(1), request[PROCESS], now, world.slug):
            return chute_id, request.path
    found = CALL.fullmatch(request.path)
    if found and world.served_by_path:
        return found.group(1), found.group(2)
    # The API's host hands what it has no route for to the gateway as well: with its whole path.
    return (found.group(1), request.path) if found and request.method == "POST" else None


async def call(request: web.Request, chute_id: str, path: str) -> web.StreamResponse:
    """Hand a request to an instance, within the time that the ingress allows."""
    client = Client(request)
    return await bounded(request.app[DOUBLE].world, client, within(client, chute_id, path))


async def within(client: Client, chute_id: str, path: str) -> web.StreamResponse:
    """Check a request, find its cord, and send it on."""
    request = client.request
    double = request.app[DOUBLE]
    world, process = double.world, request[PROCESS]
    token = token_of(request)
    if not token:
        return refuse(401, "Authentication required.")
    if refusal := why_not(double, token, process, chute_id):
        return refuse(401, refusal)
    seen = world.cached(chute_id, process)
    if seen is None:
        return refuse(404, "No matching chute found!")
    if seen.disabled:
        return refuse(503, "This chute is currently disabled.")
    if world.balance <= 0:
        return refuse(402, "Chute unavailable because the creator of this chute has zero balance.")
    try:
        prepared = await prepare(request, seen, path)
    except AnsweredError as answered:
        return answered.response
    chute = world.chutes.get(chute_id)
    if chute is None or not active(world, chute):
        if chute:
            ask_for_instance(world, chute)
        return refuse(503, f"No instances available (yet) for {chute_id=}")
    return await forwarded(double, client, chute, prepared)


async def prepare(request: web.Request, chute: Deployed, path: str) -> Call:
    """Find the cord of a request, as the process remembers the chute, and its body."""
    body = await parsed(request)
    params = dict(request.query)
    by_template = chute.posted["standard_template"] == "vllm"
    stream = body.get("stream", params.get("stream", False))
    cord = next(
        (
            one
            for one in chute.posted["cords"]
            if one["public_api_path"] == path
            and (one["public_api_method"] or "POST") == request.method
            and (not by_template or stream == one["stream"])
        ),
        None,
    )
    if cord is None:
        raise AnsweredError(refuse(404, "No matching cord found!"))
    if by_template:
        try:
            body = rewritten(body, chute.posted["name"])
        except RefusedError as refused:
            raise AnsweredError(refuse(400, str(refused))) from None
        except CrashError:
            raise AnsweredError(crash()) from None
    passed = by_template or chute.posted["standard_template"] == "tei" or cord["passthrough"]
    streamed = bool(stream or cord["stream"])
    return Call(request.method, path, cord, body, params if passed else {}, streamed)


async def parsed(request: web.Request) -> dict[str, Any]:
    """The body, which the platform wants to be JSON and takes for an object."""
    if request.method not in METHODS_WITH_BODY:
        return {}
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise AnsweredError(refuse(400, f"invalid request JSON payload: {error}")) from None
    except RecursionError:
        raise AnsweredError(crash()) from None
    if not isinstance(body, dict):
        raise AnsweredError(crash())
    return body
