"""The account, its API keys and its secrets."""

from __future__ import annotations

import secrets
import uuid

from aiohttp import web

from platform_double.images import DOUBLE, page, refuse

routes = web.RouteTableDef()


@routes.get("/users/me")
async def me(request: web.Request) -> web.Response:
    """Show the account."""
    double = request.app[DOUBLE]
    return web.json_response(
        {
            "username": double.identity.username,
            "user_id": double.identity.user_id,
            "hotkey": double.identity.address,
            "balance": double.world.balance,
            "permissions_bitmask": 0,
            "permissions": [],
        }
    )


@routes.get("/api_keys/")
async def list_keys(request: web.Request) -> web.Response:
    """List keys without their secrets."""
    keys = request.app[DOUBLE].world.keys.values()
    hidden = [{name: value for name, value in key.items() if name != "secret_key"} for key in keys]
    return web.json_response(page(request, hidden))


@routes.post("/api_keys/")
async def create_key(request: web.Request) -> web.Response:
    """Make a key; its secret is shown this once."""
    world = request.app[DOUBLE].world
    wanted = await request.json()
    name, scopes = wanted["name"], wanted.get("scopes", [])
    if not 1 <= len(name) <= 24:
        return refuse(400, "Invalid API key name")
    if any(key["name"] == name for key in world.keys.values()):
        return refuse(409, "An API key already exists with this name")
    if any(world.chute(scope.get("object_id", "")) is None for scope in scopes):
        return refuse(400, "object_id must be the UUID of a chute")
    key_id = str(uuid.uuid4())
    secret = f"cpk_{secrets.token_hex(16)}.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
    key = {"api_key_id": key_id, "name": name, "admin": wanted["admin"], "scopes": scopes}
    world.keys[key_id] = {**key, "secret_key": secret}
    return web.json_response(world.keys[key_id])


@routes.delete("/api_keys/{key_id}")
async def delete_key(request: web.Request) -> web.Response:
    """Remove a key."""
    found = request.app[DOUBLE].world.keys.pop(request.match_info["key_id"], None)
    if found is None:
        return refuse(404, "API key not found, or does not belong to you")
    return web.json_response({"api_key_id": found["api_key_id"], "deleted": True})


@routes.get("/secrets/")
async def list_secrets(request: web.Request) -> web.Response:
    """List secrets without their values."""
    found = request.app[DOUBLE].world.secrets.values()
    hidden = [
        {name: value for name, value in secret.items() if name != "value"} for secret in found
    ]
    return web.json_response(page(request, hidden))


@routes.post("/secrets/")
async def create_secret(request: web.Request) -> web.Response:
    """Keep a secret for a chute, which must be there."""
    world = request.app[DOUBLE].world
    wanted = await request.json()
    if world.chute(wanted["purpose"]) is None:
        return refuse(404, f"Chute not found: {wanted['purpose']}")
    same = (wanted["purpose"], wanted["key"])
    if any((secret["purpose"], secret["key"]) == same for secret in world.secrets.values()):
        return refuse(409, "Secret already exists")
    secret_id = str(uuid.uuid4())
    world.secrets[secret_id] = {
        "secret_id": secret_id,
        "created_at": "2026-01-01T00:00:00Z",
        **wanted,
    }
    return web.json_response({"secret_id": secret_id, "purpose": same[0], "key": same[1]})


@routes.delete("/secrets/{secret_id}")
async def delete_secret(request: web.Request) -> web.Response:
    """Remove a secret."""
    found = request.app[DOUBLE].world.secrets.pop(request.match_info["secret_id"], None)
    if found is None:
        return refuse(404, "Secret not found, or does not belong to you")
    return web.json_response({"secret_id": found["secret_id"]})
