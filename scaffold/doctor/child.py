"""Run by `asking.py` with the Python of a repository's .venv: asks the platform for the account.

Imports nothing of this package but the kit of the template, whose commands ask so.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Write the account, or why there is no answer, to the file that was named."""
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    os.environ.update(request["environment"])
    sys.path.insert(0, request["kit"])
    import requests
    from chutekit.ops.command import Problem
    from chutekit.ops.platform import Platform
    from chutekit.ops.session import sign_in
    from loguru import logger

    logger.disable("chutes")  # it logs every signature it makes
    try:
        me = Platform(sign_in().api_url).me()
        answer: dict[str, Any] = {"balance": me.get("balance")}
    except Problem as problem:
        silent = isinstance(problem.__cause__, requests.RequestException)
        answer = {"unreachable" if silent else "refused": problem.message, "hint": problem.hint}
    result = Path(request["result"])
    result.write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main()
