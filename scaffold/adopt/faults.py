"""Faults of cords that come along as they were: they are the owner's to mend."""

from collections.abc import Iterable

from scaffold.adopt.ledger import At, Ledger
from scaffold.check.catalog import checks
from scaffold.check.declared import Cord
from scaffold.check.families import errors, inputs
from scaffold.check.model import Answer, Place
from scaffold.check.repository import Repository

_REMEDY = (
    "raise what you expect as `Refusal(400, CODE, SENTENCE)` of chutekit/serving/errors.py and let "
    "the rest pass, or the kit sees neither memory that ran out nor a GPU that is lost"
)


def left(cords: Iterable[Cord], repository: Repository, ledger: Ledger) -> None:
    """Name each failure that is answered as a success, shown to clients, or never heard of.

    The same of what nothing ever fills, such as the request of FastAPI.

    In a generated repository cords only hand over to `Model`, so `check` does not see these there.
    """
    for cord in cords:
        found: dict[str, Iterable[Answer]] = {
            "ER102": errors.error_in_body(cord),
            "ER103": errors.leaks_exception(repository, cord.function),
            "ER104": errors.trace(repository, cord.function),
            "ER107": errors.swallowed(cord.function),
            "IV103": inputs.injected(cord),
        }
        for check, answers in found.items():
            for each in answers:
                if isinstance(each, Place):
                    ledger.left(
                        At.of(cord.function, each.line),
                        f"{checks()[check].title}, in {cord.function.name}",
                        _REMEDY if check == "ER102" else checks()[check].fix,
                        check,
                    )
