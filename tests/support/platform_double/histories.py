"""The daily limits: they count rows of a history, not what the rows are about.

A chute has a row for its creation and one for each deployment. An image has a row for its upload
and one for each later change of it: picked up, begun, ended, and patched by the platform. All
rows of an image carry the time of its upload. What is deleted counts again on that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from support.platform_double.entities import Change, Image

if TYPE_CHECKING:
    from support.platform_double.world import World

DAY_SECONDS = 86400


def too_many(world: World, rows: Sequence[Change], kind: str) -> str:
    """What the API says when a day's rows are used up, nothing when they are not."""
    since = world.clock.now() - DAY_SECONDS
    recent = [row for row in rows if max(row.made_at, row.deleted_at) >= since]
    if len(recent) < world.daily_limit:
        return ""
    return f"You many only update/create {world.daily_limit} {kind}historys per 24 hours."


def image_rows(world: World, of: Image | None = None) -> list[Change]:
    """The rows of images' builds, which follow from how far these are; uploads too, unless `of`."""
    now = world.clock.now()
    images = [of] if of else world.images.values()
    builds = [
        Change(image.image_id, image.started)
        for image in images
        for _ in range(changes_of(image, now))
    ]
    return builds if of else [*world.uploads, *builds]


def changes_of(image: Image, now: float) -> int:
    """How often a build changed its image so far: picked up, begun and ended."""
    return {"pending build": 0, "building": 2}.get(image.status(now), 3)


def note_deletion(rows: list[Change], subject: str, now: float) -> None:
    """Mark the newest row of what was deleted."""
    for row in reversed(rows):
        if row.subject == subject:
            row.deleted_at = now
            return
