"""What the API's processes remember: none of them looks everything up every time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from platform_double.entities import Deployed

Lookup = Callable[[str], Deployed | None]


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
