"""The choice between the real model and the stub that stands in for it on a laptop."""

import importlib
import os
from typing import TypeVar

from chutekit.serving.lifecycle import StartupError, development

Model = TypeVar("Model")


def stub_requested() -> bool:
    """Whether to serve the stub: CHUTE_BACKEND=stub, accepted only under `chutes run --dev`."""
    choice = os.environ.get("CHUTE_BACKEND", "")
    if choice not in ("", "stub"):
        raise StartupError(f"CHUTE_BACKEND is {choice!r}; it may only be 'stub' or unset.")
    if choice == "stub" and not development():
        raise StartupError("CHUTE_BACKEND=stub serves no real results: it works only with --dev.")
    return choice == "stub"


def resolve(real: type[Model]) -> type[Model]:
    """`real`, or its namesake in `chutekit.testing.standins`, which is not in the image."""
    if not stub_requested():
        return real
    module = importlib.import_module(f"chutekit.testing.standins.{real.__name__.lower()}")
    stand_in: type[Model] = getattr(module, real.__name__)
    return stand_in
