"""The clients that people use, newest versions, each in its default way, on a generated chute.

What a client is asked to do stands in its program, `python/NAME.py` or `javascript/NAME.mjs`. With
`TEST_WRITE=1` what comes of it becomes the table in docs/clients.md and the bodies in
recorded.json, which the differential test sends.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.clients import recorded, table
from support.clients.environments import Client, clients
from support.clients.fronts import WAYS, Fronts, fronts

pytestmark = pytest.mark.heavy
WRITE = os.environ.get("TEST_WRITE") == "1"
HINT = "run: TEST_WRITE=1 python -m pytest -n 0 -m heavy tests/clients/test_clients.py"
DONE: dict[str, set[str]] = {}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    """The chutes, for all clients."""
    with fronts(tmp_path_factory.mktemp("chutes")) as served:
        yield served


@pytest.mark.parametrize("client", clients(), ids=str)
def test_everything_works(served: Fronts, client: Client) -> None:
    told = {way: client.run(served.addresses(way)) for way in WAYS}
    broken = {
        (way, feature): result
        for way, results in told.items()
        for feature, result in results.items()
        if result != "works"
    }
    assert broken == {}
    known = {feature for features in table.COLUMNS.values() for feature in features} | {"models"}
    assert told["laptop"].keys() == told["platform"].keys() <= known
    DONE[str(client)] = set(told["laptop"])
    if not WRITE:
        assert table.row(client, DONE[str(client)]) == table.shown()[str(client)], HINT


def test_what_they_send_is_recorded(served: Fronts) -> None:
    sent = recorded.of(served.recorded)
    if WRITE:
        assert DONE.keys() == {str(client) for client in clients()}
        recorded.write(sent)
        table.write([table.row(client, DONE[str(client)]) for client in clients()])
    print(table.table([table.row(one, DONE[str(one)]) for one in clients() if str(one) in DONE]))
    kept = {one.shape for one in recorded.read()}
    assert [one for one in sent if one.shape not in kept] == [], HINT


def test_locks_name_no_host(request: pytest.FixtureRequest) -> None:
    for client in clients():
        text = client.lock.read_text()
        assert "--hash=sha256:" in text or '"integrity": "sha512-' in text
        assert "://" not in without_links(client.lock)


def without_links(lock: Path) -> str:
    """What a lock says but for whom its packages ask for money."""
    if lock.suffix == ".txt":
        return lock.read_text()
    packages = json.loads(lock.read_text())["packages"]
    return json.dumps(
        [
            {key: value for key, value in about.items() if key != "funding"}
            for about in packages.values()
        ]
    )
