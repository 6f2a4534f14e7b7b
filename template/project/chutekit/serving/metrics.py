"""What every chute measures, in prometheus_client's default registry.

The SDK serves that registry at `/_metrics`, which only the platform's own network can read.
"""

from collections.abc import Iterator
from functools import cache

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from starlette.responses import Response

REQUESTS = Counter("chute_requests", "Requests answered.", ["route", "status"])
REQUEST_SECONDS = Histogram(
    "chute_request_seconds",
    "Seconds from the first byte of a request to the last byte of its answer.",
    ["route"],
    buckets=(0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320),
)
REFUSALS = Counter("chute_refusals", "Requests refused.", ["route", "code"])
IN_FLIGHT = Gauge("chute_in_flight", "Requests being worked on.")
READY = Gauge("chute_ready", "1 while this instance takes work.")
STARTUP_SECONDS = Gauge("chute_startup_seconds", "Seconds a start-up step took.", ["step"])


@cache
def requests(route: str, status: int) -> Counter:
    """The counter of one route and status. Looking labels up costs as much as counting."""
    return REQUESTS.labels(route, str(status))


@cache
def request_seconds(route: str) -> Histogram:
    """The histogram of one route."""
    return REQUEST_SECONDS.labels(route)


class _Replica(Collector):
    """All that is measured, with a label more."""

    def __init__(self, replica: str) -> None:
        self._replica = {"replica": replica}

    def collect(self) -> Iterator[Metric]:
        """Yield copies: the registry's own are shared with `/_metrics`."""
        for family in REGISTRY.collect():
            copy = Metric(family.name, family.documentation, family.type, family.unit)
            copy.samples = [
                s._replace(labels={**s.labels, **self._replica}) for s in family.samples
            ]
            yield copy


def exposition(replica: str) -> Response:
    """What `GET /metrics` answers, each sample with the label `replica`.

    The gateway sends a scrape to any instance. Without the label their counters would seem to be
    one, which falls and rises all the time.
    """
    # The only thing that is asked of a registry here is to collect.
    text = generate_latest(_Replica(replica))
    return Response(text, media_type=CONTENT_TYPE_LATEST)
