"""`recall` under the name and in the form that chute.py files of earlier versions know."""

from collections.abc import Callable, Sequence
from typing import Any

from chutekit.serving.contract import Job
from chutekit.serving.recall import Cache, Recall


def recall(
    cache: Cache, job: Job[Any], everything: Sequence[str], make: Callable[[], bytes]
) -> bytes:
    """The remembered result for `everything` that determines it, or one made and kept now."""
    known = Recall(cache)
    return known.answer(job, known.key(*everything), make)
