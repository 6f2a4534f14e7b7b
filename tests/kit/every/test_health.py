"""GET /health tells live facts; the platform's own probes get through beside it."""

import base64
import gzip
import re

import httpx
from chutekit.testing.gateway import Gateway, seal
from chutekit.testing.running import RunningChute
from chutes.chute import Chute


def test_health_tells_what_is_served_and_since_when(client: httpx.Client) -> None:
    facts = client.get("/health").raise_for_status().json()
    assert facts["status"] == "ready"
    assert facts["backend"] == "stub"
    served = facts.get("models", [f"{facts.get('model')}@{facts.get('revision')}"])
    assert [each for each in served if not re.fullmatch(r".+/.+@[0-9a-f]{40}", each)] == []
    assert facts["in_flight"] == 0
    assert facts["uptime_seconds"] >= 0
    assert facts["ready_since"]


def test_health_is_live(client: httpx.Client) -> None:
    first = client.get("/health").json()["uptime_seconds"]
    later = client.get("/health").json()["uptime_seconds"]
    assert later >= first


def test_health_answers_through_the_platform(gateway: Gateway) -> None:
    reply = gateway.call("GET", "/health")
    assert reply.status == 200
    assert reply.json()["status"] == "ready"


def test_paths_that_are_not_served_are_the_clients_mistake(client: httpx.Client) -> None:
    answer = client.get("/nothing-here")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "unknown_route"


def test_what_is_wrong_with_an_address_is_told(client: httpx.Client) -> None:
    answers = [client.get("/health/"), client.post("/health", json={})]
    told = [answer.json()["error"]["message"] for answer in answers]
    assert told == [
        "This path is served without the slash at its end.",
        "This path is served with GET and HEAD only.",
    ]


def test_methods_without_content(client: httpx.Client) -> None:
    answer = client.head("/health")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/json"
    assert client.head("/nothing-here").status_code == 400
    answer = client.options("/health")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert client.options("/nothing-here").status_code == 400


def test_a_clients_own_name_of_a_request_is_logged_if_it_is_safe(
    client: httpx.Client, development: RunningChute
) -> None:
    answer = client.get("/health", headers={"x-request-id": "job-7.a_B"})
    assert development.line(answer)["client_request_id"] == "job-7.a_B"
    assert answer.headers["x-request-id"] != "job-7.a_B"
    for unsafe in ("a b", "a" * 65, '"quoted"'):
        answer = client.get("/health", headers={"x-request-id": unsafe})
        assert "client_request_id" not in development.line(answer)


def test_a_body_that_is_too_large_is_refused_and_the_connection_lives(
    client: httpx.Client, declared: Chute
) -> None:
    body = b" " * (declared.max_body_bytes + 5_000_000)
    connections = set()
    for _ in range(3):
        answer = client.post("/health", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["fields"][0]["field"] == "body"
        connections.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
    assert len(connections) == 1


def test_metrics_count_requests(client: httpx.Client) -> None:
    client.get("/health")
    exposed = client.get("/_metrics").text
    assert 'chute_requests_total{route="health",status="200"}' in exposed
    assert "chute_ready 1.0" in exposed


def test_probes_of_the_platform_pass_and_are_not_counted_as_requests(
    production: RunningChute,
) -> None:
    with production.client() as client:
        answer = client.post(
            f"/{seal(b'/_ping').hex()}",
            content=base64.b64encode(seal(gzip.compress(b'{"foo": "bar"}'))),
        )
    assert answer.status_code == 200
    identity = answer.headers["x-request-id"]
    assert identity not in {line["request_id"] for line in production.events("request")}
