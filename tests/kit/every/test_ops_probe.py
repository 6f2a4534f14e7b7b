"""The smoke test's requests: this chute passes them, and wrong answers do not."""

import importlib

import httpx
import pytest
from chutekit.ops.declared import settings
from chutekit.ops.gateway import Answer, Gateway
from chutekit.ops.probes import Probe, burst, latency, try_out
from chutekit.testing.running import RunningChute

probes = importlib.import_module(settings().probes)


@pytest.mark.parametrize("probe", [*probes.PROBES, probes.WRONG], ids=lambda probe: probe.name)
def test_this_chute_passes(development: RunningChute, probe: Probe) -> None:
    assert try_out(Gateway(development.url, ""), probe).fault == ""


def test_a_burst_is_measured(development: RunningChute) -> None:
    finding, figures = burst(Gateway(development.url, ""), probes.BURST, 1)
    assert finding.fault == ""
    assert 0 < figures["p50_s"] <= figures["p95_s"] <= figures["max_s"]


def test_no_cache_answers_a_burst(client: httpx.Client, development: RunningChute) -> None:
    for _ in range(2):
        answer = client.request(probes.BURST.method, probes.BURST.path, json=probes.BURST.payload())
        assert answer.status_code == 200
        assert development.line(answer).get("cache") != "hit"


@pytest.mark.parametrize(
    "probe", [*probes.PROBES, probes.WRONG, probes.BURST], ids=lambda probe: probe.name
)
@pytest.mark.parametrize(
    "answer",
    [
        Answer(0, b"", "", 1),
        Answer(500, b"{}", "application/json", 1),
        Answer(200, b"", "application/json", 1),
        Answer(200, b"{}", "application/json", 1),
        Answer(200, b"data: {}\n\n", "text/event-stream", 1),
        Answer(200, b"\xff\xd8\xff", "image/jpeg", 1),
        Answer(400, b"null", "application/json", 1),
        Answer(429, b"{}", "application/json", 1),
    ],
    ids=lambda answer: f"{answer.status}-{answer.body[:6]!r}",
)
def test_a_wrong_answer_is_a_fault(probe: Probe, answer: Answer) -> None:
    assert probe.fault(answer)


def test_one_duration_is_all_of_its_figures() -> None:
    assert latency([2.0]) == {"p50_s": 2.0, "p95_s": 2.0, "max_s": 2.0}
    assert latency([]) == {}
