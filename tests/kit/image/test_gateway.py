"""POST /generate through the platform, on the SDK's production middleware.

What works under `chutes run --dev` may fail there: this is where it shows.
"""

import io
import json

import pytest
from chutekit.testing.fixtures import MARKER
from chutekit.testing.gateway import Gateway
from PIL import Image
from tests.bodies import WRONG


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_picture_arrives_whole(gateway: Gateway, kind: str) -> None:
    body = {"prompt": MARKER, "seed": 3, "format": kind}
    reply = gateway.call("POST", "/generate", json.dumps(body).encode())
    assert reply.status == 200
    assert reply.media_type == f"image/{kind}"
    assert Image.open(io.BytesIO(reply.content)).format == kind.upper()


@pytest.mark.parametrize("name", WRONG)
def test_no_mistake_of_a_client_counts_against_the_instance(gateway: Gateway, name: str) -> None:
    content, _ = WRONG[name]
    reply = gateway.call("POST", "/generate", content)
    if reply.status == 500:
        assert not gateway.failures, "only the gateway itself may answer 500, for what is no object"
        return
    assert reply.status == 400
    assert MARKER.encode() not in reply.content


def test_what_is_wrong_is_named_behind_the_platform_too(gateway: Gateway) -> None:
    reply = gateway.call("POST", "/generate", b'{"width": "wide", "colour": "red"}')
    assert reply.status == 400
    fields = {wrong["field"] for wrong in reply.error["fields"]}
    assert fields == {"prompt", "width", "colour"}


def test_a_mistake_reads_well_inside_of_the_platforms_text(gateway: Gateway) -> None:
    told = gateway.call("POST", "/generate", b'{"prompt": "a", "steps": 0}').json()
    assert told.keys() == {"detail"}
    assert told["detail"].startswith(
        'Invalid request: Invalid request: {"error":{"message":"steps: input should be greater than'
    )
    assert "\n" not in told["detail"]


@pytest.mark.parametrize("path", ["/generate/", "/Generate", "/", "/pictures"])
def test_only_the_exact_path_is_served(gateway: Gateway, path: str) -> None:
    reply = gateway.call("POST", path, b'{"prompt": "a"}')
    assert (reply.status, reply.json()) == (404, {"detail": "No matching cord found!"})
