"""What a run of the platform's autoscaler decides for a private chute.

The rule is `calculate_local_decision` of the API's `chute_autoscaler.py` of May 2026, and the part
of its caller that holds a target at its recent peak.
"""

from collections import deque

from scaffold.plan.leeway import Leeway
from scaffold.plan.rules import Rules
from scaffold.plan.settings import Settings


def decision(settings: Settings, rules: Rules, count: int, basis: float, *, bounty: bool) -> int:
    """The number of instances wanted, from `count` active ones and the utilisation alone."""
    if not count:
        return int(bounty)
    if basis >= settings.scaling_threshold and count < settings.max_instances:
        return min(count + rules.step, settings.max_instances)
    if basis < settings.scaling_threshold and count > 1:
        return max(count - rules.step, 1)
    return count


class Autoscaler:
    """Remembers its targets: one stays at the highest that asked for more in the last while.

    A target that is held above the number of instances asks for more itself, and so is remembered
    like any other: an instance that idles out is launched again as long as one is left.
    """

    def __init__(self, settings: Settings, rules: Rules) -> None:
        self.settings, self.rules = settings, rules
        self.leeway = Leeway(settings)
        self._raised: deque[tuple[float, int]] = deque()

    def run(self, now: float, count: int, basis: float, *, bounty: bool) -> tuple[int, int]:
        """What the utilisation asks for, and the target that is written."""
        asked = decision(self.settings, self.rules, count, basis, bounty=bounty)
        if count:
            self.leeway.sees(basis)
            reached = basis >= self.settings.scaling_threshold
            self.leeway.wants(count + self.rules.step if reached else asked)
        target = max(asked, self._held(now, count)) if asked else 0
        if target > count and self.rules.sticky_seconds:
            self._raised.append((now, target))
        return asked, target

    def _held(self, now: float, count: int) -> int:
        while self._raised and self._raised[0][0] < now - self.rules.sticky_seconds:
            self._raised.popleft()
        peak = max((target for _, target in self._raised), default=0)
        wanted = min(peak, count + self.rules.increase_limit)
        self.leeway.wants(wanted)
        return min(wanted, self.settings.max_instances)
