"""Show what is deployed and what is running: `make status`."""

from __future__ import annotations

import argparse
from typing import Any

from chutekit.ops.command import Result, options, run
from chutekit.ops.declared import Declared, declared
from chutekit.ops.live import Live, differences, live
from chutekit.ops.session import session


def status(arguments: argparse.Namespace) -> Result:
    """Describe both chutes and the image they should run."""
    platform, prod = session("prod")
    both = [declared("staging"), prod]
    image = platform.image(both[0].image_id)
    facts: dict[str, Any] = {
        "image": {"name": both[0].image, "status": image["status"] if image else None}
    }
    lines = [f"{both[0].image}: {image['status'] if image else 'not built'}"]
    for wanted in both:
        found = live(platform, wanted)
        facts[wanted.variant] = _facts(wanted, found)
        lines.append(_line(wanted, facts[wanted.variant]))
    return Result("\n".join(lines), facts)


def _facts(wanted: Declared, found: Live | None) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "chute_id": wanted.chute_id,
        "deployed": found is not None,
        "version": found.version if found else None,
        # Not every release of the platform's API says it.
        "disabled": found.chute.get("disabled") if found else None,
        "differences": differences(wanted, found),
        "instances": len(found.instances) if found else 0,
        "active": found.active if found else 0,
    }


def _line(wanted: Declared, facts: dict[str, Any]) -> str:
    if not facts["deployed"]:
        return f"{wanted.name}: not deployed"
    same = "; ".join(facts["differences"]) or "as chute.py declares"
    running = f"{facts['active']} of {facts['instances']} instances active"
    stopped = ", stopped" if facts["disabled"] else ""
    return f"{wanted.name}: version {facts['version']}, {same}; {running}{stopped}"


if __name__ == "__main__":
    run(status, options(__doc__))
