"""What an exception says about the GPU, in the words that CUDA's libraries have for it."""

import sys
from types import SimpleNamespace

import pytest
from chutekit.models import gpu
from chutekit.models.gpu import Fault

LOST = RuntimeError("CUDA error: device-side assert triggered")
FULL = RuntimeError("CUDA out of memory. Tried to allocate 32.00 MiB.")
GIB = 2**30


@pytest.mark.parametrize(
    ("error", "answer", "free", "fault"),
    [
        (FULL, None, 10 * GIB, Fault.OUT_OF_MEMORY),
        (FULL, FULL, 0, Fault.OUT_OF_MEMORY),
        (RuntimeError("CUDA error: out of memory"), None, 10 * GIB, Fault.OUT_OF_MEMORY),
        (
            RuntimeError("GET was unable to find an engine to execute this computation"),
            None,
            10 * GIB,
            Fault.OUT_OF_MEMORY,
        ),
        (RuntimeError("an error nobody knows"), None, 0, Fault.OUT_OF_MEMORY),
        (RuntimeError("an error nobody knows"), None, 10 * GIB, None),
        (ValueError("the program's own"), None, 0, None),
        (LOST, LOST, 10 * GIB, Fault.LOST),
        # Under another name at first.
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED"), LOST, 10 * GIB, Fault.LOST),
    ],
)
def test_a_fault_is_told_from_an_error_of_the_program(
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    answer: Exception | None,
    free: int,
    fault: Fault | None,
) -> None:
    def touch() -> None:
        if answer:
            raise answer

    cuda = SimpleNamespace(is_initialized=lambda: True, mem_get_info=lambda: (free, 80 * GIB))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    monkeypatch.setattr(gpu, "touch", touch)
    assert gpu.fault(error) is fault


def test_without_a_gpu_nothing_is_its_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = SimpleNamespace(is_initialized=lambda: False)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    assert gpu.fault(FULL) is None
