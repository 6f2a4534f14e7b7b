"""Runs the SDK's command line, which signs what it sends: by the machine's proxy, never redirected.

Its HTTP library would send the signature on to whatever host an answer names, and takes no notice
of HTTPS_PROXY unless told to. Started as a file by cli.py, because the folder may hold another
version of chutekit.
"""

import os
import runpy
import sys
from pathlib import Path
from typing import Any

import aiohttp

_init = aiohttp.ClientSession.__init__
_request = aiohttp.ClientSession._request


def _by_proxy(session: aiohttp.ClientSession, *given: Any, **options: Any) -> None:
    """Make a session that reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as requests does."""
    _init(session, *given, **{"trust_env": True, **options})


async def _staying(session: aiohttp.ClientSession, *given: Any, **options: Any) -> Any:
    """Return the answer itself, also when it is a redirect."""
    return await _request(session, *given, **{**options, "allow_redirects": False})


def change() -> None:
    """Let all sessions that are made from now on do so, without the passwords of ~/.netrc."""
    os.environ["NETRC"] = os.devnull  # aiohttp reads it where it reads the proxies
    aiohttp.ClientSession.__init__ = _by_proxy  # type: ignore[method-assign, assignment]
    aiohttp.ClientSession._request = _staying  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    change()
    sys.path.insert(0, str(Path.cwd()))  # as with `python -m`
    runpy.run_module("chutes.cli", run_name="__main__", alter_sys=True)
