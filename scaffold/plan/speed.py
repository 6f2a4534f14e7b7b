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


def picture_seconds(model: str, task: str, steps: int, gpu: str) -> float | None:
    """Seconds of one picture, made or changed; None for models whose work is not known."""
    work = table("pictures.yml").get(model, {}).get(task)
    if work is None:
        return None
    step = work / (table("gpus.yml")[gpu]["tflops"] * PICTURE_SHARE)
    return float(ONCE_SECONDS + steps * max(step, STEP_SECONDS))
