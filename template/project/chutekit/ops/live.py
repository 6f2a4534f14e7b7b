"""What the platform has of a chute, and in what that differs from what chute.py declares.

Which code is deployed is computed: the platform derives a chute's version from its image, the
patch it put on that image, and the module's text. Its route for the text itself answers from
caches for minutes after a deployment, so nothing is believed for having been read there.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from chutekit.ops.command import NO, Problem
from chutekit.ops.declared import Declared
from chutekit.ops.platform import Platform

#: What the platform excludes by itself where a selector excludes nothing.
EXCLUDED_ANYWAY = {"b200", "mi300x"}


@dataclass(frozen=True)
class Live:
    """A chute as the platform has it."""

    chute: dict[str, Any]

    @property
    def version(self) -> str:
        """The platform's name for this code on this image; a patch of the image changes it."""
        return str(self.chute["version"])

    @property
    def image_id(self) -> str:
        """The image it runs."""
        return str(self.chute["image"]["image_id"])

    @property
    def instances(self) -> list[dict[str, Any]]:
        """Its instances, starting ones too."""
        return list(self.chute.get("instances") or [])

    @property
    def active(self) -> int:
        """How many of them serve."""
        return sum(1 for instance in self.instances if instance.get("active"))

    def has_code(self, code: str) -> bool:
        """Tell whether the deployed module has exactly this text."""
        image = self.chute["image"]
        label = f"{image['image_id']}:{image['patch_version']}:{code}"
        return self.version == str(uuid.uuid5(uuid.NAMESPACE_OID, label))


def live(platform: Platform, wanted: Declared) -> Live | None:
    """Read a chute back, None when it is not deployed."""
    chute = platform.chute(wanted.chute_id, wanted.name)
    if chute is None:
        return None
    if "version" not in chute or not {"image_id", "patch_version"} <= set(chute.get("image") or ()):
        raise Problem(
            f"The platform shows {wanted.name} but not its version, image and patch.",
            "Without them nobody can tell which code runs. Look for a newer chute-new.",
        )
    return Live(chute)


def deployed(platform: Platform, wanted: Declared) -> Live:
    """Read a chute back; Problem when it is not deployed."""
    if found := live(platform, wanted):
        return found
    raise Problem(f"{wanted.name} is not deployed yet.", f"Run: make {wanted.target}", NO)


def differences(wanted: Declared, found: Live | None) -> list[str]:
    """Name everything in which a live chute is not what chute.py declares."""
    if found is None:
        return ["it is not deployed"]
    wrong = []
    if not found.has_code(wanted.code):
        wrong.append("it runs other code")
    if found.image_id != wanted.image_id:
        wrong.append(f"it runs another image than {wanted.image}")
    there = {**found.chute, **(found.chute.get("node_selector") or {})}
    for name, value in {**wanted.settings, **wanted.selector}.items():
        # An API that does not report a setting can neither confirm nor deny it.
        if name in there and not _same(name, value, there[name]):
            wrong.append(f"{name} is {there[name]}, not {value}")
    return wrong


def _same(name: str, wanted: Any, found: Any) -> bool:
    if name not in ("include", "exclude"):
        return bool(wanted == found)
    there = set(found or ())
    return there == set(wanted) or (name == "exclude" and not wanted and there <= EXCLUDED_ANYWAY)
