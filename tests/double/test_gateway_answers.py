"""What the double's gateway makes of an instance's answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from support.gateway_calls import CHAT, EXHAUSTED, FULL, NOWHERE, completion, reply, says
from support.platform_double import Double
from support.platform_double.entities import Deployed
from support.platform_owner import CODE, Answer, Instances, Owner, add_instance

pytestmark = pytest.mark.whole


def test_a_refusal_of_the_instance_arrives_as_text_in_a_sentence(
    owner: Owner, chute: Deployed, instances: Instances
) -> None:
    body = {"error": {"message": "no", "param": "prompt"}}
    says(instances, reply(body, 400, **{"x-request-id": "1"}))
    answer = owner.call(chute)
    sentence = "Invalid request: Invalid request: " + json.dumps(body)
    assert (answer.status_code, answer.json()) == (400, {"detail": sentence})
    assert "x-request-id" not in answer.headers
    assert chute.failures == 0


def test_a_busy_instance_is_told_in_other_words(
    owner: Owner, chute: Deployed, instances: Instances
) -> None:
    says(instances, reply({"error": "busy"}, 429, **{"retry-after": "3"}))
    answer = owner.call(chute)
    assert (answer.status_code, answer.json()) == (429, FULL)
    assert "retry-after" not in answer.headers
    assert chute.instances[0].connections == 3
    assert chute.failures == 0


def test_a_full_instance_is_not_asked(owner: Owner, chute: Deployed, instances: Instances) -> None:
    chute.instances[0].connections = 4
    assert owner.call(chute).json() == FULL
    assert not instances.asked


@pytest.mark.parametrize("status", [301, 404, 413, 500, 503])
def test_all_else_is_a_failure_of_the_instance(
    owner: Owner, chute: Deployed, instances: Instances, status: int
) -> None:
    says(instances, reply({"error": "no"}, status))
    answer = owner.call(chute)
    assert (answer.status_code, answer.json()) == (500, NOWHERE)
    assert chute.failures == 1


def test_three_instances_are_tried(
    double: Double, owner: Owner, chute: Deployed, instances: Instances
) -> None:
    says(instances, reply({}, 500))
    for code in ("second", "third"):
        add_instance(double, chute, code)
        says(instances, reply({}, 503), code)
    assert (owner.call(chute).json(), len(instances.asked)) == (EXHAUSTED, 3)
    says(instances, reply({"ok": 3}), "third")
    assert owner.call(chute).json() == {"ok": 3}


def test_an_instance_that_fails_often_rests_and_then_goes(
    double: Double, owner: Owner, chute: Deployed, instances: Instances
) -> None:
    says(instances, reply({}, 500))
    for _ in range(6):
        assert owner.call(chute).json() == NOWHERE
    assert chute.instances[0].disabled_until == 0
    for _ in range(6):
        assert owner.call(chute).json() == NOWHERE
        assert owner.call(chute).json() == FULL
        double.world.clock.advance(91)
    assert owner.call(chute).status_code == 503
    assert chute.failures == 12


def test_an_llms_answer_must_name_its_model_and_its_usage(
    double: Double, owner: Owner, llm: Deployed, instances: Instances
) -> None:
    says(instances, completion(model="other"))
    assert owner.call(llm, CHAT).json() == NOWHERE
    assert len(llm.instances) == 1
    says(instances, completion(usage=None))
    assert owner.call(llm, CHAT).json() == NOWHERE
    assert owner.call(llm, CHAT).status_code == 503


def test_a_stream_is_passed_on_in_pieces_and_not_cut_by_the_ingress(
    owner: Owner, chute: Deployed, instances: Instances
) -> None:
    chute.posted["cords"][0]["stream"] = True
    release = threading.Event()

    def pieces(method: str, path: str, body: object) -> Answer:
        def generate() -> Iterator[bytes]:
            yield b"data: 1\n\n"
            release.wait(20)
            yield b"data: 2\n\n"

        return 200, {"Content-Type": "text/event-stream"}, generate()  # type: ignore[return-value]

    instances.say[CODE.strip()] = pieces
    headers = {"Authorization": f"Bearer {owner.key()}"}
    url = f"{owner.double.url}/chutes/{chute.chute_id}/run"
    with httpx.stream("POST", url, json={}, headers=headers, timeout=30) as answer:
        chunks = answer.iter_bytes()
        assert next(chunks) == b"data: 1\n\n"
        owner.double.world.clock.advance(700)
        time.sleep(0.5)
        release.set()
        assert b"".join(chunks) == b"data: 2\n\n"
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache, no-transform"


def test_a_stream_that_breaks_ends_with_an_error_in_it(
    owner: Owner, chute: Deployed, instances: Instances
) -> None:
    chute.posted["cords"][0]["stream"] = True
    says(instances, (200, {}, [b"data: 1\n\n", b""]))
    answer = owner.call(chute)
    broken = "Unhandled exception during response stream: " + NOWHERE["detail"]
    assert answer.text == 'data: 1\n\n{"error":"' + broken + '"}'
    assert chute.failures == 1


def test_a_stream_is_looked_into_by_what_was_sealed_together(
    owner: Owner, llm: Deployed, instances: Instances
) -> None:
    named = b'event: message_start\ndata: {"type": "message_start"}\n\n'
    says(instances, (200, {}, [named[:22], named[22:]]))
    assert owner.call(llm, "/v1/messages", json={"stream": True}).content == named
    says(instances, (200, {}, [b'data: {"model": "other"}\n\n']))
    assert owner.call(llm, "/v1/messages", json={"stream": True}).json() == NOWHERE


def test_a_stream_that_is_refused_is_refused_like_any_call(
    owner: Owner, llm: Deployed, instances: Instances
) -> None:
    says(instances, reply("no", 400))
    answer = owner.call(llm, CHAT, json={"stream": True})
    assert answer.json() == {"detail": 'Invalid request: Invalid request: "no"'}
    says(instances, reply("busy", 429))
    assert owner.call(llm, CHAT, json={"stream": True}).json() == FULL


def test_the_ingress_gives_up_and_the_instance_does_not_know(
    double: Double, owner: Owner, chute: Deployed, instances: Instances
) -> None:
    begun, release = threading.Event(), threading.Event()

    def slow(method: str, path: str, body: object) -> Answer:
        begun.set()
        release.wait(20)
        return reply({"ok": True})

    instances.say[CODE.strip()] = slow
    answers: list[httpx.Response] = []
    client = threading.Thread(target=lambda: answers.append(owner.call(chute)))
    client.start()
    assert begun.wait(20)
    double.world.clock.advance(599)
    client.join(0.5)
    assert not answers
    double.world.clock.advance(2)
    client.join(20)
    assert (answers[0].status_code, answers[0].headers["Content-Type"].split(";")[0]) == (
        504,
        "text/html",
    )
    assert chute.instances[0].connections == 1
    release.set()
    deadline = time.monotonic() + 20
    while chute.instances[0].connections and time.monotonic() < deadline:
        time.sleep(0.05)
    assert chute.instances[0].connections == 0
