"""Images, chutes, instances and the histories of their changes, as the platform keeps them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

BUILT = "built and pushed"
#: The SDK that the platform puts into an image.
SDK_VERSION = "0.6.9"


@dataclass
class Change:
    """A row of a history: what was made or changed, and until when it counts."""

    subject: str
    made_at: float
    deleted_at: float = 0.0


@dataclass
class Image:
    """An uploaded image and how far its build is."""

    image_id: str
    name: str
    tag: str
    dockerfile: str
    context: bytes
    #: When it was uploaded, for how long it builds and how that ends.
    started: float
    seconds: float
    outcome: str = BUILT
    readme: str = ""
    logo_id: str | None = None
    #: "initial" until the platform replaces its SDK in the image.
    patch_version: str = "initial"
    chutes_version: str = SDK_VERSION

    def status(self, now: float) -> str:
        """The status as the platform words it."""
        age = now - self.started
        if age < self.seconds / 4:
            return "pending build"
        return "building" if age < self.seconds else self.outcome


@dataclass
class Running:
    """An instance: which code of which image, and since when it is active."""

    instance_id: str
    version: str
    code: str
    image_id: str
    active_from: float
    #: When the instance goes because another version replaces it.
    until: float = float("inf")
    #: Calls in a row that failed.
    failures: int = 0
    #: Until when nothing is sent to it, after too many of those, and when that began before.
    disabled_until: float = 0.0
    rests: list[float] = field(default_factory=list)
    #: Calls that the gateway thinks it has.
    connections: int = 0


@dataclass
class Deployed:
    """A chute as it was posted, with what the platform adds."""

    chute_id: str
    version: str
    slug: str
    posted: dict[str, Any]
    disabled: bool = False
    bounty: bool = False
    instances: list[Running] = field(default_factory=list)
    #: Calls that instances failed, all together.
    failures: int = 0
    created: float = 0.0
    updated: float = 0.0


def version_of(image: Image, code: str) -> str:
    """A chute's version follows from its image, the image's patch and its code alone."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{image.image_id}:{image.patch_version}:{code}"))
