"""A pipeline without a model: a picture that follows from the request, in no time."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from chute import GenerateRequest


class Pipeline:
    """Stands in for the pipeline of chute.py. STUB_STEP_SECONDS makes every step take that long."""

    def __init__(self, folder: Path) -> None:
        self.step_seconds = float(os.environ.get("STUB_STEP_SECONDS", "0"))

    def generate(
        self, request: "GenerateRequest", seed: int, on_step: Callable[[], None]
    ) -> Image.Image:
        """Two colours that depend on everything that would change a real picture."""
        for _ in range(request.steps):
            time.sleep(self.step_seconds)
            on_step()
        text = f"{seed} {request.model_dump_json(exclude={'seed', 'format'})}"
        digest = hashlib.sha256(text.encode()).digest()
        small = Image.frombytes("RGB", (2, 1), digest[:6])
        return small.resize((request.width, request.height))
