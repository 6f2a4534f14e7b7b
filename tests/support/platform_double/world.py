"""What the platform knows: a value that a test can copy, change and compare."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from support.platform_double.caches import Caches
from support.platform_double.clock import Clock
from support.platform_double.entities import BUILT, Change, Deployed, Image
from support.platform_double.lifecycle import patch

__all__ = ["BUILT", "Deployed", "Image", "World"]


@dataclass
class World:
    """Everything, with the knobs of how the platform behaves."""

    balance: float = 100.0
    images: dict[str, Image] = field(default_factory=dict)
    chutes: dict[str, Deployed] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Rows of the histories that the daily limits count, of chutes and of images.
    deployments: list[Change] = field(default_factory=list)
    uploads: list[Change] = field(default_factory=list)
    #: The platform's time: everything here but signatures follows it.
    clock: Clock = field(default_factory=Clock)
    #: What the API's processes remember of what they looked up.
    caches: Caches = field(default_factory=Caches)
    #: How many processes the API has; each request goes to the next.
    api_processes: int = 2
    #: Seconds an image takes to build, and how builds end.
    build_seconds: float = 1.0
    build_outcome: str = BUILT
    #: Seconds between the arrival of a deployment and its effect.
    deploy_seconds: float = 0.0
    #: Seconds from a first request to an active instance.
    cold_seconds: float = 0.5
    #: Seconds the old version goes on answering after a deployment.
    rolling_seconds: float = 0.0
    #: Accept deployments but go on reporting what was there before.
    forgets: bool = False
    #: Show clients that a stub answers, instead of passing it off as the model.
    stub_shows: bool = False
    #: Rows of a history within 24 hours after which the API takes no more.
    daily_limit: int = 24
    #: Say of a chute whether it is switched off: upstream 8c153aa does, May 2026 does not.
    shows_disabled: bool = False
    #: Serve a chute below /chutes/{id}/ too, beside the host of its own. The platform does not.
    served_by_path: bool = True
    #: Seconds a call may take, its time in queues included, before the ingress gives up.
    ingress_seconds: float = 600.0
    #: How many requests were answered so far, for the process that is next.
    answered: int = 0

    def copy(self) -> World:
        """Return the same world, free to go another way."""
        return copy.deepcopy(self)

    def next_process(self) -> int:
        """Which of the API's processes answers the next request."""
        self.answered += 1
        return self.answered % self.api_processes

    def image(self, name: str) -> Image | None:
        """Find an image by its id."""
        return self.images.get(name)

    def chute(self, name: str) -> Deployed | None:
        """Find a chute by its id or name, as the database has it."""
        for chute in self.chutes.values():
            if name in (chute.chute_id, chute.posted["name"]):
                return chute
        return None

    def key(self, secret: str) -> dict[str, Any] | None:
        """Find an API key by its secret."""
        return next((key for key in self.keys.values() if key["secret_key"] == secret), None)

    def slug(self, name: str) -> str | None:
        """Find the id of the chute with that host name."""
        return next((one.chute_id for one in self.chutes.values() if one.slug == name), None)

    def cached(self, name: str, process: int) -> Deployed | None:
        """Find a chute by its id or name, as one of the API's processes remembers it."""
        return self.caches.chute(name, process, self.clock.now(), self.chute)

    def patch_image(self, image_id: str) -> None:
        """Have the platform patch an image: its chutes get other versions, their owner unasked."""
        patch(self, self.images[image_id])
