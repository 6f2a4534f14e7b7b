"""A pipeline without a model: a picture that follows from the request, in no time."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image


class Pipeline:
    """Stands in for the pipeline of chute.py. STUB_STEP_SECONDS makes every step take that long."""

    def __init__(self, folder: Path) -> None:
        self.step_seconds = float(os.environ.get("STUB_STEP_SECONDS", "0"))

    def generate(self, request: Any, seed: int, on_step: Callable[[], None]) -> Image.Image:
        """Two colours that depend on everything that would change a real picture."""
        return self._made(request, seed, on_step, (request.width, request.height))

    def edit(
        self,
        request: Any,
        pictures: list[Image.Image],
        size: tuple[int, int],
        seed: int,
        on_step: Callable[[], None],
    ) -> Image.Image:
        """The first picture between two colours that depend on all else that would change it."""
        made = self._made(request, seed, on_step, size)
        return Image.blend(made, pictures[0].resize(size), 0.5)

    def _made(
        self, request: Any, seed: int, on_step: Callable[[], None], size: tuple[int, int]
    ) -> Image.Image:
        for _ in range(request.steps):
            time.sleep(self.step_seconds)
            on_step()
        text = f"{seed} {request.model_dump_json(exclude={'seed', 'format'})}"
        digest = hashlib.sha256(text.encode()).digest()
        return Image.frombytes("RGB", (2, 1), digest[:6]).resize(size)
