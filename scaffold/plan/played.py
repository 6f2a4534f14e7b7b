"""What was played already, and which other plays it answers."""

from dataclasses import dataclass, replace

from scaffold.plan.leeway import Leeway
from scaffold.plan.rules import Rules
from scaffold.plan.settings import Settings
from scaffold.plan.simulation import Result
from scaffold.plan.traffic import SLICE_SECONDS


@dataclass(frozen=True)
class Played:
    """One run, which would have stopped at so many refused."""

    leeway: Leeway
    rules: Rules
    stopped_at: float
    result: Result

    def answers(self, settings: Settings, rules: Rules, stopped_at: float) -> Result | None:
        """The result for these, which differ in nothing else, if it would be the same."""
        whole = self.result.finished and self.result.refused <= stopped_at
        if not (whole or stopped_at == self.stopped_at) or not self.leeway.covers(settings):
            return None
        if rules == self.rules:
            return self.result
        own, other = self.rules.autoscaler_seconds, rules.autoscaler_seconds
        # At these times blocks end anyway, so fewer runs that change nothing leave no trace.
        if self.leeway.steady and not own % SLICE_SECONDS and not other % own:
            return replace(self.result, autoscaler_seconds=other)
        return None
