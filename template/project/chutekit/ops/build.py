"""Build the container image on the platform: `make build`. A tag is built only once."""

from __future__ import annotations

import argparse
from typing import Any

from chutekit.ops.cli import chutes
from chutekit.ops.command import NO, Problem, Result, options, run, say, seconds, wait
from chutekit.ops.declared import Declared
from chutekit.ops.platform import Platform
from chutekit.ops.session import session
from chutekit.ops.transport import advice

BUILT = "built and pushed"


def build(arguments: argparse.Namespace) -> Result:
    """Build the image of chute.py unless it is there, and wait until it is."""
    platform, wanted = session("prod")
    image = platform.image(wanted.image_id)
    if _status(image) == BUILT:
        return Result(f"{wanted.image} is built already.", _facts(wanted, built=False))
    if _failed(image):
        say(f"The last build of {wanted.image} failed ({_status(image)}); building it again.")
        platform.delete_image(wanted.image_id)
        image = None
    complaint = _submit(platform, wanted) if image is None else ""
    _follow(platform, wanted, complaint)
    return Result(f"{wanted.image} is built. Next: make deploy-staging", _facts(wanted, built=True))


def is_built(platform: Platform, wanted: Declared) -> bool:
    """Tell whether the image of the chute is there."""
    return _status(platform.image(wanted.image_id)) == BUILT


def require(platform: Platform, wanted: Declared) -> None:
    """Problem unless the image of the chute is built."""
    status = _status(platform.image(wanted.image_id))
    if status != BUILT:
        raise Problem(f"The image {wanted.image} is {status}.", "Run: make build", NO)


def _submit(platform: Platform, wanted: Declared) -> str:
    say(f"Building {wanted.image}; this takes a while.")

    def over() -> bool:
        status = _status(platform.image(wanted.image_id))
        return status == BUILT or status.startswith("error")

    limit = seconds("OPS_BUILD_SECONDS")
    arguments = ("build", wanted.reference, "--wait")
    return chutes(*arguments, limit=limit, until=over, show=True).complaint


def _follow(platform: Platform, wanted: Declared, complaint: str) -> None:
    if platform.image(wanted.image_id) is None:
        raise Problem(
            f"The platform did not take the image: {complaint or 'it gave no reason'}",
            advice(complaint),
        )

    def look() -> tuple[bool, str]:
        image = platform.image(wanted.image_id)
        if _failed(image):
            raise Problem(
                f"The build of {wanted.image} failed: {_status(image)}.",
                "The log above says why. Then run make build again: it starts over.",
                NO,
            )
        return _status(image) == BUILT, _status(image)

    hint = "The platform may still finish it: run make build again to go on waiting."
    wait(wanted.image, "OPS_BUILD_SECONDS", look, hint)


def _status(image: dict[str, Any] | None) -> str:
    return str(image.get("status", "of unknown status")) if image else "not built"


def _failed(image: dict[str, Any] | None) -> bool:
    return _status(image).startswith("error")


def _facts(wanted: Declared, built: bool) -> dict[str, Any]:
    return {"image": wanted.image, "image_id": wanted.image_id, "changed": built}


if __name__ == "__main__":
    run(build, options(__doc__))
