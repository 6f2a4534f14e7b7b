"""What the engine needs to know about the GPU: which one, how full, and what its errors mean."""

import gc
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

from serving.lifecycle import StartupError, development

if TYPE_CHECKING:
    import torch


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
    torch.zeros(1, device="cuda").add_(1).item()
    return torch.device("cuda")


def dtype(name: str) -> "torch.dtype":
    """The weights' type by name; on the CPU always float32, which is what it computes well in."""
    import torch

    return getattr(torch, name) if torch.cuda.is_available() else torch.float32


def fault(error: BaseException) -> Fault | None:
    """What an exception says about the GPU; None when it is none of its business."""
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    if isinstance(error, torch.OutOfMemoryError):
        return Fault.OUT_OF_MEMORY
    if isinstance(error, RuntimeError) and "CUDA error" in str(error):
        return Fault.LOST
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
    peak = torch.cuda.max_memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    return peak
