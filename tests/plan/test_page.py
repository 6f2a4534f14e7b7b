"""The page of a plan: one file, with every plot, and no markup from answers."""

import html
import html.parser
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from scaffold.plan import page
from scaffold.plan.answer import dollars, month, one_in, seconds
from scaffold.plan.planner import Planner
from scaffold.plan.planning import Plan, make
from scaffold.plan.request import Request
from support.browsers import printed, shown
from support.planning import context


class Reader(html.parser.HTMLParser):
    """Checks nesting, and collects what a browser would load from elsewhere."""

    VOID = ("meta", "link", "img", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.charts = 0
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.charts += tag == "svg"
        self.outside += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "li") and self.open[-1] != tag:
            return
        assert self.open.pop() == tag


def test_the_page_is_one_file_with_all_plots(plan: Plan) -> None:
    text = page.page(plan)
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert reader.outside == []
    assert reader.charts == 7
    assert "NaN" not in text
    assert "nan" not in re.sub(r"<title>.*?</title>", "", text)
    assert "@import" not in text
    assert "url(" not in text


def test_the_first_screen_says_which_settings_what_they_cost_and_what_users_feel(
    plan: Plan,
) -> None:
    first = page.page(plan).partition("<h2>By how often")[0]
    assert re.findall("<section><h2>(.*?)</h2>", first) == [
        "Which settings?",
        "What will it cost a month?",
        "What will users feel?",
    ]
    words = html.unescape(re.sub("<.*?>", " ", first))
    assert f"Up to {plan.chosen.settings.max_instances} instances" in words
    assert f"95 of 100 within {seconds(plan.chosen.result.p95_s)}" in words
    assert dollars(month(plan, plan.cadences[0].result)) in words
    assert not re.search(r"\d\.\d{3}", words)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.1349, "0.13 s"), (5.48, "5.5 s"), (9.96, "10 s"), (12.34, "12 s"), (166.3, "3 min")],
)
def test_seconds_have_the_digits_that_mean_something(value: float, shown: str) -> None:
    assert seconds(value) == shown


def test_dollars_and_shares_do_too() -> None:
    told = [dollars(v) for v in (0, 1.234, 42.97, 1307.1, 3911)]
    assert told == ["$0.00", "$1.23", "$43", "$1,310", "$3,910"]
    assert [one_in(v) for v in (0, 0.001, 0.0213, 0.25)] == [
        "none",
        "one of 1,000",
        "one of 47",
        "25%",
    ]


def test_no_answer_can_put_markup_into_the_page() -> None:
    answers = context(model="a/b", revision="0" * 40)
    request = Request(rps=0.1, hours=0.5, seconds_per_request=1, search=False)
    found = make(Planner({**answers, "model": "<script>alert(1)</script>"}, request))
    assert "<script" not in page.page(found)


def test_one_of_anything_is_told_in_the_singular_and_a_truth_as_yes(plan: Plan) -> None:
    once = replace(plan.chosen.result, cold_starts=1)
    hour = replace(plan, traffic=replace(plan.traffic, hours=1.0))
    text = page.page(replace(hour, chosen=replace(plan.chosen, result=once)))
    assert ", 1 hour, on" in text
    assert "woken from sleep 24 times a day" in text
    assert "1 times" not in text
    assert not re.search(r">(True|False|None)<", text)


@pytest.mark.whole
def test_it_can_be_read_on_a_telephone_and_on_paper(plan: Plan, tmp_path: Path) -> None:
    """Its axes had letters of 5 px, and its print nine pages."""
    file = tmp_path / "plan.html"
    page.write(plan, file)
    letters = (
        "[...document.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height)"
    )
    wide = "document.documentElement.scrollWidth <= innerWidth"
    facts = shown(file, tmp_path, f"[Math.min(...{letters}), {wide}]", width=390)
    assert facts[0] >= 9
    assert facts[1]
    assert printed(file, tmp_path) <= 5


@pytest.mark.whole
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_draws_the_page(plan: Plan, tmp_path: Path, width: int) -> None:
    file = tmp_path / "plan.html"
    page.write(plan, file)
    facts = shown(
        file,
        tmp_path,
        "(marks => ({marks: marks.length,"
        "drawn: marks.filter(m => m.getBBox().width >= 0 && m.getTotalLength() > 0).length,"
        "wide: document.documentElement.scrollWidth <= innerWidth,"
        "axes: new Set([...document.querySelectorAll('figure svg')].slice(0, 6).map(svg =>"
        "{const box = svg.getBoundingClientRect(); return `${box.left} ${box.width}`})).size,"
        "letters: Math.min(...[...document.querySelectorAll('figure text')].map(t =>"
        "t.getBoundingClientRect().height))}))"
        "([...document.querySelectorAll('polyline,circle')])",
        width=width,
    )
    assert facts["axes"] == 1
    assert facts["letters"] > 9
    assert facts["marks"] > 15
    assert facts["drawn"] == facts["marks"]
    assert facts["wide"]


def test_an_empty_day_makes_a_page_too() -> None:
    request = Request(rps=1e-9, hours=1, seconds_per_request=1, search=False)
    found = make(Planner(context(), request))
    assert math.isnan(found.chosen.result.p95_s)
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["result"]["p95_s"] is None
    assert "<svg" in page.page(found)
