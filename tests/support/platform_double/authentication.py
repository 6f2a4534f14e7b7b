"""Who asks: the account by a signature or a key, or nobody; and what a key may do."""

from __future__ import annotations

import re
import secrets
import string
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from support.platform_double.identity import signed_by

if TYPE_CHECKING:
    from support.platform_double.server import Double

KEY = re.compile(r"cpk_([a-f0-9]{32})\.([a-f0-9]{32})\.([a-zA-Z0-9]{32})")
NOBODY = "Can't find a user with that api key in our db :("
MALFORMED = "Missing or invalid authorization header(s)"
STRANGER = "Invalid token or user not found"
#: What a request without a body is signed for, by the first part of its path.
PURPOSES = {
    "images": "images",
    "chutes": "chutes",
    "users": "me",
    "api_keys": "api_keys",
    "secrets": "secrets",
    "instances": "logs",
}
#: Requests that anybody may make; what belongs to somebody is then hidden from them.
OPEN = re.compile(r"/chutes/(?!warmup/).*|/images/[^/]+/logs")
#: The parts of a request that come with a signature, all of them or none.
SIGNED = ("X-Chutes-Hotkey", "X-Chutes-Signature", "X-Chutes-Nonce")
BODY = ("POST", "PUT", "PATCH")


@dataclass(frozen=True)
class Asker:
    """Whether the account asks, or why a request is refused."""

    owner: bool
    refusal: str = ""


async def asker(request: web.Request, double: Double) -> Asker:
    """Who makes a request to the management API."""
    anybody = request.method == "GET" and OPEN.fullmatch(request.path) is not None
    if all(request.headers.get(name) for name in SIGNED):
        purpose = PURPOSES.get(request.path.split("/")[1], "")
        signed_for = "" if request.method in BODY else purpose
        reason = await signed_by(request, double.identity, signed_for)
        if reason.startswith("Could not find user") and anybody:
            return Asker(owner=False)
        return Asker(not reason, reason)
    token = token_of(request)
    if not token:
        return Asker(owner=False, refusal="" if anybody else NOBODY)
    refusal = why_not(double, token, 0, "")
    return Asker(not refusal, refusal)


def token_of(request: web.Request) -> str:
    """The key that a request carries, if any."""
    return request.headers.get("Authorization", "").split(" ")[-1]


def why_not(double: Double, token: str, process: int, chute_id: str) -> str:
    """Why a key may not call a chute, or manage the account where no chute is named."""
    if not KEY.fullmatch(token):
        return MALFORMED
    world = double.world
    key = world.caches.keys.find(token, process, world.clock.now(), world.key)
    if key is None or not (key["admin"] or any(covers(one, chute_id) for one in key["scopes"])):
        return STRANGER
    return ""


def covers(scope: dict[str, Any], chute_id: str) -> bool:
    """Tell whether a scope lets call a chute. None is for the routes of the management."""
    return (
        bool(chute_id)
        and scope["object_type"] == "chutes"
        and scope.get("object_id") in (None, chute_id)
        and scope.get("action") in (None, "invoke")
    )


def new_key(key_id: str, user_id: str) -> str:
    """A key's secret: its id, its owner's, and what nobody can guess."""
    owner = uuid.uuid5(uuid.NAMESPACE_OID, user_id).hex
    letters = string.ascii_letters + string.digits
    unknown = "".join(secrets.choice(letters) for _ in range(32))
    return f"cpk_{uuid.UUID(key_id).hex}.{owner}.{unknown}"
