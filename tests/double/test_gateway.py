"""The double's gateway and ingress treat calls of a chute as the platform's do."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.gateway_calls import CHAT, NOWHERE, completion, says
from support.platform_double import Double
from support.platform_double.entities import Deployed
from support.platform_owner import CORD, Instances, Owner

pytestmark = pytest.mark.whole


def test_a_call_needs_a_key_for_that_chute(double: Double, owner: Owner, chute: Deployed) -> None:
    url = f"{double.url}/chutes/{chute.chute_id}/run"
    anonymous = httpx.post(url, json={})
    assert (anonymous.status_code, anonymous.json()["detail"]) == (401, "Authentication required.")
    malformed = httpx.post(url, json={}, headers={"Authorization": "Bearer cpk_1"})
    assert malformed.json()["detail"] == "Missing or invalid authorization header(s)"
    assert owner.call(chute).json() == {"ok": True}
    (key,) = double.world.keys.values()
    key["scopes"][0]["object_id"] = "another"
    double.world.caches.keys.own.clear()
    double.world.caches.keys.shared.clear()
    assert owner.call(chute).json()["detail"] == "Invalid token or user not found"


def test_a_deleted_key_opens_for_two_minutes_more(
    double: Double, owner: Owner, chute: Deployed
) -> None:
    headers = {"Authorization": f"Bearer {owner.key()}"}
    url = f"{double.url}/chutes/{chute.chute_id}/run"
    assert httpx.post(url, json={}, headers=headers).status_code == 200
    double.world.keys.clear()
    double.world.clock.advance(59)
    assert httpx.post(url, json={}, headers=headers).status_code == 200
    double.world.clock.advance(62)
    assert httpx.post(url, json={}, headers=headers).status_code == 401


def test_a_chute_has_a_host_of_its_own_and_is_not_found_below_the_api(
    double: Double, owner: Owner, chute: Deployed
) -> None:
    double.world.served_by_path = False
    headers = {"Authorization": f"Bearer {owner.key()}", "Host": f"{chute.slug}.localhost"}
    assert httpx.post(f"{double.url}/run", json={}, headers=headers).json() == {"ok": True}
    assert owner.call(chute).json() == {"detail": "No matching cord found!"}
    assert owner.call(chute, "/health", method="GET").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/run", 200), ("GET", "/run", 404), ("POST", "/run/", 404), ("POST", "/Run", 404)],
)
def test_a_cord_is_chosen_by_exact_path_and_method(
    owner: Owner, chute: Deployed, method: str, path: str, status: int
) -> None:
    assert owner.call(chute, path, method=method).status_code == status


@pytest.mark.parametrize(
    ("stream", "status"),
    [(True, "/chat_stream"), (False, "/chat"), (None, "404"), (1, "/chat_stream"), ("true", "404")],
)
def test_an_llms_cord_is_chosen_by_stream_as_well(
    owner: Owner, llm: Deployed, instances: Instances, stream: object, status: str
) -> None:
    says(instances, completion())
    answer = owner.call(llm, CHAT, json={"stream": stream})
    assert (answer.status_code == 404) == (status == "404")
    streamed = answer.headers["Content-Type"].startswith("text/event-stream")
    assert streamed == status.endswith("_stream")


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        ("", 400, "invalid request JSON payload: Expecting value"),
        ("{", 400, "invalid request JSON payload: Expecting property name"),
        (b"\xff", 400, "invalid request JSON payload: "),
        ("[]", 500, "Internal Server Error"),
        ("null", 500, "Internal Server Error"),
        ("7", 500, "Internal Server Error"),
        ('{"a": NaN}', 200, ""),
        ('{"a": 18446744073709551616}', 500, NOWHERE["detail"]),
        ('{"a": "\\ud800"}', 500, NOWHERE["detail"]),
    ],
)
def test_a_body_is_a_json_object(
    owner: Owner, chute: Deployed, instances: Instances, content: bytes, status: int, words: str
) -> None:
    answer = owner.call(chute, content=content)
    assert (answer.status_code, words in answer.text) == (status, True)
    if status == 200:
        assert instances.asked[-1][3] == {"a": None}
    else:
        assert not instances.asked


def test_a_body_that_is_not_for_the_gateways_writer_counts_against_the_instance(
    owner: Owner, chute: Deployed
) -> None:
    owner.call(chute, content='{"a": 18446744073709551616}')
    assert chute.failures == 1


@pytest.mark.parametrize("path", [CHAT, "/v1/completions", "/tokenize"])
def test_bodies_are_rewritten_on_every_path_of_an_llm(
    owner: Owner, llm: Deployed, instances: Instances, path: str
) -> None:
    says(instances, completion())
    owner.call(llm, path, json={"model": "other", "logprobs": True})
    assert instances.asked[-1][3] == {"model": "chat", "logprobs": True, "top_logprobs": 1}
    owner.call(llm, path, json={"logprobs": 3, "top_logprobs": 5, "stream_options": {"x": 1}})
    assert instances.asked[-1][3]["top_logprobs"] == 5
    assert instances.asked[-1][3]["stream_options"] == {"x": 1}
    owner.call(llm, path, json={"stream": True, "stream_options": {"include_usage": False}})
    options = {"include_usage": True, "continuous_usage_stats": True}
    assert instances.asked[-1][3] == {"stream": True, "model": "chat", "stream_options": options}


def test_bodies_of_other_chutes_are_left_alone(
    owner: Owner, chute: Deployed, instances: Instances
) -> None:
    body = {"model": "other", "logprobs": True, "stream_options": None, "messages": 5}
    owner.call(chute, json=body)
    assert instances.asked[-1][3] == body


PICTURE = {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}}
CALLS = [{"function": {"name": "f", "arguments": "{"}}]


def said(content: object, role: str = "user", **more: object) -> dict[str, object]:
    """A request with one message."""
    return {"messages": [{"role": role, "content": content, **more}]}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (said([PICTURE]), 400, "Failed to fetch https://example.org/cat.png"),
        (said([PICTURE] * 9), 400, "Exceeded maximum image URLs per request: 9"),
        (said([{"image_url": {"url": "https://a.b:8080/c"}}]), 400, "standard ports are supported"),
        (said([{"image_url": "http://a.b/c"}]), 400, "Only HTTPS URLs"),
        (said([{"video_url": {"url": "file:///etc/passwd"}}]), 400, "Only HTTP(s) URLs"),
        (said([{"image_url": {"url": "data:image/png;base64,AA"}}]), 200, ""),
        (said([{"image_url": {"url": 7}}]), 200, ""),
        (said("", "assistant", tool_calls=CALLS), 400, "expected JSON"),
        ({"stream": True, "stream_options": None}, 500, "Internal Server Error"),
        ({"messages": 5}, 500, "Internal Server Error"),
        ({"prompt": 5}, 500, "Internal Server Error"),
        ({"prompt": [1] * 1024}, 200, ""),
        ({"prompt": [1] * 1025}, 500, "Internal Server Error"),
        ({"prompt": "x" * 1025}, 200, ""),
    ],
)
def test_what_the_gateway_reads_of_an_llms_body_can_stop_it(
    owner: Owner,
    llm: Deployed,
    instances: Instances,
    body: dict[str, Any],
    status: int,
    words: str,
) -> None:
    says(instances, completion())
    answer = owner.call(llm, CHAT, json=body)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert len(instances.asked) == (status == 200)


def test_empty_arguments_of_a_tool_call_become_null(
    owner: Owner, llm: Deployed, instances: Instances
) -> None:
    says(instances, completion())
    owner.call(llm, CHAT, json=said("", "assistant", tool_calls=[{"function": {"arguments": ""}}]))
    (call,) = instances.asked[-1][3]["messages"][0]["tool_calls"]
    assert call["function"]["arguments"] == "null"


def test_the_states_of_a_chute_that_is_stopped(
    double: Double, owner: Owner, chute: Deployed
) -> None:
    assert owner.call(chute).status_code == 200
    owner.ask("PUT", f"/chutes/{chute.chute_id}", json={"disabled": True})
    waiting = owner.call(chute)
    wanted = f"No instances available (yet) for chute_id='{chute.chute_id}'"
    assert (waiting.status_code, waiting.json()) == (503, {"detail": wanted})
    double.world.clock.advance(30)
    off = owner.call(chute)
    assert (off.status_code, off.json()["detail"]) == (503, "This chute is currently disabled.")
    assert chute.instances == []
    owner.ask("PUT", f"/chutes/{chute.chute_id}", json={"disabled": False})
    assert owner.call(chute).json() == off.json()
    double.world.clock.advance(30)
    assert owner.call(chute).json() == {"detail": wanted}
    assert len(chute.instances) == 1


def test_cords_are_those_that_the_process_remembers(
    double: Double, owner: Owner, chute: Deployed
) -> None:
    assert owner.call(chute).status_code == 200
    moved = {**CORD, "public_api_path": "/moved"}
    owner.deployed(code="second = 2\n", cords=[moved])
    assert owner.call(chute, "/moved").json() == {"detail": "No matching cord found!"}
    double.world.clock.advance(181)
    assert owner.call(chute, "/moved").status_code != 404


def test_calls_that_reach_no_instance(double: Double, owner: Owner, chute: Deployed) -> None:
    double.world.balance = 0
    broke = owner.call(chute)
    assert (broke.status_code, "zero balance" in broke.text) == (402, True)
    del double.world.chutes[chute.chute_id]
    double.world.clock.advance(181)
    assert owner.call(chute).json() == {"detail": "No matching chute found!"}
