"""What every chute measures, in prometheus_client's default registry.

The SDK serves that registry at `/_metrics`, which only the platform's own network can read.
"""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

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
