"""What the engine needs to know about the GPU: which one, how full, and what its errors mean."""

import gc
import importlib.util
import re
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

from chutekit.serving.lifecycle import StartupError, development

if TYPE_CHECKING:
    import torch


# Not all that lacks memory raises OutOfMemoryError: a convolution tries plan after plan and says at
# last that it found none, and some libraries cannot even open.
NO_MEMORY = re.compile(
    r"out of memory|ALLOC_FAILED|CUBLAS_STATUS_NOT_INITIALIZED|unable to find an engine"
)
# A RuntimeError under any other name while less than this share of the memory is free is one too.
FULL = 0.02


# Nothing else here asks the GPU anything.
UNSEEN = "not looked at: PyTorch is not installed"
ABSENT = "none: the CPU computes"


class Fault(StrEnum):
    """A failure of the GPU, as opposed to one of the program."""

    OUT_OF_MEMORY = "out of memory"
    LOST = "device lost"


def device() -> "torch.device":
    """The device to run on: the GPU, or on a laptop (--dev) without one the CPU."""
    import torch

    if not torch.cuda.is_available():
        if development():
            return torch.device("cpu")
        raise StartupError(
            "PyTorch sees no GPU: the node has none, or its driver is too old for CUDA "
            f"{torch.version.cuda}."
        )
    # An early, plain failure when this build of PyTorch has no code for the card.
    touch()
    return torch.device("cuda")


def installed() -> bool:
    """Whether there is PyTorch, through which the GPU is looked at; models can go without."""
    return importlib.util.find_spec("torch") is not None


def name() -> str:
    """What computes, as `/health` tells it."""
    if not installed():
        return UNSEEN
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else ABSENT


def touch() -> None:
    """Have the GPU compute something; RuntimeError when it cannot."""
    import torch

    torch.zeros(1, device="cuda").add_(1).item()


def dtype(name: str) -> "torch.dtype":
    """The weights' type by name; on the CPU always float32, which is what it computes well in."""
    import torch

    return getattr(torch, name) if torch.cuda.is_available() else torch.float32


def fault(error: BaseException) -> Fault | None:
    """What an exception says about the GPU; None when it is none of its business.

    A lost GPU fails whatever is asked of it next, under many names: so it is asked.
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    try:
        touch()
    except RuntimeError as answer:
        return Fault.OUT_OF_MEMORY if NO_MEMORY.search(str(answer)) else Fault.LOST
    free, total = torch.cuda.mem_get_info()
    if isinstance(error, RuntimeError) and (NO_MEMORY.search(str(error)) or free < FULL * total):
        return Fault.OUT_OF_MEMORY
    return None


def release_memory() -> None:
    """Give cached blocks back, so that the next request finds the memory whole."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def take_peak_bytes() -> int:
    """The most memory in use since the last call; 0 without a GPU."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return 0
    peak: int = torch.cuda.max_memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    return peak
