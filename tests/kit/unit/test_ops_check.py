"""What `make check` says of a secret that chute.py reads and nobody declared."""

import pytest
from chutekit.ops.check import undeclared

READS = """import os

def load():
    return os.environ["API_TOKEN"], os.environ["API_TOKEN"]
"""


def test_a_secret_that_is_not_declared_is_told_once_with_its_line() -> None:
    assert undeclared(READS, []) == [
        "chute.py:4: no instance has API_TOKEN: add it to secrets of [tool.chutekit] in "
        "pyproject.toml, then make secrets"
    ]
    assert undeclared(READS, ["API_TOKEN"]) == []


@pytest.mark.parametrize(
    "code",
    [
        'os.environ.get("API_TOKEN")',
        'os.environ["API_TOKEN"] = "unset"',
        'os.environ["CHUTES_EXECUTION_CONTEXT"]',
        'image.with_env("MODE", "fast")\nos.environ["MODE"]',
        'os.environ["MODE"] = "fast"\nos.environ["MODE"]',
    ],
)
def test_what_is_there_or_may_be_absent_is_none(code: str) -> None:
    assert undeclared(code, []) == []
