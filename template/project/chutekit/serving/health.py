"""What `GET /health` tells."""

from typing import Any

from chutekit.serving.instance import Instance


def facts(instance: Instance, **about: Any) -> dict[str, Any]:
    """The instance's state right now, after what is fixed `about` it. Times are UTC seconds."""
    return {
        "status": str(instance.phase),
        **about,
        "uptime_seconds": round(instance.uptime, 1),
        "ready_since": instance.ready_since,
        "in_flight": instance.in_flight,
        "concurrency": instance.concurrency,
        "last_success": instance.last_success,
    }
