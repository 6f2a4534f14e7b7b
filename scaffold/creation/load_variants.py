"""Run in a generated repository: loads `chute:prod` and `chute:staging` with the real SDK.

Prints one JSON object on the last line of standard output. Imports nothing of this package, since
it runs as a script in a process of its own.
"""

import json
import sys
from typing import Any


def describe(chute: Any) -> dict[str, Any]:
    """What one variant declares, in the words of the answers."""
    selector = chute.node_selector.model_dump()
    return {
        "username": chute._username,
        **{
            name: getattr(chute, name)
            for name in (
                "name",
                "tagline",
                "revision",
                "tee",
                "concurrency",
                "scaling_threshold",
                "max_instances",
                "shutdown_after_seconds",
            )
        },
        "node_selector": {
            "gpu_count": selector["gpu_count"],
            "min_vram_gb_per_gpu": selector["min_vram_gb_per_gpu"],
            "max_hourly_price_per_gpu": selector["max_hourly_price_per_gpu"],
            "include": selector["include"] or None,
            "exclude": selector["exclude"] or None,
        },
        "tag": chute.image.tag,
        "base_image": str(chute.image).splitlines()[0].removeprefix("FROM ").strip(),
    }


def main() -> None:
    """Load the module once, as the platform does for either variant."""
    from chutes.chute import Chute
    from chutes.entrypoint._shared import load_chute

    module, prod = load_chute("chute:prod", None, True)
    if not isinstance(module.staging, Chute):
        sys.exit("chute:staging is not a Chute")
    from chutekit.ops import image_tag

    result = {
        "prod": describe(prod),
        "staging": describe(module.staging),
        "image_tag": image_tag.tag(prod.image),
    }
    sys.stdout.write("\n" + json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
