"""What the engine measures about itself, under names that do not depend on the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

COUNTERS = {
    "prompt_tokens": "Tokens of prompts read.",
    "generated_tokens": "Tokens generated.",
}
GAUGES = {
    "running_requests": "Requests the engine is working on.",
    "waiting_requests": "Requests in the engine's queue.",
    "kv_cache_usage": "Share of the engine's KV cache in use, from 0 to 1.",
}


def read_metrics(text: str, names: Mapping[str, str]) -> dict[str, float]:
    """Return our names and their values, summed over labels; `names` maps the engine's to ours.

    prometheus_client's parser takes some 50 ms for an engine's page, in which no token moves.
    """
    values = dict.fromkeys(names.values(), 0.0)
    for line in text.splitlines():
        name = line.partition("{")[0].partition(" ")[0]
        if name in names:
            values[names[name]] += float(line.rpartition(" ")[2])
    return values


class EngineCollector(Collector):
    """Shows the engine's latest numbers beside our own."""

    def __init__(self, values: Callable[[], Mapping[str, float]], up: Callable[[], bool]) -> None:
        self._values = values
        self._up = up

    def collect(self) -> Iterable[Metric]:
        """Yield them in Prometheus' terms."""
        values = self._values()
        yield GaugeMetricFamily("llm_engine_up", "1 while the engine runs.", value=self._up())
        for name, text in COUNTERS.items():
            yield CounterMetricFamily(f"llm_{name}", text, value=values.get(name, 0.0))
        for name, text in GAUGES.items():
            yield GaugeMetricFamily(f"llm_{name}", text, value=values.get(name, 0.0))


def publish(values: Callable[[], Mapping[str, float]], up: Callable[[], bool]) -> None:
    """Add the engine's numbers to the default registry."""
    REGISTRY.register(EngineCollector(values, up))
