"""From repositories of the model hub to folders that a model can be loaded from."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chutekit.models import gpu
from chutekit.serving import backend, checksums, logs, weights
from chutekit.serving.lifecycle import step

# Libraries that would draw progress bars on standard error, or quote prompts in warnings.
QUIET = {
    "DIFFUSERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}


@dataclass(frozen=True)
class Source:
    """A repository of the model hub at one commit.

    `files` are patterns of paths in it; `listed` are its large files, a line `SHA-256 BYTES PATH`
    each.
    """

    model: str
    revision: str
    files: Sequence[str]
    listed: str
    gated: bool


def quieten() -> None:
    """Keep libraries that are not loaded yet from writing what a client wrote."""
    os.environ.update(QUIET)


async def loaded(real: type[Any], source: Source, *details: Any) -> tuple[Any, bool]:
    """Make a `real` of the source's folder and `details`, or what stands in for it.

    Returns it, and whether it is the real one; a stand-in needs no folder and gets an empty path.
    StartupError when any of it fails.
    """
    quieten()
    chosen = backend.resolve(real)
    folder = Path()
    if chosen is real:
        (folder,) = await folders([source])
    with step("load"):
        return await asyncio.to_thread(chosen, folder, *details), chosen is real


async def folders(sources: Sequence[Source]) -> list[Path]:
    """See that there is a GPU, then fetch and verify each source; StartupError when it fails.

    Without PyTorch nobody looks at the GPU, and the log says so.
    """
    if gpu.installed():
        with step("hardware"):
            await asyncio.to_thread(gpu.device)
    else:
        logs.event("hardware_unchecked", "warning", reason=gpu.UNSEEN)
    found = []
    for source in sources:
        with step("download"):
            found.append(await _downloaded(source))
        with step("verification"):
            await _verified(source, found[-1])
    return found


async def _downloaded(source: Source) -> Path:
    return await weights.within(
        weights.DOWNLOAD_SECONDS,
        lambda: weights.download(source.model, source.revision, source.files, gated=source.gated),
        "The download",
    )


async def _verified(source: Source, folder: Path) -> None:
    await weights.within(
        checksums.SECONDS, lambda: checksums.check(folder, source.listed), "Reading the files"
    )
    await weights.verify(source.model, source.revision)
