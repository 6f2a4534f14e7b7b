"""The utilisation the autoscaler sees: a sample now and then, averaged over two windows."""

from collections import deque

from scaffold.plan.rules import Rules
from scaffold.plan.serving import Block


class Gauge:
    """Holds the last sample and the readings of the longer window."""

    def __init__(self, rules: Rules, concurrency: int) -> None:
        self.rules = rules
        self.concurrency = concurrency
        self.value, self.taken = 0.0, 0.0
        short = max(1, round(rules.short_window_seconds / rules.scrape_seconds))
        long = max(short, round(rules.long_window_seconds / rules.scrape_seconds))
        self.short = short
        self.readings: deque[float] = deque(maxlen=long)
        self._next = rules.scrape_seconds

    def basis(self) -> float:
        """The larger of the two windows' means, of what has been read so far."""
        if not self.readings:
            return 0.0
        values = list(self.readings)
        recent = values[-self.short :]
        return max(sum(recent) / len(recent), sum(values) / len(values))

    def observe(self, block: Block, instances: int) -> list[int]:
        """Read the gauge through `block`; returns the exact number in flight at each reading."""
        counts = []
        while self._next <= block.end:
            time = self._next
            self._next += self.rules.scrape_seconds
            counts.append(block.in_flight(time))
            self._sample(block, instances, time, counts[-1])
            self.readings.append(self.value)
        self._latest(block, instances, block.end)
        return counts

    def _sample(self, block: Block, instances: int, time: float, exact: int) -> None:
        if self.rules.utilization_sample == "clock":
            self.value = exact / instances / self.concurrency if instances else 0.0
            return
        self._latest(block, instances, time)
        if time - self.taken >= self.rules.sample_refresh_seconds:
            self._set(exact, instances, time)

    def _latest(self, block: Block, instances: int, time: float) -> None:
        """Take the sample that came with the last attempt, which does not count itself."""
        found = int(block.attempts.searchsorted(time, "right")) - 1
        if found >= 0 and instances:
            asked = float(block.attempts[found])
            self._set(block.in_flight(asked, just_before=True), instances, asked)

    def _set(self, in_flight: int, instances: int, time: float) -> None:
        """Whole requests per instance only, as the platform counts: less than one each is none."""
        self.value = in_flight // instances / self.concurrency if instances else 0.0
        self.taken = time
