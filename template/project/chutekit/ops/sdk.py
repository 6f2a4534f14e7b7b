"""Runs the SDK's command line, which signs what it sends, with redirects not followed.

Its HTTP library would send the signature on to whatever host an answer names. Started as a file
by cli.py, because the folder may hold another version of chutekit.
"""

import runpy
import sys
from pathlib import Path
from typing import Any

import aiohttp

_request = aiohttp.ClientSession._request


async def _staying(session: aiohttp.ClientSession, *given: Any, **options: Any) -> Any:
    """Return the answer itself, also when it is a redirect."""
    return await _request(session, *given, **{**options, "allow_redirects": False})


if __name__ == "__main__":
    aiohttp.ClientSession._request = _staying  # type: ignore[method-assign, assignment]
    sys.path.insert(0, str(Path.cwd()))  # as with `python -m`
    runpy.run_module("chutes.cli", run_name="__main__", alter_sys=True)
