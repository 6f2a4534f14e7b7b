"""The account, its API keys and its secrets."""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import Any

from aiohttp import web

from support.platform_double import documents
from support.platform_double.authentication import new_key
from support.platform_double.chutes import found_by_name
from support.platform_double.replies import DOUBLE, moment, page, refuse, unprocessable
from support.platform_double.validation import KeyArgs, SecretArgs, UnprocessableError, read

KEY_NAME = re.compile(r"[\$\w\u0080-\uFFFF\._\s-]{1,24}$")
OBJECTS = ("images", "chutes", "invocations")
#: Variables that would change how an instance runs, but for some that are harmless.
BANNED = re.compile(r"python|sglang|^sgl_|^ld_", re.I)
HARMLESS = ("UV_SYSTEM_PYTHON", "PYTHONUNBUFFERED", "PYTHONIOENCODING", "PYTHONWARNINGS")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "HF_HUB_DISABLE_SSL_VERIFY")
BAD_NAME = (
    "API key name should start with alphanumeric character and contain up to 32 total allowed "
    "characters (letters, numbers, dashes, underscores, or spaces)"
)
NO_KEY = "API key not found, or does not belong to you"
NO_SECRET = "Secret not found, or does not belong to you"

routes = web.RouteTableDef()


@routes.get("/users/{user}")
async def me(request: web.Request) -> web.Response:
    """Show the account; others are nobody's business."""
    double = request.app[DOUBLE]
    names = ("me", double.identity.user_id, double.identity.username)
    if request.match_info["user"] not in names:
        return refuse(404, "User not found")
    return web.json_response(documents.account(double.identity, double.world))


@routes.get("/api_keys/")
async def list_keys(request: web.Request) -> web.Response:
    """List keys without their secrets."""
    keys = request.app[DOUBLE].world.keys.values()
    return web.json_response(page(request, [without_secret(key) for key in keys]))


@routes.get("/api_keys/{key_id}")
async def get_key(request: web.Request) -> web.Response:
    """Show a key without its secret."""
    key_id = request.match_info["key_id"]
    key = request.app[DOUBLE].world.keys.get(key_id)
    if key is None:
        return refuse(404, f"API key with id {key_id} not found or doesn't belong to you")
    return web.json_response(without_secret(key))


@routes.post("/api_keys/")
async def create_key(request: web.Request) -> web.Response:
    """Make a key; its secret is shown this once. Whether its chute exists is not asked."""
    double = request.app[DOUBLE]
    world = double.world
    try:
        args = read(KeyArgs, await request.read())
    except UnprocessableError as refused:
        return unprocessable(refused.problems)
    if not KEY_NAME.match(args.name):
        return refuse(400, f"Invalid request: {BAD_NAME}")
    scopes = [] if args.admin else [scope.model_dump(mode="json") for scope in args.scopes or ()]
    if any(scope["object_type"] not in OBJECTS for scope in scopes):
        return refuse(
            400, f"Invalid request: Invalid object_type, must be one of {', '.join(OBJECTS)}"
        )
    if any(key["name"] == args.name for key in world.keys.values()):
        return refuse(409, "An API key already exists with this name")
    key_id = str(uuid.uuid4())
    world.keys[key_id] = {
        "api_key_id": key_id,
        "user_id": double.identity.user_id,
        "name": args.name,
        "admin": args.admin,
        "scopes": scopes,
        "created_at": moment(world.clock.now()),
        "secret_key": new_key(key_id, double.identity.user_id),
    }
    made = world.keys[key_id]
    return web.json_response({**without_secret(made), "secret_key": made["secret_key"]})


@routes.delete("/api_keys/{key_id}")
async def delete_key(request: web.Request) -> web.Response:
    """Remove a key; a process that knows it lets it in for a while."""
    found = request.app[DOUBLE].world.keys.pop(request.match_info["key_id"], None)
    if found is None:
        return refuse(404, NO_KEY)
    return web.json_response({"api_key_id": found["api_key_id"], "deleted": True})


@routes.get("/secrets/")
async def list_secrets(request: web.Request) -> web.Response:
    """List secrets without their values."""
    found = request.app[DOUBLE].world.secrets.values()
    return web.json_response(page(request, [without_value(secret) for secret in found]))


@routes.get("/secrets/{secret_id}")
async def get_secret(request: web.Request) -> web.Response:
    """Show a secret without its value."""
    secret = request.app[DOUBLE].world.secrets.get(request.match_info["secret_id"])
    return web.json_response(without_value(secret)) if secret else refuse(404, NO_SECRET)


@routes.post("/secrets/")
async def create_secret(request: web.Request) -> web.Response:
    """Keep a secret for a chute, which must be there."""
    double = request.app[DOUBLE]
    world = double.world
    try:
        args = read(SecretArgs, await request.read())
    except UnprocessableError as refused:
        return unprocessable(refused.problems)
    chute = found_by_name(world, args.purpose)
    if chute is None:
        purpose = args.purpose
        return refuse(404, f"Did not find target chute {purpose}, or it does not belong to you")
    name = args.key.upper()
    if (BANNED.search(args.key) and name not in HARMLESS) or name in PROXIES:
        return refuse(403, f"Banned secret key: {args.key}")
    label = f"{double.identity.user_id}:{chute.chute_id}:{args.key}"
    secret_id = str(uuid.uuid5(uuid.NAMESPACE_OID, label))
    if secret_id in world.secrets:
        return refuse(409, "A secret already exists for this purpose with this key.")
    world.secrets[secret_id] = {
        "secret_id": secret_id,
        "purpose": chute.chute_id,
        "key": args.key,
        "value": args.value,
        "created_at": moment(world.clock.now()),
    }
    encrypted = hashlib.sha256(args.value.encode()).hexdigest()
    shown = without_value(world.secrets[secret_id])
    return web.json_response({**shown, "user_id": double.identity.user_id, "value": encrypted})


@routes.delete("/secrets/{secret_id}")
async def delete_secret(request: web.Request) -> web.Response:
    """Remove a secret."""
    found = request.app[DOUBLE].world.secrets.pop(request.match_info["secret_id"], None)
    if found is None:
        return refuse(404, NO_SECRET)
    secret_id = found["secret_id"]
    return web.json_response(
        {"status": f"Successfully deleted secret {secret_id}", "secret_id": secret_id}
    )


def without_secret(key: dict[str, Any]) -> dict[str, Any]:
    """A key as it is shown: its scopes do not say what they allow."""
    scopes = [
        {
            "scope_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{key['api_key_id']}:{number}")),
            "object_type": scope["object_type"],
            "object_id": scope["object_id"],
            "method": None,
        }
        for number, scope in enumerate(key["scopes"])
    ]
    shown = {name: value for name, value in key.items() if name != "secret_key"}
    return {**shown, "last_used_at": None, "scopes": scopes}


def without_value(secret: dict[str, Any]) -> dict[str, Any]:
    """A secret as it is shown."""
    return {name: value for name, value in secret.items() if name != "value"}
