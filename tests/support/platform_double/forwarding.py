"""A call on its way to an instance: tried on up to three, its answer put into the gateway's words.

Of an instance's refusals only two reach the client, both changed: 400 with the body as text in a
sentence, 429 without anything the instance said. All else is a failure of the instance.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from support.platform_double.balancing import NOWHERE, OVERLOAD, note_failure, note_success, pick
from support.platform_double.calls import (
    BadRequestError,
    Call,
    Client,
    InstanceError,
    OverloadedError,
)
from support.platform_double.entities import Deployed, Running
from support.platform_double.instances import contents, opened
from support.platform_double.lifecycle import active
from support.platform_double.replies import refuse

if TYPE_CHECKING:
    from support.platform_double.server import Double

ATTEMPTS = 3
FULL = "Infrastructure is at maximum capacity, try again later"
EXHAUSTED = "exhausted all available targets to no avail"
BROKEN = "Unhandled exception during response stream: "
#: Of these internal paths the gateway checks answers, where the template is "vllm".
CHECKED = ("chat", "completion", "chat_stream", "completion_stream")


async def forwarded(
    double: Double, client: Client, chute: Deployed, call: Call
) -> web.StreamResponse:
    """Send a call to instances, one after the other, until one answers."""
    world = double.world
    instances, avoided, full = active(world, chute), set[str](), False
    limit = chute.posted["concurrency"] or 1
    why = EXHAUSTED
    for _ in range(ATTEMPTS):
        target, reason = pick(instances, avoided, limit, world.clock.now())
        if target is None:
            full, why = full or reason == OVERLOAD, reason
            break
        target.connections += 1
        try:
            answer = await asked(double, client, chute, call, target)
        except BadRequestError as refused:
            return refuse(400, f"Invalid request: Invalid request: {refused}")
        except OverloadedError:
            target.connections, full = limit, True
        except (InstanceError, aiohttp.ClientError, TimeoutError, OSError) as failure:
            at_once = isinstance(failure, InstanceError) and failure.at_once
            note_failure(world, chute, target, at_once=at_once)
        else:
            note_success(target)
            return answer
        finally:
            target.connections = max(0, target.connections - 1)
        avoided.add(target.instance_id)
    if client.response:
        broken = {"error": BROKEN + (OVERLOAD if full else why)}
        await client.write(json.dumps(broken, separators=(",", ":")).encode())
        return client.response
    return refuse(429, FULL) if full else refuse(500, why or NOWHERE)


async def asked(
    double: Double, client: Client, chute: Deployed, call: Call, target: Running
) -> web.StreamResponse:
    """What one instance answers."""
    async with opened(double, chute, call, target) as answer:
        if answer.status == 429:
            raise OverloadedError
        if answer.status == 400:
            raise BadRequestError(await answer.text(errors="replace"))
        if answer.status >= 300:
            raise InstanceError(f"HTTP_{answer.status}")
        if used := answer.headers.get("X-Chutes-Conn-Used"):
            target.connections = int(used)
        if call.stream:
            return await streamed(client, contents(answer, call), chute, call)
        content = await answer.read()
        kind = answer.headers.get("Content-Type", "application/json").split(";")[0]
    if kind == "application/json":
        check(content, chute, call)
    if call.path == "/health" and not double.world.stub_shows:
        content = posing(content)
    headers = {"Content-Type": kind, "X-Chutes-InvocationID": str(uuid.uuid4())}
    return web.Response(body=content, headers=headers)


async def streamed(
    client: Client, chunks: AsyncIterator[bytes], chute: Deployed, call: Call
) -> web.StreamResponse:
    """Pass a stream on as it comes. It begins with its first piece, not before."""
    empty = True
    async for chunk in chunks:
        if chute.posted["standard_template"] == "vllm":
            check_chunk(chunk, chute)
        await client.write(chunk)
        empty = False
    if empty and checked(chute, call):
        raise InstanceError("EMPTY_STREAM")
    return client.response or refuse(500, "Unhandled error generating response: ")


def checked(chute: Deployed, call: Call) -> bool:
    """Tell whether the gateway looks into the answers of a cord."""
    path = call.cord["path"].strip("/")
    return chute.posted["standard_template"] == "vllm" and path in CHECKED


def check(content: bytes, chute: Deployed, call: Call) -> None:
    """Fail an answer that is no JSON, or that an engine would not give."""
    try:
        answer = json.loads(content, parse_constant=no_number)
    except ValueError as error:
        raise InstanceError(str(error)) from error
    if not answer or not checked(chute, call):
        return
    if answer.get("model") != chute.posted["name"]:
        raise InstanceError("BAD_RESPONSE: another model")
    if answer.get("usage") is None:
        raise InstanceError("BAD_RESPONSE: no usage", at_once=True)


def no_number(name: str) -> float:
    """Refuse NaN and Infinity, which the API's own reader of JSON does not know."""
    raise ValueError(f"{name} is no JSON")


def check_chunk(chunk: bytes, chute: Deployed) -> None:
    """Fail a piece of a stream that names another model."""
    if not chunk.startswith(b"data: {"):
        return
    try:
        data = json.loads(chunk.removeprefix(b"data: "))
    except ValueError:
        return
    if data.get("model") != chute.posted["name"] and not data.get("error"):
        raise InstanceError("BAD_RESPONSE: another model")


def posing(content: bytes) -> bytes:
    """Pass the stub off as the model: without a GPU there is nothing else to test with."""
    facts = json.loads(content)
    return json.dumps({**facts, "backend": "engine"}).encode()
