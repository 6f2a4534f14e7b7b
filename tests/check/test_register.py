"""What checks are given: what they are about, and the repository where they use it."""

import ast
import inspect
import textwrap

import pytest

from scaffold.check.catalog import checks
from scaffold.check.model import Check, Severity


def used(check: Check) -> set[str]:
    """The names that the body of a check reads."""
    function = ast.parse(textwrap.dedent(inspect.getsource(check.look))).body[0]
    assert isinstance(function, ast.FunctionDef)
    body = (node for statement in function.body for node in ast.walk(statement))
    return {node.id for node in body if isinstance(node, ast.Name)}


PARTS = [check for check in checks().values() if check.each != "repository"]


@pytest.mark.parametrize("check", PARTS, ids=lambda check: check.id)
def test_a_check_asks_for_the_repository_only_to_use_it(check: Check) -> None:
    parameters = set(inspect.signature(check.look).parameters)
    assert not (parameters & {"repository"}) - used(check)


def made(each: str, look: object) -> Check:
    texts = {"title": "", "why": "", "fix": "", "before": "", "after": ""}
    return Check("XX101", "XX", severity=Severity.STYLE, each=each, look=look, **texts)  # type: ignore[arg-type]


def test_a_check_gets_what_it_names() -> None:
    both = made("chute", lambda repository, chute: [(repository, chute)])
    one = made("chute", lambda chute: [chute])
    whole = made("repository", lambda repository: [repository])
    assert list(both.at("R", "C")) == [("R", "C")]  # type: ignore[comparison-overlap]
    assert list(one.at("R", "C")) == ["C"]  # type: ignore[comparison-overlap]
    assert list(whole.at("R", "R")) == ["R"]  # type: ignore[comparison-overlap]
