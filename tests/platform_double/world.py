"""What the platform knows: a value that a test can copy, change and compare."""

from __future__ import annotations

import copy
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

BUILT = "built and pushed"


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

    @property
    def status(self) -> str:
        """The status as the platform words it."""
        age = time.time() - self.started
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

    @property
    def active(self) -> bool:
        """Whether it answers."""
        return self.active_from <= time.time()


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
    failures: int = 0


@dataclass
class World:
    """Everything, with the knobs of how the platform behaves."""

    balance: float = 100.0
    images: dict[str, Image] = field(default_factory=dict)
    chutes: dict[str, Deployed] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)
    deployments: list[float] = field(default_factory=list)
    #: Seconds an image takes to build, and how builds end.
    build_seconds: float = 1.0
    build_outcome: str = BUILT
    #: Seconds from a first request to an active instance.
    cold_seconds: float = 0.5
    #: Seconds the old version goes on answering after a deployment.
    rolling_seconds: float = 0.0
    #: Accept deployments but go on reporting what was there before.
    forgets: bool = False
    #: Show clients that a stub answers, instead of passing it off as the model.
    stub_shows: bool = False
    daily_limit: int = 24

    def copy(self) -> World:
        """Return the same world, free to go another way."""
        return copy.deepcopy(self)

    def image(self, name: str) -> Image | None:
        """Find an image by its id."""
        return self.images.get(name)

    def chute(self, name: str) -> Deployed | None:
        """Find a chute by its id or name."""
        for chute in self.chutes.values():
            if name in (chute.chute_id, chute.posted["name"]):
                return chute
        return None


def version_of(image_id: str, code: str) -> str:
    """A chute's version follows from its image and code alone."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{image_id}:initial:{code}"))
