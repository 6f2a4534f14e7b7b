"""Show the logs of a chute's running instances: `make logs`, also with CHUTE=staging."""

from __future__ import annotations

import argparse
import json

import requests

from chutekit.ops.command import NO, Problem, Result, options, run
from chutekit.ops.platform import Platform
from chutekit.ops.session import session

#: The platform's stream never ends; a pause this long means that all past lines have come.
QUIET_SECONDS = 5.0
#: The platform refuses to begin further back.
MOST_LINES = 10_000


def logs(arguments: argparse.Namespace) -> Result:
    """Collect the last lines of every instance."""
    platform, wanted = session(arguments.chute)
    chute = platform.chute(wanted.chute_id, wanted.name)
    instances = (chute or {}).get("instances") or []
    if not instances:
        raise Problem(
            f"{wanted.name} has no instances, and the platform keeps no logs without one.",
            "make smoke-staging wakes staging, a request wakes production.",
            NO,
        )
    found = {
        instance["instance_id"]: _lines(platform, instance["instance_id"], arguments.lines)
        for instance in instances
    }
    text = "\n".join(
        line for name, lines in found.items() for line in [f"== instance {name}", *lines]
    )
    return Result(text, {"instances": found})


def lines(text: str) -> int:
    """Read how many lines are wanted."""
    if not 1 <= int(text) <= MOST_LINES:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {MOST_LINES}")
    return int(text)


def _lines(platform: Platform, instance_id: str, count: int) -> list[str]:
    lines = []
    with platform.instance_logs(instance_id, count, QUIET_SECONDS) as stream:
        try:
            for line in stream.iter_lines():
                if line.startswith(b"data:"):
                    lines.append(
                        _text(line.removeprefix(b"data:").decode(errors="replace").strip())
                    )
        except requests.RequestException:
            pass  # quiet for long enough
    return lines[-count:]


def _text(event: str) -> str:
    try:
        document = json.loads(event)
    except ValueError:
        return event
    return str(document.get("log", event)) if isinstance(document, dict) else event


if __name__ == "__main__":
    parser = options(__doc__, chute=True)
    parser.add_argument("--lines", type=lines, default=200, help="how many of each instance")
    run(logs, parser)
