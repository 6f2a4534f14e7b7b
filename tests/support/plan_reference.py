"""The platform simulated the slow and obvious way: one event at a time, every instance by itself.

`scaffold.plan.simulation` is compared with this. It shares no code with it but the data classes,
and no shortcut: requests sit in lists on their instances, every attempt is an event.
"""

import heapq
import itertools
import random
from dataclasses import dataclass, field

from scaffold.plan.rules import Rules
from scaffold.plan.settings import Callers, Settings

# What happens first at the same moment.
DONE, READ, LOSS, READY, REFRESH, SCALE, WAKE, FILL, ASK = range(9)


@dataclass
class Box:
    """One instance."""

    since: float
    stop: float
    jobs: int = 0
    timer: float = -1e18


@dataclass
class Story:
    """What happened."""

    completed: int = 0
    refused: int = 0
    latency: float = 0.0
    busy: int = 0
    cold: int = 0
    billed: float = 0.0
    started: int = 0
    woken: int = 0
    most: int = 0
    counts: list[int] = field(default_factory=list)


class Reference:
    """Plays one case; losses are left out, and cold starts take the same time always."""

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        callers: Callers,
        cold: float,
        seconds: float,
        seed: int,
    ) -> None:
        self.settings, self.rules, self.callers = settings, rules, callers
        self.cold, self.seconds = cold, seconds
        self.lot = random.Random(seed + 1)
        self.boxes: list[Box] = []
        self.story = Story()
        self.agenda: list[tuple[float, int, int, object]] = []
        self.order = itertools.count()
        self.pending = 0
        self.bounty, self.bounty_again = -1.0, 0.0
        self.target = 0
        self.log: list[tuple[float, int, bool]] = []
        self.queue: list[tuple[float, float]] = []
        self.open = 0
        self.sample, self.taken = 0.0, 0.0
        self.readings: list[float] = []

    def later(self, time: float, kind: int, what: object = None) -> None:
        heapq.heappush(self.agenda, (time, kind, next(self.order), what))

    @property
    def happen(self) -> list[object]:
        return [
            self.done,
            self.read,
            None,
            self.ready,
            self.refresh,
            self.scale,
            self.awake,
            self.fill,
            self.ask,
        ]

    def play(self, arrivals: list[tuple[float, float]], *, warm: bool) -> Story:
        for time, work in arrivals:
            self.later(time, ASK, (time, work, 0))
        self.open = len(arrivals)
        self.later(self.rules.scrape_seconds, READ)
        self.later(self.rules.refresher_seconds, REFRESH)
        self.later(self.rules.autoscaler_seconds, SCALE)
        if warm:
            self.boxes.append(Box(0.0, self.settings.shutdown_after_seconds))
            self.story.started += 1
            self.target = 1
        self.most()
        while self.open or self.agenda[0][0] <= self.seconds:
            now, kind, _, what = heapq.heappop(self.agenda)
            self.happen[kind](now, what)  # type: ignore[operator]
            if now <= self.seconds:
                self.most()
        for box in self.boxes:
            self.bill(box, self.seconds)
        return self.story

    def most(self) -> None:
        self.story.most = max(self.story.most, len(self.boxes))

    def ask(self, now: float, what: tuple[float, float, int]) -> None:
        asked, work, tries = what
        self.wake(now)
        if self.boxes:
            self.take_sample(now)
        free = [box for box in self.boxes if box.jobs < self.settings.concurrency]
        if free:
            self.begin(min(free, key=lambda box: box.jobs), now, asked, work)
        elif self.callers.when_full == "queue":
            self.queue.append((asked, work))
            self.wake(now)
        else:
            self.story.busy += bool(self.boxes)
            self.story.cold += not self.boxes
            again = now + min(self.callers.first_delay * 2**tries, self.callers.longest_delay)
            if self.callers.when_full == "give-up" or again - asked > self.callers.patience:
                self.refuse()
            else:
                self.later(again, ASK, (asked, work, tries + 1))

    def wake(self, now: float) -> None:
        if self.boxes or self.pending:
            return
        if self.bounty < now:
            if now < self.bounty_again:
                if self.queue:
                    self.later(self.bounty_again, WAKE)
                return
            self.bounty = now + self.rules.bounty_seconds
            self.bounty_again = now + self.rules.bounty_cooldown_seconds
        self.launch(now)
        self.later(now, FILL)

    def awake(self, now: float, what: object) -> None:
        if self.queue:  # a queue asks again as soon as its chute is gone
            self.wake(now)

    def launch(self, now: float) -> None:
        self.pending += 1
        self.later(now + self.cold, READY)

    def fill(self, now: float, what: object) -> None:
        """The target that was written last stands: what is missing is launched."""
        if self.boxes or self.bounty >= now:
            while len(self.boxes) + self.pending < self.target:
                self.launch(now)

    def begin(self, box: Box, now: float, asked: float, work: float) -> None:
        box.jobs += 1
        self.later(now + work, DONE, (box, asked))

    def refuse(self) -> None:
        self.story.refused += 1
        self.open -= 1

    def done(self, now: float, what: tuple[Box, float]) -> None:
        box, asked = what
        box.jobs -= 1
        self.story.completed += 1
        self.story.latency += now - asked
        self.open -= 1
        if now >= box.timer + self.rules.idle_timer_seconds:
            box.timer = now
            box.stop = max(box.stop, now + self.settings.shutdown_after_seconds)
        self.from_queue(now)

    def from_queue(self, now: float) -> None:
        while self.queue:
            free = [box for box in self.boxes if box.jobs < self.settings.concurrency]
            if not free:
                return
            asked, work = self.queue.pop(0)
            if now - asked > self.callers.patience:
                self.refuse()
            else:
                self.begin(min(free, key=lambda box: box.jobs), now, asked, work)

    def in_flight(self) -> int:
        return sum(box.jobs for box in self.boxes)

    def take_sample(self, now: float) -> None:
        mean = int(self.in_flight() / len(self.boxes)) if self.boxes else 0
        self.sample, self.taken = mean / self.settings.concurrency, now

    def read(self, now: float, what: object) -> None:
        self.later(now + self.rules.scrape_seconds, READ)
        if self.rules.utilization_sample == "clock":
            count = len(self.boxes)
            self.sample = self.in_flight() / count / self.settings.concurrency if count else 0.0
        elif now - self.taken >= self.rules.sample_refresh_seconds:
            self.take_sample(now)
        self.readings.append(self.sample)

    def basis(self) -> float:
        means = []
        for window in (self.rules.short_window_seconds, self.rules.long_window_seconds):
            found = self.readings[-round(window / self.rules.scrape_seconds) :]
            means.append(sum(found) / len(found) if found else 0.0)
        return max(means)

    def ready(self, now: float, what: object) -> None:
        self.pending -= 1
        count, bounty = len(self.boxes), self.bounty >= now
        if not (count < self.target or (not count and bounty)):
            self.later(now, WAKE)
            return
        if now <= self.seconds:
            self.story.woken += not count
            self.story.started += 1
        if bounty:
            self.bounty_again = now + self.rules.bounty_cooldown_seconds
        self.bounty = -1.0
        self.boxes.append(Box(now, now + self.settings.shutdown_after_seconds))
        self.from_queue(now)
        self.later(now, FILL)

    def refresh(self, now: float, what: object) -> None:
        self.later(now + self.rules.refresher_seconds, REFRESH)
        for box in [box for box in self.boxes if box.stop <= now]:
            self.end(box, now)
        self.later(now, FILL)
        self.later(now, WAKE)

    def scale(self, now: float, what: object) -> None:
        self.later(now + self.rules.autoscaler_seconds, SCALE)
        count, basis = len(self.boxes), self.basis()
        threshold, most = self.settings.scaling_threshold, self.settings.max_instances
        target = count
        if not count:
            target = 1 if self.bounty >= now else 0
        elif basis >= threshold:
            target = count + (count < most)
        elif count > 1:
            target = count - 1
        if target:
            recent = [
                logged
                for at, logged, up in self.log
                if up and at >= now - self.rules.sticky_seconds
            ]
            target = max([target, *(min(peak, count + 5, most) for peak in recent)])
        if self.rules.sticky_seconds:
            self.log.append((now, target, target > count))
        self.target = target
        if target < count and now % self.rules.removal_seconds == 0:
            old = [b for b in self.boxes if now - b.since >= self.rules.established_seconds]
            if old and count >= self.rules.removal_min_active:
                self.end(old[int(self.lot.random() * len(old))], now)
        self.later(now, FILL)

    def end(self, box: Box, now: float) -> None:
        self.boxes.remove(box)
        self.bill(box, min(now, self.seconds))

    def bill(self, box: Box, end: float) -> None:
        self.story.billed += max(0.0, min(end, box.stop) - box.since)
