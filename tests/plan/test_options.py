"""The options of `plan`: declared once, and refused with the bounds they have."""

import math
from dataclasses import fields
from typing import Any

import pytest

from scaffold.errors import BadUsage
from scaffold.plan.request import Option, Request, option_of

OPTIONS = {f.name: given for f in fields(Request) if (given := option_of(f)) is not None}


def refused(**options: Any) -> list[str]:
    """What is said of these options; `rps` is given."""
    with pytest.raises(BadUsage) as stopped:
        Request(**{"rps": 1.0, **options}).check()
    return [f"{problem.key} {problem.message}" for problem in stopped.value.problems]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"spread": -1.0}, "--spread must be at least 0"),
        ({"overhead_gib": -0.5}, "--overhead-gib must be at least 0"),
        ({"swing": 1.5}, "--swing must be at most 1"),
        ({"seed": -1}, "--seed must be at least 0"),
        ({"steps": 0}, "--steps must be above 0"),
        ({"patience": math.nan}, "--patience must be above 0"),
        ({"target_refused": 2.0}, "--target-refused must be at most 1"),
        ({"when_full": "wait"}, "--when-full must be one of: retry, queue, give-up"),
    ],
)
def test_what_is_out_of_bounds_is_told_with_the_bound(options: dict[str, Any], said: str) -> None:
    assert refused(**options) == [said]


def outside(given: Option) -> list[float]:
    """The nearest values that an option does not take."""
    bounds = given.bounds
    return [
        *([bounds.above, -math.inf] if math.isfinite(bounds.above) else []),
        *([math.nextafter(bounds.least, -math.inf)] if math.isfinite(bounds.least) else []),
        *([math.nextafter(bounds.most, math.inf)] if math.isfinite(bounds.most) else []),
    ]


def inside(given: Option) -> list[float]:
    """The extreme values that it takes."""
    bounds = given.bounds
    return [
        *([math.nextafter(bounds.above, math.inf)] if math.isfinite(bounds.above) else []),
        *([bounds.least] if math.isfinite(bounds.least) else []),
        *([bounds.most] if math.isfinite(bounds.most) else []),
    ]


@pytest.mark.parametrize("name", [name for name, given in OPTIONS.items() if outside(given)])
def test_every_bound_is_held_to_the_last_digit(name: str) -> None:
    for value in outside(OPTIONS[name]):
        assert len(refused(**{name: value})) == 1, value
    for value in inside(OPTIONS[name]):
        given: dict[str, Any] = {"rps": 1.0, name: value}
        Request(**given).check()


def test_every_default_is_within_its_bounds() -> None:
    Request(rps=1.0).check()


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(refused(spread=-1.0, steps=0, pattern="never")) == 3
    with pytest.raises(BadUsage, match="options do not work") as stopped:
        Request().check()
    assert [problem.key for problem in stopped.value.problems] == ["--rps"]


def test_numbers_have_a_bound_below() -> None:
    """One that has none would take what the simulation cannot play."""
    numbers = {name for name, given in OPTIONS.items() if outside(given)}
    typed = {f.name for f in fields(Request) if "float" in str(f.type) or "int" in str(f.type)}
    assert typed == numbers
