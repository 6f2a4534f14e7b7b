"""The platform played minute by minute: requests, instances, the autoscaler, the bill.

Time is cut into blocks at every event that can change the number of instances (a run of the
autoscaler or of the balance refresher, an activation, a loss, a wake-up). Inside a block
`serving` handles the requests; at its end the event happens. Same seed, same result.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scaffold.plan.fleet import Fleet, Instance
from scaffold.plan.gauge import Gauge
from scaffold.plan.ledger import Ledger, quantiles
from scaffold.plan.rules import Rules
from scaffold.plan.serving import Block, Serving
from scaffold.plan.settings import Callers, Hardware, Settings
from scaffold.plan.sharing import Sharing
from scaffold.plan.traffic import SLICE_SECONDS, Duration, Floats, Traffic

SHARES = (0.50, 0.95, 0.99)


@dataclass(frozen=True)
class Result:
    """What the settings did under the traffic; seconds and US dollars.

    `autoscaler_seconds` is the time between two runs of the autoscaler, one end of what is known.
    Instances started again are those that nothing but an old target asked for.
    """

    autoscaler_seconds: float
    requests: int
    completed: int
    refused: int
    p50_s: float
    p95_s: float
    p99_s: float
    mean_s: float
    mean_wait_s: float
    usd: float
    billed_seconds: float
    instances_mean: float
    instances_max: int
    cold_starts: int
    instances_started: int
    instances_lost: int
    instances_started_again: int
    usd_started_again: float
    busy_answers: int
    cold_answers: int
    finished: bool
    timeline: dict[str, list[float]]

    @property
    def refused_share(self) -> float:
        """The share of requests whose callers gave up."""
        return self.refused / self.requests if self.requests else 0.0

    def as_json(self) -> dict[str, Any]:
        """Without the timeline; rounded to what the histogram can tell."""
        names = [name for name in self.__dataclass_fields__ if name != "timeline"]
        values = {name: getattr(self, name) for name in names}
        return {name: _plain(value) for name, value in values.items()} | {
            "refused_share": round(self.refused_share, 6)
        }


def _plain(value: float) -> float | int | None:
    if isinstance(value, bool | int):
        return value
    return None if math.isnan(value) else round(value, 4)


class Simulation:
    """One chute under one traffic."""

    def __init__(
        self,
        settings: Settings,
        traffic: Traffic,
        duration: Duration,
        *,
        rules: Rules,
        hardware: Hardware,
        callers: Callers | None = None,
        seed: int = 1,
        warm: int = 0,
        stop_at_refused: float = math.inf,
        engine_limit: int | None = None,
        pace: Sequence[float] | None = None,
    ) -> None:
        """`engine_limit` is where the engine itself answers 429, if that is below concurrency.

        With `pace` the durations are work, 1 on average, of which each of n requests on an
        instance does a unit in `pace[n]` seconds; otherwise they are seconds at any load.
        """
        self.settings, self.traffic, self.rules = settings, traffic, rules
        self.hardware, self.duration, self.seed = hardware, duration, seed
        self.callers = callers or Callers()
        slots = min(settings.concurrency, engine_limit or settings.concurrency)
        self.serving = (
            Serving(self.callers, slots, seed)
            if pace is None
            else Sharing(self.callers, slots, seed, pace)
        )
        self.fleet = Fleet(settings, hardware, rules, traffic.seconds, seed + 1, self._ended)
        self.gauge = Gauge(rules, settings.concurrency)
        self.ledger = Ledger(traffic.seconds)
        self.stop_at_refused = stop_at_refused
        self.billed = self.billed_again = self.active = 0.0
        self.instances_max = 0
        self.now = 0.0
        self._ping_at = 0.0 if settings.keep_warm else math.inf
        self.fleet.leeway.wants(warm)
        self.fleet.start_warm(min(warm, settings.max_instances))
        self._count_instances()

    def run(self) -> Result:
        """Play it to the end: until every request has ended."""
        slices = self.traffic.slices(self.duration, self.seed)
        number = 0
        for times, work in slices:
            number += 1
            self.ledger.requests += len(times)
            self.ledger.add("arrivals", self.now, len(times))
            self._until(number * SLICE_SECONDS, times, work)
            if self.ledger.refused > self.stop_at_refused:
                return self._result(finished=False)
        while not self.serving.idle():
            number += 1
            self._until(number * SLICE_SECONDS, np.empty(0), np.empty(0))
        return self._result(finished=True)

    def _until(self, end: float, times: Floats, work: Floats) -> None:
        while self.now < end:
            stop = min(end, self._next_event(times))
            inside = int(np.searchsorted(times, stop, "left"))
            block = self.serving.serve(
                self.now, stop, times[:inside], work[:inside], self.fleet.numbers
            )
            times, work = times[inside:], work[inside:]
            self._count(block)
            self.now = stop
            self._happen(times)

    def _next_event(self, times: Floats) -> float:
        rules, fleet = self.rules, self.fleet
        events = [
            _next_multiple(self.now, rules.autoscaler_seconds),
            _next_multiple(self.now, rules.refresher_seconds),
            fleet.pending_at,
            fleet.next_loss(),
            self._ping_at,
        ]
        if fleet.asleep():
            events.append(self._next_attempt(times))
        return max(min(events), self.now)

    def _next_attempt(self, times: Floats) -> float:
        """When somebody next asks; from when a bounty may be put up if one is waiting already."""
        fresh = float(times[0]) if len(times) else math.inf
        first = max(self.now, min(fresh, self.serving.waiting.next_attempt()))
        return first if self.fleet.can_be_woken(first) else max(first, self.fleet.wakeable_at())

    def _happen(self, times: Floats) -> None:
        """Everything that is due now, in the platform's order."""
        now, fleet, rules = self.now, self.fleet, self.rules
        while fleet.next_loss() <= now:
            self.serving.drop(fleet.lose(now).number, now, drained=False)
        while fleet.pending_at <= now:
            fleet.activate(now)
        if now % rules.refresher_seconds == 0:
            for instance in fleet.idle_out(now):
                self._drain(instance)
        if now % rules.autoscaler_seconds == 0:
            removing = now % rules.removal_seconds == 0
            if removed := fleet.scale(now, self.gauge.basis(), removing=removing):
                self._drain(removed)
        if self._ping_at <= now:
            fleet.ping(now)
            self._ping_at = now + self.settings.ping_seconds
        if fleet.asleep() and self._next_attempt(times) <= now:
            fleet.ask(now)
        fleet.fill(now)
        self._count_instances()

    def _drain(self, instance: Instance) -> None:
        """A removed instance finishes what it works on."""
        gone = self.serving.drop(instance.number, self.now, drained=True)
        self.ledger.complete(self.now, gone.ends - gone.asked, gone.work)

    def _count(self, block: Block) -> None:
        ledger, now = self.ledger, block.start
        instances = len(self.fleet.instances)
        ledger.complete(now, block.done.ends - block.done.asked, block.done.work)
        if len(block.gave_up):
            ledger.refuse(now, len(block.gave_up))
        if block.turned_away:
            if instances:
                ledger.busy_answers += block.turned_away
            else:
                ledger.cold_answers += block.turned_away
            ledger.add("busy", now, block.turned_away)
        self.fleet.called(block.done)
        readings = self.gauge.observe(block, instances)
        if readings and now < ledger.seconds:
            ledger.add("in_flight", now, sum(readings))
            ledger.add("waiting", now, len(self.serving.waiting) * len(readings))
            ledger.add("samples", now, len(readings))

    def _count_instances(self) -> None:
        if self.now <= self.ledger.seconds:
            self.instances_max = max(self.instances_max, len(self.fleet.instances))

    def _ended(self, instance: Instance, now: float) -> None:
        """Bill what lies within the simulated time."""
        end = min(now, self.ledger.seconds)
        billed_until = min(end, instance.stop_billing)
        self.fleet.leeway.spares(instance.stop_billing - end)
        billed = max(0.0, billed_until - instance.activated)
        self.billed += billed
        self.billed_again += billed * instance.again
        self.active += max(0.0, end - instance.activated)
        self.ledger.billed(instance.activated, billed_until)
        self.ledger.active(instance.activated, end)

    def _result(self, *, finished: bool) -> Result:
        ledger, fleet = self.ledger, self.fleet
        ledger.flush()
        for instance in list(fleet.instances):
            self._ended(instance, max(self.now, ledger.seconds))
        total = ledger.histogram.sum(axis=0, dtype=np.int64, keepdims=True)
        p50, p95, p99 = (values[0] for values in quantiles(total, SHARES))
        done = max(ledger.completed, 1)
        return Result(
            autoscaler_seconds=self.rules.autoscaler_seconds,
            requests=ledger.requests,
            completed=ledger.completed,
            refused=ledger.refused,
            p50_s=p50,
            p95_s=p95,
            p99_s=p99,
            mean_s=ledger.latency_sum / done,
            mean_wait_s=(ledger.latency_sum - ledger.work_sum) / done,
            usd=self.billed / 3600 * self.hardware.usd_per_hour,
            billed_seconds=self.billed,
            instances_mean=self.active / ledger.seconds,
            instances_max=self.instances_max,
            cold_starts=fleet.woken,
            instances_started=fleet.started,
            instances_lost=fleet.lost,
            instances_started_again=fleet.again,
            usd_started_again=self.billed_again / 3600 * self.hardware.usd_per_hour,
            busy_answers=ledger.busy_answers,
            cold_answers=ledger.cold_answers,
            finished=finished,
            timeline=self._timeline(),
        )

    def _timeline(self) -> dict[str, list[float]]:
        ledger = self.ledger
        rows, width = ledger.rows, ledger.width
        widths = np.minimum(width, ledger.seconds - np.arange(ledger.count) * width)
        samples = np.maximum(rows["samples"], 1)
        usd = np.cumsum(rows["billed_seconds"]) / 3600 * self.hardware.usd_per_hour
        series = {
            "seconds": np.arange(ledger.count) * width,
            "rps": rows["arrivals"] / widths,
            "instances": rows["instance_seconds"] / widths,
            "in_flight": rows["in_flight"] / samples,
            "waiting": rows["waiting"] / samples,
            "refused": rows["refused"],
            "busy": rows["busy"],
            "usd": usd,
        }
        names = ("p50", "p95", "p99")
        latencies = dict(zip(names, quantiles(ledger.histogram, SHARES), strict=True))
        return {name: values.tolist() for name, values in series.items()} | latencies


def _next_multiple(now: float, period: float) -> float:
    return (math.floor(now / period) + 1) * period
