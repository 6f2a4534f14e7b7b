"""What the API's processes remember: none of them looks everything up every time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from support.platform_double.entities import Deployed

Key = dict[str, Any]
Thing = TypeVar("Thing")
Lookup = Callable[[str], Deployed | None]


@dataclass
class Memory(Generic[Thing]):
    """What was looked up: for a while in each process, what was found for a while in all.

    Nothing clears it: what is deleted is still there, what is new is not there yet.
    """

    own_seconds: float
    shared_seconds: float
    shared: dict[str, tuple[float, Thing]] = field(default_factory=dict)
    own: dict[tuple[int, str], tuple[float, Thing | None]] = field(default_factory=dict)

    def find(
        self, name: str, process: int, now: float, look_up: Callable[[str], Thing | None]
    ) -> Thing | None:
        """What that process knows by that name at that time."""
        until, found = self.own.get((process, name), (now, None))
        if now < until:
            return found
        until, shared = self.shared.get(name, (now, None))
        found = shared if now < until else copy.deepcopy(look_up(name))
        if found is not None and now >= until:
            self.shared[name] = (now + self.shared_seconds, found)
        self.own[process, name] = (now + self.own_seconds, found)
        return found


@dataclass
class Caches:
    """Chutes by the name or id that was asked for: shared by all processes, and in each of them.

    A process asks anew in each window of time, whose borders are the same for all. What was not
    there is remembered in the process alone. A deployment clears nothing; switching a chute off
    or on clears what is shared, and not what the processes remember.
    """

    #: Zero turns a cache off.
    shared_seconds: float = 180.0
    window_seconds: float = 30.0
    shared: dict[str, tuple[float, Deployed]] = field(default_factory=dict)
    own: dict[tuple[int, str], tuple[float, Deployed | None]] = field(default_factory=dict)
    #: API keys by their secrets, chutes' ids by their host names.
    keys: Memory[Key] = field(default_factory=lambda: Memory(60.0, 60.0))
    slugs: Memory[str] = field(default_factory=lambda: Memory(60.0, 900.0))

    def chute(self, name: str, process: int, now: float, look_up: Lookup) -> Deployed | None:
        """The chute as that process sees it at that time."""
        if not self.window_seconds:
            return self._shared(name, now, look_up)
        window = now - now % self.window_seconds
        seen, found = self.own.get((process, name), (-1.0, None))
        if seen != window:
            found = self._shared(name, now, look_up)
            self.own[process, name] = (window, found)
        return found

    def forget(self, chute: Deployed) -> None:
        """Clear what is shared of a chute."""
        for name in (chute.chute_id, chute.posted["name"]):
            self.shared.pop(name, None)

    def _shared(self, name: str, now: float, look_up: Lookup) -> Deployed | None:
        until, found = self.shared.get(name, (0.0, None))
        if found is not None and now < until:
            return found
        found = copy.deepcopy(look_up(name))
        if found is not None:
            self.shared[name] = (now + self.shared_seconds, found)
        return found
