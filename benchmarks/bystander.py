"""How long a client waits for a piece of its stream while another asks for all that is let through.

    python benchmarks/bystander.py      # real vLLM; TEST_VLLM_PYTHON names its interpreter

One chute with real vLLM on a processor and a tiny model. The yardstick is the longest wait of the
same client beside a plain request. A second is what the project promises at most. Prints
one JSON line per attack: seconds, and as many times the yardstick.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "template" / "project")]

from attacks.bystander import Bystander  # noqa: E402
from attacks.hostile import ADMITTED, ask  # noqa: E402
from support.serving import Served, serving  # noqa: E402

ROUNDS = 3


def longest(served: Served, fields: dict[str, Any]) -> float:
    """The bystander's longest wait in seconds, the least of several rounds: machines are busy."""
    waits = []
    for _ in range(ROUNDS):
        with Bystander(served) as bystander:
            ask(served, fields)
        waits.append(bystander.longest)
    return min(waits)


def main() -> None:
    """Measure every attack."""
    with tempfile.TemporaryDirectory() as folder, serving("vllm", Path(folder)) as served:
        alone = longest(served, {})
        for name, fields in ADMITTED.items():
            seconds = longest(served, fields)
            times = round(seconds / alone, 1)
            row = {"attack": name, "seconds": round(seconds, 3), "times a plain request": times}
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
