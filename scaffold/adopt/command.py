"""What `chute-new adopt` does with its options."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffold.adopt.adoption import Adoption
from scaffold.creation import text
from scaffold.creation.order import Created, CreateOptions
from scaffold.creation.session import run_create


@dataclass(frozen=True)
class Adopted:
    """A repository that was made of a prototype, or with `dry_run` would be."""

    created: Created
    adoption: Adoption

    def as_json(self) -> dict[str, Any]:
        """The document `adopt --json` prints."""
        return self.created.as_json() | {"adopted": self.adoption.ledger.as_json()}

    def told(self, *, dry_run: bool) -> str:
        """For a terminal."""
        return "\n".join([text.created(self.created, dry_run=dry_run), *self.adoption.told()])


def run_adopt(
    prototype: Path,
    destination: Path | None,
    source: str | None,
    settings: Iterable[str],
    *,
    ask: bool,
    with_habits: bool,
    plain: bool,
    load: bool,
    options: CreateOptions,
) -> Adopted:
    """Make a repository of a prototype; `load` has the result imported at the end."""
    adoption = Adoption(prototype, loads=load)
    created = run_create(
        destination,
        source,
        settings,
        ask=ask,
        with_habits=with_habits,
        plain=plain,
        options=options,
        beginning=adoption,
    )
    return Adopted(created, adoption)
