"""Instances come and go: woken, rolled to another version, dropped when their time is over."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING

from support.platform_double.entities import Change, Deployed, Image, Running, version_of

if TYPE_CHECKING:
    from support.platform_double.world import World


def settle(world: World, chute: Deployed) -> None:
    """Drop the instances whose time is over."""
    now = world.clock.now()
    chute.instances = [one for one in chute.instances if one.until > now]


def active(world: World, chute: Deployed) -> list[Running]:
    """The instances that answer: an old one as long as it is there."""
    settle(world, chute)
    now = world.clock.now()
    return [one for one in chute.instances if one.active_from <= now]


def ask_for_instance(world: World, chute: Deployed) -> None:
    """Have an instance start, unless there is one or the chute is switched off."""
    settle(world, chute)
    if chute.disabled or any(one.version == chute.version for one in chute.instances):
        return
    chute.bounty = True
    chute.instances.append(new_instance(chute, world.clock.now() + world.cold_seconds))


def replace_instances(world: World, chute: Deployed) -> None:
    """Roll a new version out: the old instances go a while after the new one came."""
    settle(world, chute)
    if chute.instances:
        now = world.clock.now()
        for instance in chute.instances:
            instance.until = min(instance.until, now + world.rolling_seconds)
        come = max(world.rolling_seconds, world.cold_seconds)
        chute.instances.append(new_instance(chute, now + come))
        settle(world, chute)


def new_instance(chute: Deployed, active_from: float) -> Running:
    """An instance of the chute's version."""
    return Running(
        str(uuid.uuid4()), chute.version, chute.posted["code"], chute.posted["image"], active_from
    )


def patch(world: World, image: Image) -> None:
    """Put a newer SDK into an image, as the platform does unasked: its chutes' versions change."""
    seed = f"{image.image_id}:{image.patch_version}"
    image.patch_version = hashlib.sha256(seed.encode()).hexdigest()[:12]
    world.uploads.append(Change(image.image_id, image.started))
    for chute in world.chutes.values():
        if chute.posted["image"] == image.image_id:
            chute.version = version_of(image, chute.posted["code"])
            replace_instances(world, chute)
