"""What a method answered is answered again without it, unless it is marked or yields."""

import base64

import httpx
import pytest
from chutekit.media import samples
from chutekit.testing.fixtures import MARKER
from chutekit.testing.running import RunningChute

ASKED = {"text": f"{MARKER} twice"}
WIDE, HIGH = (base64.b64encode(samples.png(*size)).decode() for size in ((7, 5), (5, 7)))


@pytest.mark.parametrize(
    ("path", "body", "outcomes"),
    [
        ("/say", ASKED, ["miss", "hit"]),
        ("/look", {"image_b64": WIDE}, ["miss", "hit"]),
        ("/look", {"image_b64": HIGH}, ["miss", "hit"]),
        ("/roll", ASKED, [None, None]),
        ("/tell", ASKED, [None, None]),
    ],
    ids=["bytes", "a picture", "another picture", "marked", "events"],
)
def test_the_log_tells_what_the_cache_knew(
    client: httpx.Client,
    development: RunningChute,
    path: str,
    body: dict[str, str],
    outcomes: list[str | None],
) -> None:
    answers = [client.post(path, json=body).raise_for_status() for _ in range(2)]
    assert answers[0].content == answers[1].content
    lines = [development.line(answer) for answer in answers]
    assert [line.get("cache") for line in lines] == outcomes
    assert ["turn_seconds" in line for line in lines] == [each != "hit" for each in outcomes]


def test_look_ups_are_counted(client: httpx.Client) -> None:
    for _ in range(2):
        client.post("/say", json={"text": f"{MARKER} counted"}).raise_for_status()
    metrics = client.get("/_metrics").text
    for outcome in ("hit", "miss"):
        assert f'cache_lookups_total{{outcome="{outcome}"}}' in metrics
