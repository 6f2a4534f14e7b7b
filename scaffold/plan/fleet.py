"""The instances of one chute: starting, idling out, being removed or lost, and what is billed."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

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


class Fleet:
    """Active instances and the one being started; counts are those of the first `seconds`."""

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
        self.pending_at = math.inf
        self.bounty_until = -math.inf
        self.target = 0
        self.started = self.woken = self.lost = self._number = 0
        self._seconds = seconds
        self._bounty_again = -math.inf
        self._random = random.Random(seed)
        self._on_end = on_end

    @property
    def numbers(self) -> list[int]:
        """The active instances."""
        return [instance.number for instance in self.instances]

    def next_loss(self) -> float:
        """When the next active instance vanishes."""
        return min((instance.lost_at for instance in self.instances), default=math.inf)

    def asleep(self) -> bool:
        """Would the next request wake the chute?"""
        return not self.instances and self.pending_at == math.inf

    def ask(self, now: float) -> None:
        """A request finds no instance: a bounty is put up and somebody starts one."""
        if self.bounty_until < now >= self._bounty_again:
            self.bounty_until = now + self.rules.bounty_seconds
            self._bounty_again = now + self.rules.bounty_cooldown_seconds
        if self.bounty_until >= now and self.asleep():
            self._launch(now)

    def can_be_woken(self, now: float) -> bool:
        """Is a bounty there, or may one be put up?"""
        return self.bounty_until >= now or now >= self._bounty_again

    def wakeable_at(self) -> float:
        """From when a bounty may be put up again."""
        return self._bounty_again

    def scale(self, now: float, basis: float, *, removing: bool) -> Instance | None:
        """One run of the autoscaler; returns the instance it removes."""
        count, rules = len(self.instances), self.rules
        self.target = count
        if not count:
            self.target = int(self.bounty_until >= now)
        elif basis >= self.settings.scaling_threshold and count < self.settings.max_instances:
            self.target = min(count + rules.step, self.settings.max_instances)
        elif basis < self.settings.scaling_threshold and count > 1:
            self.target = max(count - rules.step, 1)
        if self.target > count > 0 and self.pending_at == math.inf:
            self._launch(now)
        if removing and self.target < count >= rules.removal_min_active:
            old = [i for i in self.instances if now - i.activated >= rules.established_seconds]
            if old:
                return self._end(old[int(self._random.random() * len(old))], now)
        return None

    def activate(self, now: float) -> None:
        """The started instance is ready, unless the platform no longer wants it."""
        self.pending_at = math.inf
        count = len(self.instances)
        if not count and self.bounty_until < now:
            return
        if count and count >= self.target:
            return
        self._number += 1
        if now <= self._seconds:
            self.woken += not count
            self.started += 1
        daily = self.rules.losses_per_instance_day
        lost_at = now - math.log(1 - self._random.random()) * DAY / daily if daily else math.inf
        stop = now + self.settings.shutdown_after_seconds
        self.instances.append(Instance(self._number, now, stop, lost_at, -math.inf))
        self.bounty_until = -math.inf

    def lose(self, now: float) -> Instance:
        """The instance whose time has come vanishes."""
        self.lost += now <= self._seconds
        return self._end(min(self.instances, key=lambda i: i.lost_at), now)

    def idle_out(self, now: float) -> list[Instance]:
        """Instances nobody called for `shutdown_after_seconds` are shut down."""
        over = [i for i in self.instances if i.stop_billing <= now]
        return [self._end(instance, now) for instance in over]

    def called(self, done: InFlight) -> None:
        """Successful calls move the end of billing of their instance."""
        lock, tail = self.rules.idle_timer_seconds, self.settings.shutdown_after_seconds
        for instance in self.instances:
            ends = done.ends[done.instance == instance.number]
            if not len(ends):
                continue
            if not lock:
                instance.stop_billing = max(instance.stop_billing, float(ends.max()) + tail)
                continue
            for end in sorted(ends.tolist()):
                if end >= instance.timer_set + lock:
                    instance.timer_set, instance.stop_billing = end, end + tail

    def ping(self, now: float) -> None:
        """A call on a schedule: wakes the chute, or moves one instance's end of billing."""
        if not self.instances:
            self.ask(now)
            return
        instance = self.instances[int(self._random.random() * len(self.instances))]
        if now >= instance.timer_set + self.rules.idle_timer_seconds:
            instance.timer_set = now
            instance.stop_billing = now + self.settings.shutdown_after_seconds

    def _launch(self, now: float) -> None:
        cold = self.hardware.cold_start
        spread = math.exp(self._random.gauss(-(cold.cv**2) / 2, cold.cv)) if cold.cv else 1.0
        self.pending_at = now + min(cold.mean * spread, self.rules.activation_max_seconds)

    def _end(self, instance: Instance, now: float) -> Instance:
        self.instances.remove(instance)
        self._on_end(instance, now)
        return instance
