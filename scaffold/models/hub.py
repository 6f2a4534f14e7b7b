"""What the model hub says about a model: its commit, its files, and what is in the small ones.

The hub, and whoever made the model, are not trusted: an answer has a size and a time, redirects are
few and never to a place that is less safe, and a token is sent to the hub alone.
"""

import http.client
import json
import os
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError

from scaffold.answers.addresses import HUB
from scaffold.errors import Failed, OutsideFailure
from scaffold.runtime.patience import within

SECONDS = 20.0
REDIRECTS = 3
# A model of a thousand files, each with its hash, has about 400 KB.
MAX_BYTES = 16 * 2**20
_HIDDEN = (401, 403, 404)
_NO_ANSWER = (OSError, ValueError, http.client.HTTPException)
_NO_COMMIT = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True)
class File:
    """A large file of a commit: those in Git LFS, for which the hub knows a SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Commit:
    """A commit, its large files by path, and what its repository says of the model.

    `names` are all files; `gated` means that its terms must be accepted first.
    """

    commit: str
    files: tuple[File, ...]
    names: frozenset[str] = frozenset()
    license: str = ""
    gated: bool = False
    purpose: str = ""
    library: str = ""


_asked: dict[tuple[str, str, str], Commit] = {}


def newest(model: str) -> Commit:
    """The commit that the model's main branch points at."""
    return at(model, "main")


def address() -> str:
    """Where the hub is."""
    return os.environ.get("HF_ENDPOINT", HUB).rstrip("/")


def at(model: str, revision: str, seconds: float | None = None) -> Commit:
    """The commit that a branch points at or, of a commit, itself, within so many seconds.

    HF_ENDPOINT names another hub, HF_TOKEN opens gated models. A commit that was told is not asked
    for again: it cannot change. Raises Failed when the hub knows no such model and OutsideFailure
    when it does not answer.
    """
    if known := _asked.get((address(), model, revision)):
        return known
    path = f"api/models/{model}/revision/{urllib.parse.quote(revision, safe='')}?blobs=true"
    try:
        content = _fetched(path, MAX_BYTES, seconds)
    except HTTPError as error:
        if error.code in _HIDDEN:
            where = "" if revision == "main" else f" at {revision}"
            raise Failed(f"{model} is not on the hub{where}, or needs an HF_TOKEN") from error
        raise OutsideFailure(f"The hub answered {error.code} about {model}") from error
    except _NO_ANSWER as error:
        raise _silent(model, error) from error
    try:
        found = _commit(json.loads(content))
    except _NO_COMMIT as error:
        raise _silent(model, error) from error
    return _asked.setdefault((address(), model, found.commit), found)


def file(model: str, commit: str, path: str, most: int) -> bytes | None:
    """A small file of a commit, None when it is not there or is closed without a token.

    Raises OutsideFailure when the hub does not answer, and Failed when there are more than `most`
    bytes of it.
    """
    try:
        return _fetched(f"{model}/resolve/{commit}/{urllib.parse.quote(path)}", most)
    except HTTPError as error:
        if error.code in _HIDDEN:
            return None
        raise OutsideFailure(f"The hub answered {error.code} about {model}") from error
    except _TooLargeError as error:
        raise Failed(f"{path} of {model} is larger than {most // 2**20} MB") from error
    except _NO_ANSWER as error:
        raise _silent(model, error) from error


def _commit(document: Mapping[str, Any]) -> Commit:
    siblings = document.get("siblings", ())
    files = [
        File(str(each["rfilename"]), int(each["lfs"]["size"]), str(each["lfs"]["sha256"]))
        for each in siblings
        if each.get("lfs")
    ]
    card = document.get("cardData")
    commit = str(document["sha"])
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise ValueError("no commit")
    return Commit(
        commit,
        tuple(sorted(files, key=lambda file: file.path)),
        frozenset(str(each["rfilename"]) for each in siblings),
        license=_license(card) if isinstance(card, dict) else "",
        gated=bool(document.get("gated")),
        purpose=_word(document.get("pipeline_tag")),
        library=_word(document.get("library_name")),
    )


def _license(card: Mapping[str, Any]) -> str:
    """Its name on the hub, which has a place of its own for those it does not know."""
    known, own = _word(card.get("license")), _word(card.get("license_name"))
    return own if known == "other" and own else known


def _word(value: Any) -> str:
    """A word that can be shown on a terminal; empty when it is none."""
    return value if isinstance(value, str) and len(value) <= 100 and value.isprintable() else ""


def _silent(model: str, error: Exception) -> OutsideFailure:
    return OutsideFailure(
        f"The hub did not answer about {model}: {type(error).__name__}",
        hint="Check the network and try again.",
    )


class _TooLargeError(ValueError):
    """There is more than was asked for."""


def _fetched(path: str, most: int, seconds: float | None = None) -> bytes:
    """What the hub answers, of at most so many bytes, within so many seconds in all."""
    limit = SECONDS if seconds is None else seconds
    return within(limit, lambda: _received(path, most, limit))


def _received(path: str, most: int, seconds: float) -> bytes:
    url = f"{address()}/{path}"
    request = urllib.request.Request(url, headers={"User-Agent": "chute-new"})
    if token := os.environ.get("HF_TOKEN"):
        # Not carried on to where the hub redirects to.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    ends = time.monotonic() + seconds
    found = bytearray()
    with urllib.request.build_opener(_Redirects).open(request, timeout=seconds) as response:
        while part := response.read1(65536):
            found += part
            if len(found) > most:
                raise _TooLargeError(f"more than {most} bytes")
            if time.monotonic() > ends:
                raise TimeoutError(f"not done after {seconds:.0f} s")
    return bytes(found)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Few, and never from an encrypted connection to a plain one."""

    max_redirections = REDIRECTS
    max_repeats = 1

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        before, after = (urllib.parse.urlsplit(url) for url in (req.full_url, newurl))
        if after.scheme not in ("http", "https") or (before.scheme, after.scheme) == (
            "https",
            "http",
        ):
            raise ValueError("redirected to a place that is less safe")
        found = super().redirect_request(req, fp, code, msg, headers, newurl)
        token = req.unredirected_hdrs.get("Authorization")
        if found and token and before.netloc == after.netloc:
            # The hub knows a model under its new name.
            found.add_unredirected_header("Authorization", token)
        return found
