"""Seconds one picture takes on a GPU, estimated when nobody measured them.

Pictures are bound by arithmetic, and two at once take twice as long as one.
"""

from scaffold.plan.engine import table

# Measured by benchmarks/gpu_pictures.py on an H200: five pipelines reached 0.41 to 0.69 of its
# figure, and launching the kernels of a step takes the processor about as long whatever the GPU.
PICTURE_SHARE = 0.5
STEP_SECONDS = 0.05
# Text encoders and decoder: 0.10 to 0.16 on the H200, more on smaller cards.
ONCE_SECONDS = 0.3
# A recording of any length: to be decoded, and token by token, alone (assumed; measure yours).
RECORDING_SECONDS = 0.5


def picture_seconds(model: str, task: str, steps: int, gpu: str) -> float | None:
    """Seconds of one picture, made or changed; None for models whose work is not known."""
    work = table("pictures.yml").get(model, {}).get(task)
    if work is None:
        return None
    step = work / (table("gpus.yml")[gpu]["tflops"] * PICTURE_SHARE)
    return float(ONCE_SECONDS + steps * max(step, STEP_SECONDS))


def speech_seconds(model: str, recording: float, gpu: str, concurrency: int) -> float | None:
    """Seconds until a recording of so many seconds is written down, None for unknown models.

    When `concurrency` of them share the GPU, whose arithmetic is the limit: the slow end.
    """
    known = table("speech.yml").get(model)
    if known is None:
        return None
    cards = table("gpus.yml")
    times = known["times"] * cards[gpu]["tflops"] / cards[known["card"]]["tflops"]
    return float(RECORDING_SECONDS + concurrency * recording / times)
