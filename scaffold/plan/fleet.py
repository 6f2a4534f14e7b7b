"""The instances of one chute: starting, idling out, being removed or lost, and what is billed."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scaffold.plan.autoscaler import Autoscaler
from scaffold.plan.leeway import Leeway
from scaffold.plan.rules import Rules
from scaffold.plan.serving import InFlight
from scaffold.plan.settings import Hardware, Settings

DAY = 86400.0


@dataclass
class Instance:
    """One active instance; `stop_billing` moves with every successful call."""

    number: int
    activated: float
    stop_billing: float
    lost_at: float
    timer_set: float
    again: bool


@dataclass(frozen=True, order=True)
class Launch:
    """An instance being started; `again` if nothing but an old target asks for it."""

    ready: float
    again: bool


class Fleet:
    """Active instances and those being started; counts are those of the first `seconds`.

    `target` is what the autoscaler wrote last. It stands until the next run: whenever fewer are
    active, and one at least or a bounty is there, instances are launched.
    """

    def __init__(
        self,
        settings: Settings,
        hardware: Hardware,
        rules: Rules,
        seconds: float,
        seed: int,
        on_end: Callable[[Instance, float], None],
    ) -> None:
        self.settings, self.rules, self.hardware = settings, rules, hardware
        self.instances: list[Instance] = []
        self.autoscaler = Autoscaler(settings, rules)
        self.pending: list[Launch] = []
        self.bounty_until = -math.inf
        self.target = self._asked = 0
        self.started = self.woken = self.lost = self.again = self._number = 0
        self._idled = False
        self._seconds = seconds
        self._bounty_again = -math.inf
        self._random = random.Random(seed)
        self._on_end = on_end

    @property
    def numbers(self) -> list[int]:
        """The active instances."""
        return [instance.number for instance in self.instances]

    @property
    def leeway(self) -> Leeway:
        """Which other settings would have come to the same."""
        return self.autoscaler.leeway

    @property
    def pending_at(self) -> float:
        """When the next launched instance is ready."""
        return min(self.pending).ready if self.pending else math.inf

    def next_loss(self) -> float:
        """When the next active instance vanishes."""
        return min((instance.lost_at for instance in self.instances), default=math.inf)

    def asleep(self) -> bool:
        """Would the next request wake the chute?"""
        return not self.instances and not self.pending

    def ask(self, now: float) -> None:
        """A request finds no instance: a bounty is put up and somebody starts one."""
        if self.bounty_until < now >= self._bounty_again:
            self.bounty_until = now + self.rules.bounty_seconds
            self._bounty_again = now + self.rules.bounty_cooldown_seconds
        if self.bounty_until >= now and self.asleep():
            self._launch(now, again=False)

    def can_be_woken(self, now: float) -> bool:
        """Is a bounty there, or may one be put up?"""
        return self.bounty_until >= now or now >= self._bounty_again

    def wakeable_at(self) -> float:
        """From when a bounty may be put up again."""
        return self._bounty_again

    def scale(self, now: float, basis: float, *, removing: bool) -> Instance | None:
        """One run of the autoscaler; returns the instance it removes."""
        count, rules = len(self.instances), self.rules
        bounty = self.bounty_until >= now
        before = self.target
        self._asked, self.target = self.autoscaler.run(now, count, basis, bounty=bounty)
        self.leeway.runs(before, count, self.target)
        self._idled = False
        if removing and self.target < count >= rules.removal_min_active:
            old = [i for i in self.instances if now - i.activated >= rules.established_seconds]
            if old:
                return self._end(old[int(self._random.random() * len(old))], now)
        return None

    def start_warm(self, count: int) -> None:
        """Begin with active instances, which nobody had to wake."""
        self.target = count
        for _ in range(count):
            self.pending.append(Launch(0.0, again=False))
            self.activate(0.0)
        self.woken = 0

    def fill(self, now: float) -> None:
        """Launch what is missing to the target; where none is active that takes a bounty."""
        if not self.instances and self.bounty_until < now:
            return
        coming = len(self.instances) + len(self.pending)
        for number in range(coming, self.target):
            self._launch(now, again=self._idled or number >= self._asked)

    def activate(self, now: float) -> None:
        """The started instance is ready, unless the platform no longer wants it."""
        launch = min(self.pending)
        self.pending.remove(launch)
        count = len(self.instances)
        bounty = self.bounty_until >= now
        if count >= self.target and (count or not bounty):
            return
        if bounty:
            self._bounty_again = now + self.rules.bounty_cooldown_seconds
        self._number += 1
        if now <= self._seconds:
            self.woken += not count
            self.started += 1
            self.again += launch.again
        daily = self.rules.losses_per_instance_day
        lost_at = now - math.log(1 - self._random.random()) * DAY / daily if daily else math.inf
        stop = now + self.settings.shutdown_after_seconds
        self.instances.append(Instance(self._number, now, stop, lost_at, -math.inf, launch.again))
        self.bounty_until = -math.inf

    def lose(self, now: float) -> Instance:
        """The instance whose time has come vanishes."""
        self.lost += now <= self._seconds
        return self._end(min(self.instances, key=lambda i: i.lost_at), now)

    def idle_out(self, now: float) -> list[Instance]:
        """Instances nobody called for `shutdown_after_seconds` are shut down."""
        for instance in self.instances:
            self.leeway.spares(instance.stop_billing - now)
        over = [i for i in self.instances if i.stop_billing <= now]
        self._idled = self._idled or bool(over)
        return [self._end(instance, now) for instance in over]

    def called(self, done: InFlight) -> None:
        """Successful calls move the end of billing of their instance."""
        if not len(done):
            return
        lock, tail = self.rules.idle_timer_seconds, self.settings.shutdown_after_seconds
        order = np.lexsort((done.ends, done.instance))
        ends, numbers = done.ends[order], self.numbers
        first = done.instance[order].searchsorted(numbers, "left").tolist()
        after = done.instance[order].searchsorted(numbers, "right").tolist()
        for instance, start, stop in zip(self.instances, first, after, strict=True):
            if start == stop:
                continue
            if not lock:
                instance.stop_billing = max(instance.stop_billing, float(ends[stop - 1]) + tail)
                continue
            mine = ends[start:stop]
            moved = int(mine.searchsorted(instance.timer_set + lock))
            while moved < len(mine):
                instance.timer_set = float(mine[moved])
                instance.stop_billing = instance.timer_set + tail
                moved = int(mine.searchsorted(instance.timer_set + lock))

    def ping(self, now: float) -> None:
        """A call on a schedule: wakes the chute, or moves one instance's end of billing."""
        if not self.instances:
            self.ask(now)
            return
        instance = self.instances[int(self._random.random() * len(self.instances))]
        if now >= instance.timer_set + self.rules.idle_timer_seconds:
            instance.timer_set = now
            instance.stop_billing = now + self.settings.shutdown_after_seconds

    def _launch(self, now: float, *, again: bool) -> None:
        cold = self.hardware.cold_start
        spread = math.exp(self._random.gauss(-(cold.cv**2) / 2, cold.cv)) if cold.cv else 1.0
        ready = now + min(cold.mean * spread, self.rules.activation_max_seconds)
        self.pending.append(Launch(ready, again))

    def _end(self, instance: Instance, now: float) -> Instance:
        self.instances.remove(instance)
        self._on_end(instance, now)
        return instance
