"""On real vLLM: whatever is asked of it, another client's stream goes on, and so does the engine.

How long a bystander waits for a piece of an answer is a figure: benchmarks/bystander.py.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from attacks.bystander import Bystander
from attacks.hostile import ADMITTED, ask
from attacks.schemas import SCHEMAS, format_of
from support.serving import Served

pytestmark = pytest.mark.heavy


def withstood(served: Served, *attacks: dict[str, Any], at_once: int = 16) -> None:
    """The bystander gets its whole answers, attackers are at fault, and the engine is in health."""
    with Bystander(served), ThreadPoolExecutor(at_once) as pool:
        statuses = list(pool.map(lambda attack: ask(served, attack), attacks))
    # The client is at fault whatever the engine says: seven of our errors end an instance.
    assert set(statuses) <= {200, 400, 429}
    assert served.client.get("/health").status_code == 200
    assert not served.chute.events("instance_failed")


@pytest.mark.parametrize("fields", ADMITTED.values(), ids=ADMITTED)
def test_what_is_let_through_stalls_nobody(served: Served, fields: dict[str, Any]) -> None:
    withstood(served, fields, fields | {"stream": True})


def test_what_is_refused_stalls_nobody(served: Served) -> None:
    formats = [{"response_format": format_of(schema)} for schema in SCHEMAS.values()]
    withstood(served, *formats)


def test_many_at_once_stall_nobody(served: Served) -> None:
    hostile = {"type": "string", "pattern": "[ab]{1,690}"}
    many = [{"response_format": format_of(hostile | {"title": str(n)})} for n in range(16)]
    withstood(served, *many)


def test_the_engine_is_the_same_as_before(served: Served) -> None:
    assert served.openai.chat.completions.create(**served.chat(4)).choices
