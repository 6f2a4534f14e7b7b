"""What a plan computes from: model, hardware and traffic, ready to be simulated and searched."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from scaffold import memory
from scaffold.errors import BadUsage
from scaffold.plan import models
from scaffold.plan.engine import Engine, Tokens, step_tokens
from scaffold.plan.measured import Measured, measured
from scaffold.plan.played import Played
from scaffold.plan.request import Request
from scaffold.plan.rules import Rules, rule_book
from scaffold.plan.search import Choices, Target, Trial, best, search
from scaffold.plan.settings import Callers, Hardware, Settings
from scaffold.plan.simulation import Result, Simulation
from scaffold.plan.speed import picture_seconds, speech_seconds
from scaffold.plan.traffic import Duration, Traffic, constant, daily, recorded, spike

# A search plays each setting on at most this many requests; the result always has all of them.
SEARCH_REQUESTS = 400_000
# Somebody waits for a quick search: fewer settings on fewer requests.
QUICK_REQUESTS = 20_000
QUICK = {"scaling_threshold": (0.1, 0.25, 0.75), "shutdown_after_seconds": (60, 300)}
# Settings that refuse this share are not played to the end: they serve for comparison only.
HOPELESS = 0.2
# A chute pulls its image, then fetches and loads its weights (assumed; measure yours).
START_SECONDS = 90.0
WEIGHTS_GIB_PER_SECOND = 0.2
COLD_START_SPREAD = 0.3


class Planner:
    """The parts of a plan that depend on the model and the hardware of the answers."""

    def __init__(
        self,
        context: Mapping[str, Any],
        request: Request,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """`tick` is called before every simulation: somebody may be waiting."""
        request.check()
        self.context, self.request, self.tick = context, request, tick
        self.book = rule_book(request.platform_rules)
        self.budget = memory.Budget(request.usable_memory, request.overhead_gib)
        # Only a chat makes tokens: no vector, label or score is one.
        writes = context["workload"] != "llm" or context.get("task", "chat") in ("chat", None)
        self.measured = measured(request.measured) if request.measured else None
        self.tokens = _tokens(request, self.measured, writes=writes)
        self.is_llm = context["workload"] == "llm"
        self.anatomy = models.anatomy(context, request) if self.is_llm else None
        self.shape = self.anatomy.shape if self.anatomy else None
        self.callers = Callers(request.when_full, request.patience)
        self.traffic, self.recorded = _traffic(request)
        self._busiest = cache(self.traffic.busiest)
        self._played: defaultdict[tuple[float, Rules], list[Played]] = defaultdict(list)
        gpus = [gpu for gpu in context["gpus"] if gpu["id"] in context["eligible_gpus"]]
        if not gpus:
            raise BadUsage("no GPU is eligible for these answers")
        self.gpus = gpus
        count = context["gpu_count"]
        self._seconds = cache(self._computed)
        self.engines = [Engine(self.anatomy, g["id"], count) for g in gpus if self.anatomy]
        # What was measured was measured on whichever of these GPUs the platform had chosen.
        if self.is_llm and self.measured and (engine := self.measured.engine):
            self.engines = [engine for _ in gpus]

    def target(self) -> Target:
        """What was asked for, or three times the seconds of a request and one more."""
        seconds = self.duration(self.given().concurrency).mean
        return Target(
            self.request.target_p95 or round(3 * seconds + 1, 1), self.request.target_refused
        )

    def quickly(self, target: Target) -> tuple[Trial, float]:
        """The best of few settings on few requests, and the hours that were played."""
        hours = self._hours(QUICK_REQUESTS)
        trials = self._tried(self.given(), target, hours, QUICK, rounds=1)
        return best(trials, target), hours

    def thoroughly(self, target: Target) -> tuple[list[Trial], float]:
        """All settings that were tried, and the hours that were played."""
        hours = self._hours(SEARCH_REQUESTS)
        return self._tried(self.given(), target, hours, {}, rounds=2), hours

    def hopeless(self, traffic: Traffic) -> float:
        """So many refused requests show that settings serve for comparison only."""
        return HOPELESS * traffic.mean_rate * traffic.seconds

    def duration(self, concurrency: int) -> Duration:
        """Seconds per request with so many in flight, on the slowest GPU that may be chosen."""
        request = self.request
        if request.seconds_per_request is None and self.recorded is not None:
            return self.recorded
        mean = request.seconds_per_request or self._estimated(concurrency)
        kind, spread = request.distribution, request.spread
        if self.measured and not request.seconds_per_request:
            kind = kind or self.measured.distribution
            spread = self.measured.spread if spread is None else spread
        return Duration(mean, kind or "lognormal", 0.5 if spread is None else spread)

    @property
    def is_shared(self) -> bool:
        """Is the speed known by what is in flight, rather than one figure for all loads?"""
        request = self.request
        told = request.seconds_per_request or self.recorded or self._told_tokens()
        # Where a report counts no tokens, it tells the seconds of a request alone.
        whole = self.measured is not None and self.measured.steps is None
        return bool(self.engines) and not told and not whole

    def pace(self, concurrency: int) -> list[float] | None:
        """Seconds of a request by the number in flight, from 0 on; None if they do not depend."""
        if not self.is_shared:
            return None
        paces = [self._seconds(count) for count in range(1, concurrency + 1)]
        return [paces[0], *paces]

    def _told_tokens(self) -> float | None:
        """Tokens a second that somebody measured, where tokens are made."""
        return self.request.tokens_per_second if self.is_llm and self.tokens.answer else None

    def _estimated(self, concurrency: int) -> float:
        if told := self._told_tokens():
            return self.tokens.answer / told
        if self.is_shared:
            return self._seconds(concurrency)
        if self.measured:
            return self.measured.seconds
        context = self.context
        known = [self.seconds_on(gpu["id"], concurrency) for gpu in self.gpus]
        if self.is_llm or None in known:
            raise BadUsage(
                f"nothing is known about the speed of {context['model'] or context['name']}",
                hint="give --seconds-per-request, measured on the hardware you mean",
            )
        return max(seconds for seconds in known if seconds is not None)

    def _computed(self, in_flight: int) -> float:
        """By the engine model; what memory does not hold waits in the engine's own queue."""
        held = self.held(in_flight)
        slowest = max(engine.seconds(held, self.tokens) for engine in self.engines)
        return slowest * in_flight / held

    def first_token(self, in_flight: int) -> float:
        """Seconds until a language model's first token, on the slowest GPU that may be chosen."""
        held = self.held(in_flight)
        steps = [step_tokens(self.context["engine"], g["id"], g["vram_gb"]) for g in self.gpus]
        pairs = zip(self.engines, steps, strict=True)
        return max(engine.first_token(held, self.tokens, tokens) for engine, tokens in pairs)

    def seconds_on(self, gpu: str, concurrency: int) -> float | None:
        """Of a picture or a recording; None where nothing is known about the model's speed."""
        context = self.context
        if context["workload"] == "speech":
            recording = self.request.recording_seconds
            return speech_seconds(context["model"], recording, gpu, concurrency)
        if context["workload"] != "image":
            return None
        return picture_seconds(context["model"], context["task"], self.steps(), gpu)

    def steps(self) -> int:
        """Of a typical picture."""
        entry = self.context["entry"] or self.context["unlisted_image_model"]
        if self.context["task"] == "edit":
            entry = {**entry, **entry["edits"]}
        return self.request.steps or int(entry["steps"]["default"])

    def hardware(self) -> Hardware:
        """The dearest GPU the platform may choose: the assigned one is billed."""
        rate = max(gpu["usd_per_hour"] for gpu in self.gpus) * self.context["gpu_count"]
        return Hardware(rate, Duration(self.cold_start(), cv=COLD_START_SPREAD))

    def cold_start(self) -> float:
        """Seconds from the first request to a cold chute until it serves."""
        if self.request.cold_start_seconds is not None:
            return self.request.cold_start_seconds
        return START_SECONDS + self.weights_gib() / WEIGHTS_GIB_PER_SECOND

    def weights_gib(self) -> float:
        """What has to be fetched before an instance can serve."""
        if self.shape:
            return self.shape.weights_gib
        entry = self.context["entry"]
        return 0.7 * float(entry["memory_gb"] if entry else self.context["min_vram_gb_per_gpu"])

    def simulate(
        self,
        settings: Settings,
        hours: float | None = None,
        *,
        rules: Rules,
        hopeless_at: float = math.inf,
    ) -> Result:
        """The platform under this traffic with these settings, or under its busiest `hours`."""
        traffic = self.traffic if hours is None else self._busiest(hours)
        key = traffic.hours, rules.changed(autoscaler_seconds=math.inf)
        for played in self._played[key]:
            if found := played.answers(settings, rules, hopeless_at):
                return found
        self.tick()
        duration, pace = self.duration(settings.concurrency), self.pace(settings.concurrency)
        # What comes before a part of a day has filled instances already.
        filled = math.ceil(traffic.before * duration.mean / settings.concurrency)
        simulation = Simulation(
            settings,
            traffic,
            duration if pace is None else replace(duration, mean=1.0),
            rules=rules,
            hardware=self.hardware(),
            callers=self.callers,
            seed=self.request.seed,
            warm=max(int(self.request.start_warm), filled),
            stop_at_refused=hopeless_at,
            engine_limit=self.request.engine_limit,
            pace=pace,
        )
        result = simulation.run()
        self._played[key].append(Played(simulation.fleet.leeway, rules, hopeless_at, result))
        return result

    def judged(
        self,
        settings: Settings,
        target: Target,
        hours: float | None = None,
        hopeless_at: float = math.inf,
    ) -> Trial:
        """These settings with the autoscaler at each end of what is known of its cadence."""
        played = [
            self.simulate(settings, hours, rules=rules, hopeless_at=hopeless_at)
            for rules in self.book.ends
        ]
        return Trial.of(settings, played, target)

    def fitting(self) -> int | None:
        """Requests of the expected length that fit on the smallest eligible GPU at once."""
        if not self.shape:
            return None
        return min(
            memory.sequences(
                self.shape,
                gpu["vram_gb"],
                self.context["gpu_count"],
                self.tokens.prompt + self.tokens.answer,
                self.budget,
            )
            for gpu in self.gpus
        )

    def held(self, in_flight: int) -> int:
        """Of so many requests in flight those that memory has room for; all where it has none."""
        return min(in_flight, self.fitting() or in_flight)

    def given(self) -> Settings:
        """The settings of the answers."""
        names = Settings.__dataclass_fields__
        return Settings(**{name: self.context[name] for name in names})

    def _hours(self, requests: int) -> float:
        """How long it takes for so many requests to come; an hour at least, or all of it."""
        rate = self.traffic.mean_rate
        return min(self.traffic.hours, max(requests / max(rate, 1e-9) / 3600, 1.0))

    def _tried(
        self,
        given: Settings,
        target: Target,
        hours: float,
        fewer: Mapping[str, Any],
        *,
        rounds: int,
    ) -> list[Trial]:
        hopeless = self.hopeless(self._busiest(hours))

        def simulate(settings: Settings) -> tuple[Result, ...]:
            return self.judged(settings, target, hours, hopeless).ends

        choices = self._choices(given, fewer)
        start = replace(
            given,
            concurrency=choices.concurrency[0],
            max_instances=choices.max_instances[-1],
        )
        return search(start, choices, target, simulate, rounds)

    def _choices(self, given: Settings, fewer: Mapping[str, Any]) -> Choices:
        concurrency = self.concurrencies(given)
        load = self.traffic.peak * self.duration(concurrency[0]).mean / concurrency[0]
        counts = {min(100, max(1, math.ceil(load * factor))) for factor in (1.05, 1.3, 1.7, 2.5, 4)}
        choices = Choices(
            concurrency=concurrency, max_instances=tuple(sorted(counts | {given.max_instances}))
        )
        held = {
            name: (getattr(given, name),) for name in self.request.fixed if hasattr(given, name)
        }
        return replace(choices, **{**fewer, **held})

    def concurrencies(self, given: Settings) -> tuple[int, ...]:
        """What an instance may work on at once, the most that fits first.

        Fewer make each answer quicker, so where a target is given the most are tried at which an
        instance in full use still answers well within it.
        """
        if self.context["workload"] == "speech":
            shares = {max(1, given.concurrency // part) for part in (1, 2, 4, 8)}
            return tuple(sorted(shares, reverse=True))
        if not self.is_llm:
            return (1,)
        fits = min(256, self.fitting() or given.concurrency)
        fits = min(fits, self.request.engine_limit or fits)
        values = {max(1, value) for value in (fits, given.concurrency, fits // 2, fits // 4)}
        if target := self.request.target_p95:
            seconds = {n: self.duration(n).mean for n in range(1, max(fits, 1) + 1)}
            for share in _SHARES_OF_THE_TARGET:
                quick = [n for n, each in seconds.items() if each <= target * share]
                values |= set(quick[-1:])
        return tuple(sorted((v for v in values if v <= max(fits, 1)), reverse=True))


# Of the seconds that 95 of 100 requests may take, what one takes on average: others wait, too.
_SHARES_OF_THE_TARGET = (0.75, 0.5)


def _tokens(request: Request, found: Measured | None, *, writes: bool) -> Tokens:
    """Those that were asked for, else those measured, else those of a typical chat."""
    usual = (found.tokens if found else None) or Tokens(1000.0, 300.0)
    answer = usual.answer if request.tokens_out is None else request.tokens_out
    return Tokens(request.tokens_in or usual.prompt, answer if writes else 0.0)


def _traffic(request: Request) -> tuple[Traffic, Duration | None]:
    hours = request.hours or 24.0
    if request.arrivals is not None:
        return recorded(request.arrivals, request.hours)
    rps = request.rps or 0.0
    if request.pattern == "daily":
        return daily(rps, hours, request.swing), None
    if request.pattern == "spike":
        at = hours / 2 if request.spike_at_hours is None else request.spike_at_hours
        return spike(rps, hours, request.spike_factor, at, request.spike_minutes), None
    return constant(rps, hours), None
