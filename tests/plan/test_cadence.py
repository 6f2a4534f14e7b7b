"""Settings are judged at both ends of how often the platform may run its autoscaler."""

import json
from pathlib import Path
from typing import Any

import pytest

from scaffold.plan.answer import seconds
from scaffold.plan.cadence import ends, sentences
from scaffold.plan.planner import Planner
from scaffold.plan.rules import Rules, rule_book
from scaffold.plan.search import Choices, Target, best, search
from scaffold.plan.settings import Settings
from scaffold.plan.simulation import Result
from support.command import Run
from support.planning import QUICK, outcome


def sides(settings: Settings) -> list[Result]:
    """Few instances do if the autoscaler runs often; a low threshold helps where it does not."""
    often = 2.0 + 10 * settings.scaling_threshold
    return [
        outcome(3.0 - 2 * settings.scaling_threshold, often),
        outcome(2.0 - settings.scaling_threshold, 4 * often, cadence=1800),
    ]


def test_settings_are_judged_at_both_ends_of_the_cadence() -> None:
    choices, target = Choices((1,), (3,), shutdown_after_seconds=(300,)), Target(12.5)
    trials = search(Settings(1), choices, target, sides)
    chosen = best(trials, target)
    assert chosen.settings.scaling_threshold == 0.1
    assert chosen.meets_target
    assert chosen.result.autoscaler_seconds == 1800
    assert chosen.usd == max(result.usd for result in chosen.ends) > chosen.result.usd
    often = next(t for t in trials if t.settings.scaling_threshold == 0.75)
    assert target.met(often.ends[0])
    assert not often.meets_target


class World(Planner):
    """A planner that knows of `sides` alone."""

    def __init__(self) -> None:
        self.book = rule_book()

    def simulate(self, settings: Settings, *_: Any, rules: Rules, **more: Any) -> Result:
        return next(r for r in sides(settings) if r.autoscaler_seconds == rules.autoscaler_seconds)


@pytest.mark.parametrize(
    ("p95", "says"),
    [
        (12.5, "At every 60 s, scaling_threshold 0.75 would meet the target for $1,095 a month"),
        (11.0, "only if the platform runs its autoscaler every 60 s"),
        (60.0, ""),
        (2.0, ""),
    ],
)
def test_a_sentence_says_when_the_advice_depends_on_the_cadence(p95: float, says: str) -> None:
    choices, target = Choices((1,), (3,), shutdown_after_seconds=(300,)), Target(p95)
    trials = search(Settings(1), choices, target, sides)
    chosen = best(trials, target)
    found = ends(World(), chosen, trials, target)
    assert [end.seconds for end in found] == [60, 1800]
    assert [end.meets_target for end in found] == [target.met(r) for r in chosen.ends]
    told = list(sentences(found, 1.0, chosen.settings))
    assert len(told) == (1 if says else 0)
    assert says in "".join(told)


def test_a_cadence_that_is_known_is_no_range(chute_new: Run, tmp_path: Path) -> None:
    file = tmp_path / "rules.yml"
    file.write_text("autoscaler_seconds: 120\n")
    options = ["plan", *QUICK, "--no-search", f"--platform-rules={file}"]
    document = json.loads(chute_new(*options, "--json").stdout)
    assert document["rules"]["autoscaler_seconds"]["value"] == 120
    assert [end["autoscaler_seconds"] for end in document["cadences"]] == [120]
    assert "not public" not in chute_new(*options).stdout


def test_both_ends_are_in_every_output(chute_new: Run, tmp_path: Path) -> None:
    busy = ("--rps", "2", "--seconds-per-request", "2", "--hours", "3", "--no-search")
    file = tmp_path / "plan.html"
    document = json.loads(chute_new("plan", *busy, "--json", f"--report={file}").stdout)
    found = document["cadences"]
    assert [end["autoscaler_seconds"] for end in found] == [60, 1800]
    assert document["rules"]["autoscaler_seconds"]["value"] == [60, 1800]
    assert found[0]["result"] != found[1]["result"]
    assert document["result"] in [end["result"] for end in found]
    assert document["meets_target"] == all(end["meets_target"] for end in found)
    told, text = chute_new("plan", *busy).stdout, file.read_text()
    for end in found:
        for shown in (
            f"every {end['autoscaler_seconds']:,} s",
            f"{end['result']['p95_s']:.2f} s",
            f"{end['result']['refused']:,} ({end['result']['refused_share']:.2%})",
            f"${end['result']['usd']:,.2f}",
        ):
            assert shown in told
        for shown in (
            f"every {end['autoscaler_seconds']:,} s",
            seconds(end["result"]["p95_s"]),
            f'<td class="n">{end["result"]["refused"]:,}</td>',
        ):
            assert shown in text
