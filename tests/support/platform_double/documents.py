"""Images, chutes and accounts as the API shows them."""

from __future__ import annotations

import json
import random
import uuid
from typing import Any

from support.platform_double.entities import Deployed, Image
from support.platform_double.gpus import TAO_USD, hourly, multiplier, price_range, supported
from support.platform_double.identity import Identity
from support.platform_double.lifecycle import active, settle
from support.platform_double.replies import moment
from support.platform_double.world import World

#: When the account was made.
JOINED = 1767225600.0
LOGOS = "https://logos.chutes.ai/logos"
#: What of a posted chute is shown as it was posted.
SAME = (
    *("name", "tagline", "readme", "public", "tool_description", "standard_template", "jobs"),
    *("logo_id", "revision", "concurrency", "max_instances", "scaling_threshold"),
    *("shutdown_after_seconds", "allow_external_egress", "tee", "lock_modules"),
)
SCHEMAS = ("input_schema", "minimal_input_schema", "output_schema")
PRIVATE_TEE, TEE = 1.3, 2.25
#: A million tokens as a share of an hour, dearer where few requests share an instance.
INPUT_SHARE, OUTPUT_SHARE, FEW = 0.01358695, 0.05434782, 16


def user(identity: Identity) -> dict[str, Any]:
    """An account as others see it."""
    return {
        "username": identity.username,
        "user_id": identity.user_id,
        "logo_id": None,
        "created_at": moment(JOINED),
        "logo": None,
    }


def account(identity: Identity, world: World) -> dict[str, Any]:
    """An account as its owner sees it."""
    return {
        **user(identity),
        "hotkey": identity.address,
        "coldkey": identity.address,
        "payment_address": identity.address,
        "permissions_bitmask": 0,
        "balance": world.balance,
        "netuids": None,
        "quotas": None,
        "permissions": [],
    }


def image(identity: Identity, world: World, image: Image) -> dict[str, Any]:
    """An image."""
    now = world.clock.now()
    status, ended = image.status(now), image.started + image.seconds
    begun = image.started + image.seconds / 4
    return {
        "image_id": image.image_id,
        "name": image.name,
        "readme": image.readme,
        "tag": image.tag,
        "public": False,
        "status": status,
        "created_at": moment(image.started),
        "build_started_at": None if status == "pending build" else moment(begun),
        "build_completed_at": moment(ended) if status == "built and pushed" else None,
        "user": user(identity),
        "logo_id": image.logo_id,
        "patch_version": image.patch_version,
        "chutes_version": image.chutes_version,
        "logo": f"{LOGOS}/{image.logo_id}.webp" if image.logo_id else None,
    }


def chute(identity: Identity, world: World, chute: Deployed) -> dict[str, Any]:
    """A chute as it is shown by itself: with its price and the GPUs that are left."""
    selector = chute.posted["node_selector"]
    shown = brief(identity, world, chute)
    shown["current_estimated_price"] = price(chute.posted)
    shown["node_selector"] |= {
        "compute_multiplier": multiplier(selector),
        "supported_gpus": shuffled(supported(selector)),
    }
    factors = {"base": multiplier(selector), "private_tee": PRIVATE_TEE, "tee": TEE}
    shown["effective_compute_multiplier"] = factors["base"] * PRIVATE_TEE * TEE
    shown["compute_multiplier_factors"] = factors
    shown["bounty"] = bounty(world, chute)
    return shown


def brief(identity: Identity, world: World, chute: Deployed) -> dict[str, Any]:
    """A chute as a deployment or a change answers with: without price and computed GPUs."""
    settle(world, chute)
    up = active(world, chute)
    posted, now = chute.posted, world.clock.now()
    selector = {**posted["node_selector"]}
    for name in ("include", "exclude"):
        selector[name] = selector[name] and shuffled(selector[name])
    return {
        "chute_id": chute.chute_id,
        **{name: posted[name] for name in SAME},
        "version": chute.version,
        "slug": chute.slug,
        "cords": posted["cords"],
        "cord_ref_id": None,
        "created_at": moment(chute.created),
        "updated_at": moment(chute.updated),
        "image": image(identity, world, world.images[posted["image"]]),
        "user": user(identity),
        "supported_gpus": shuffled(supported(posted["node_selector"])),
        "node_selector": selector,
        "invocation_count": 0,
        "current_estimated_price": None,
        "instances": [
            {
                "instance_id": one.instance_id,
                "region": "n/a",
                "active": one in up,
                "verified": one in up,
                "last_verified_at": moment(now) if one in up else None,
            }
            for one in chute.instances
        ],
        "openrouter": False,
        "chutes_version": world.images[posted["image"]].chutes_version,
        "boost": None,
        "preemptible": False,
        "effective_compute_multiplier": None,
        "compute_multiplier_factors": None,
        "bounty": None,
        "logo": f"{LOGOS}/{posted['logo_id']}.webp" if posted["logo_id"] else None,
        "hot": bool(up),
        **({"disabled": chute.disabled} if world.shows_disabled else {}),
    }


def listed(
    identity: Identity, world: World, chutes: list[Deployed], *, schemas: bool
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Chutes as a list shows them, and their cords apart."""
    items, references = [], {}
    for one in chutes:
        shown = chute(identity, world, one)
        cords = shown.pop("cords")
        text = json.dumps(in_order(cords), separators=(",", ":"))
        reference = str(uuid.uuid5(uuid.NAMESPACE_OID, text))
        hidden = () if schemas else SCHEMAS
        references[reference] = [
            {name: value for name, value in cord.items() if name not in hidden} for cord in cords
        ]
        items.append({**shown, "cords": None, "cord_ref_id": reference})
    return items, references


def in_order(value: Any) -> Any:
    """A value of JSON as the database gives it back: short names first, then by the alphabet."""
    if isinstance(value, list):
        return [in_order(one) for one in value]
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (len(name.encode()), name))
        return {name: in_order(value[name]) for name in names}
    return value


def price_of_tokens(selector: dict[str, Any], concurrency: int) -> dict[str, Any]:
    """What a million tokens of a chute with the template of LLMs would cost if it were public."""
    share = hourly(selector) * max(1, FEW / (concurrency or 1))
    usd = {"input": share * INPUT_SHARE, "output": share * OUTPUT_SHARE}
    usd["input_cache_read"] = usd["input"] / 2
    return {name: {"usd": rate, "tao": rate / TAO_USD} for name, rate in usd.items()}


def price(posted: dict[str, Any]) -> dict[str, Any]:
    """What an instance costs."""
    selector = posted["node_selector"]
    tokens = price_of_tokens(selector, posted["concurrency"])
    by_tokens = {"per_million_tokens": tokens} if posted["standard_template"] == "vllm" else {}
    usd, (least, most) = hourly(selector), price_range(selector)
    return {
        **by_tokens,
        "usd": {"hour": usd, "second": usd / 3600},
        "tao": {"hour": usd / TAO_USD, "second": usd / TAO_USD / 3600},
        "hourly_price_range": {
            "usd": {"min": least, "max": most},
            "tao": {"min": least / TAO_USD, "max": most / TAO_USD},
        },
    }


def bounty(world: World, chute: Deployed) -> int | None:
    """What is offered for an instance, which grows while nobody brings one."""
    if not chute.bounty or active(world, chute):
        return None
    return min(3 * int(world.clock.now() - chute.updated) + 100, 86400)


def shuffled(names: object) -> list[str]:
    """Names in the order of a set of the API: any."""
    return random.sample(sorted(names), len(list(names)))  # type: ignore[call-overload]
