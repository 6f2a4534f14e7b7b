"""The model's files: one pinned commit, verified where the platform can."""

import asyncio
import errno
import fnmatch
import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict, TypeVar

from chutekit.serving import logs
from chutekit.serving.lifecycle import StartupError, development

ATTEMPTS = 5
BACK_OFF_SECONDS = 5.0
# The platform gives up on an instance that is not active after 90 minutes.
DOWNLOAD_SECONDS = 60 * 60
SPARE_BYTES = 2 * 1024**3
# What a file may have beyond what the hub says of the largest.
SLACK_BYTES = 64 * 1024**2
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

Result = TypeVar("Result")


class Wanted(TypedDict):
    """Which files of a repository: those of a pattern, less those of another."""

    allow_patterns: list[str]
    ignore_patterns: list[str]


def download(
    model: str,
    revision: str,
    patterns: Sequence[str],
    *,
    ignore: Sequence[str] = (),
    gated: bool = False,
) -> Path:
    """The folder with the files of one commit that match `patterns`, from the cache if there.

    Blocks; meant for a worker thread. Raises StartupError with what the owner can do about it.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    disable_progress_bars()
    wanted: Wanted = {"allow_patterns": list(patterns), "ignore_patterns": list(ignore)}
    offline = _offline()
    if gated and not offline and not os.environ.get("HF_TOKEN"):
        raise StartupError(
            f"{model} is gated and there is no HF_TOKEN: accept its terms on Hugging Face, then "
            "store a read token as the chute's HF_TOKEN secret."
        )

    def fetch() -> Path:
        largest = 0 if offline else _check_room(model, revision, wanted)
        with _no_file_above(largest):
            return Path(snapshot_download(model, revision=revision, **wanted))

    try:
        return _retrying(fetch, 1 if offline else ATTEMPTS, model)
    except LocalEntryNotFoundError as error:
        raise StartupError(
            f"{model} at {revision} is not in the cache and Hugging Face cannot be reached."
        ) from error


async def verify(model: str, revision: str) -> None:
    """Compare the files with the platform's hashes of them; wrong ones end start-up.

    A result that the platform could not give is logged, not fatal.
    """
    from chutes.util.hf import CacheVerificationError, purge_model_cache, verify_cache
    from huggingface_hub.constants import HF_HOME

    if development():
        return logs.event("weights_unverified", reason="not on the platform")
    try:
        result = await verify_cache(model, revision, cache_dir=HF_HOME)
    except CacheVerificationError as error:
        # Files left out on purpose count as missing there.
        if error.mismatches:
            purge_model_cache(model, cache_dir=HF_HOME)
            raise StartupError(
                f"{len(error.mismatches)} files of {model} are not those of its commit; they were "
                "deleted and the next start downloads them again."
            ) from error
        logs.event(
            "weights_verified" if error.reason == "integrity_mismatch" else "weights_unverified",
            "info" if error.reason == "integrity_mismatch" else "warning",
            reason=error.reason,
            left_out=len(error.missing),
            undecided=len(error.errors),
        )
        return None
    if result.get("skipped_api_error"):
        return logs.event("weights_unverified", "warning", reason="the platform did not answer")
    return logs.event("weights_verified", files=result["verified"])


def _check_room(model: str, revision: str, wanted: Wanted) -> int:
    """Bytes of the largest file; StartupError when those that are missing do not fit on the disk.

    Of one whose size the hub does not know it is 0.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.constants import HF_HUB_CACHE

    info = HfApi().model_info(model, revision=revision, files_metadata=True)
    blobs = Path(HF_HUB_CACHE, f"models--{model.replace('/', '--')}", "blobs")
    files = [file for file in info.siblings or [] if _matches(file.rfilename, wanted)]
    missing = sum(
        file.size or 0
        for file in files
        if not (blobs / (file.lfs.sha256 if file.lfs else file.blob_id or "")).is_file()
    )
    folder = Path(HF_HUB_CACHE)
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    logs.event("weights_size", missing_bytes=missing, free_bytes=free)
    if missing + SPARE_BYTES > free:
        raise StartupError(
            f"{model} needs {missing / 1e9:.1f} GB more on disk and {HF_HUB_CACHE} has "
            f"{free / 1e9:.1f} GB free."
        )
    sizes = [file.size or 0 for file in files]
    return max(sizes, default=0) if all(sizes) else 0


@contextmanager
def _no_file_above(largest: int) -> Iterator[None]:
    """Let no file of this process become larger, by far; 0 is no bound.

    The hub's client writes what arrives, and looks at its length afterwards: a body without end
    would fill the disk of everybody on the machine.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    bound = largest + SLACK_BYTES
    bounded = largest and (before[0] == resource.RLIM_INFINITY or bound < before[0])
    if bounded:
        resource.setrlimit(resource.RLIMIT_FSIZE, (bound, before[1]))
    try:
        yield
    finally:
        if bounded:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _matches(name: str, wanted: Wanted) -> bool:
    allowed = any(fnmatch.fnmatch(name, pattern) for pattern in wanted["allow_patterns"])
    return allowed and not any(fnmatch.fnmatch(name, p) for p in wanted["ignore_patterns"])


def _retrying(fetch: Callable[[], Path], attempts: int, model: str) -> Path:
    """Call until it works, with growing pauses; give up at once on what time cannot heal."""
    from huggingface_hub.errors import (
        GatedRepoError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    for number in range(1, attempts + 1):
        try:
            return fetch()
        except StartupError:
            raise
        except GatedRepoError as error:
            raise StartupError(
                f"Hugging Face refuses {model} to this HF_TOKEN: accept the model's terms with "
                "the account the token belongs to."
            ) from error
        except RevisionNotFoundError as error:
            raise StartupError(f"{model} has no such commit on Hugging Face.") from error
        except RepositoryNotFoundError as error:
            raise StartupError(
                f"Hugging Face knows no {model}, or this HF_TOKEN may not see it."
            ) from error
        except Exception as error:
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                raise StartupError(f"{model} cannot be stored: {logs.first_line(error)}") from error
            if isinstance(error, OSError) and error.errno == errno.EFBIG:
                raise StartupError(
                    f"{model} was sent with a file that does not end where its commit says."
                ) from error
            if number == attempts:
                if isinstance(error, LocalEntryNotFoundError):
                    raise
                raise StartupError(
                    f"{model} could not be downloaded in {number} attempts: "
                    f"{logs.first_line(error)}"
                ) from error
            pause = BACK_OFF_SECONDS * 2 ** (number - 1)
            logs.event("download_retry", "warning", attempt=number, pause_seconds=pause)
            time.sleep(pause)
    raise AssertionError("the last attempt returned or raised")


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON")


async def within(seconds: float, work: Callable[[], Result], what: str) -> Result:
    """Run blocking start-up work in a thread, so that signals are heard, for so long at most."""
    try:
        return await asyncio.wait_for(asyncio.to_thread(work), seconds)
    except TimeoutError as error:
        raise StartupError(f"{what} took longer than {seconds:.0f} s.") from error
