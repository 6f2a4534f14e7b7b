"""What a report says, in every form."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

import pytest

from scaffold.check import catalog
from scaffold.check.engine import Selection, examine
from scaffold.check.model import Finding, Report, Severity
from scaffold.check.output import github, html, sarif
from scaffold.check.output.text import SCREEN, render
from scaffold.check.summary import LINES
from support.checking import GOOD, HEAD
from support.command import Run
from support.places import ROOT


@pytest.mark.path
def test_json_has_the_members_of_the_contract(bad: Path, chute_new: Run) -> None:
    run = chute_new.fresh("check", str(bad), "--format", "json")
    document = json.loads(run.stdout)
    assert run.returncode == 1
    for finding in document["findings"]:
        names = {"id", "severity", "message", "file", "line", "fix", "url", "fingerprint"}
        assert names == finding.keys()
        assert finding["line"] >= 1
        assert (ROOT / finding["url"]).exists()
    assert all(u["why"] for u in document["unknown"])
    assert document["unknown"]
    assert document["checked"] == len(catalog.checks())
    assert len(document["summary"]) == 7
    assert set(document["summary"].values()) <= {"done", "missing", "unknown"}
    assert [warning["id"] for warning in document["warnings"]] == ["PI104"]


def test_one_of_anything_is_told_in_the_singular(tmp_path: Path) -> None:
    file = tmp_path / "chute.py"
    file.write_text(f"{HEAD}chute = {GOOD}, tee=given())\n")
    told = render(examine(file, Selection(("HW111",))))
    assert "1 finding (1 breaking), 0 warnings; 1 check over 1 Python file." in told
    assert "Undecided at 1 place:" in render(examine(file, Selection(("HW101",))))
    assert github.render(examine(file, Selection(("HW111",)))).endswith("1 finding, 0 warnings")


def test_warnings_do_not_fail(bad: Path, chute_new: Run) -> None:
    assert chute_new("check", str(bad), "--select", "PI104").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["/does/not/exist"], 2),
        (["{bad}/chute.py", "--format", "xml"], 2),
        (["{bad}", "--select", "ZZ1"], 2),
        (["{bad}", "--baseline", "/does/not/exist"], 2),
        (["{bad}", "--explain", "ZZ1"], 2),
        (["{bad}", "--output", "/does/not/exist/x"], 4),
        (["{empty}"], 1),
        (["--explain", "HW101"], 0),
        (["--explain", "all"], 0),
    ],
)
def test_exit_codes(
    arguments: list[str], code: int, bad: Path, tmp_path: Path, chute_new: Run
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    run = chute_new("check", *(a.format(bad=bad, empty=empty) for a in arguments))
    assert run.returncode == code, run.stdout + run.stderr
    assert "Traceback" not in run.stderr


def test_sarif_is_what_the_standard_asks_for(bad: Path) -> None:
    document = json.loads(sarif.render(examine(bad)))
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert document["version"] == "2.1.0"
    assert len(run["results"]) > 5
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] >= 1


def test_html_is_one_file_and_escapes(bad: Path, chute_new: Run) -> None:
    text = chute_new("check", str(bad), "--format", "html").stdout

    class Reader(HTMLParser):
        tags: ClassVar[set[str]] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.add(tag)
            assert not {name for name, _ in attrs} & {"src", "href", "onclick"}

    Reader().feed(text)
    assert not Reader.tags & {"script", "link", "img", "b1", "iframe"}
    assert "&lt;b&gt;torch" in text
    assert "<b>torch" not in text


def test_html_begins_with_the_worst_and_hides_no_remedy(bad: Path) -> None:
    report = examine(bad)
    text = html.render(report, bad)
    heads = re.findall(r"<h2>(.+) \((\d+)\)</h2>", text)
    counted = Counter(f.severity for f in (*report.findings, *report.warnings))
    assert [int(count) for _, count in heads] == [
        counted[kind] for kind in Severity if counted[kind]
    ]
    assert text.index(f"{len(report.findings)} findings (") < text.index("<ul class")
    assert text.count("<details open>") == text.count("<details") == counted.total()


def test_annotations_are_escaped_and_ten_of_a_kind(bad: Path) -> None:
    report = examine(bad)
    many = replace(report, findings=report.findings * 20)
    lines = github.render(many).splitlines()
    for kind in ("error", "warning", "notice"):
        assert len([line for line in lines if line.startswith(f"::{kind} ")]) <= 10
    assert "not shown here" in lines[-1]
    assert all(line.startswith("::") for line in lines[:-1])


def test_the_report_fits_a_narrow_terminal(bad: Path, chute_new: Run) -> None:
    run = chute_new("check", str(bad), env={"COLUMNS": "60"})
    assert run.stdout.startswith("The platform refuses it")
    long = [line for line in run.stdout.splitlines() if len(line) > 60 and " " in line[50:]]
    assert [line for line in long if "[" not in line[:2]] == []


def test_the_first_screen_has_all_that_is_urgent_and_counts_the_rest(
    write: Callable[..., Path],
) -> None:
    source = 'image = Image(username="alice", name="demo", tag="latest")\n'
    source += "".join(f'image.run_command("pip install torch>={n}.0")\n' for n in range(20))
    source += (
        "import os\nfrom pydantic import BaseModel\n\n\nclass Args(BaseModel):\n    url: str\n"
    )
    source += f"\n\nchute = {GOOD}, max_instances=500, concurrency=999)\n"
    for n in range(12):
        source += f'\n\n@chute.cord(public_api_path="/{n}")\ndef c{n}(self, args: Args):\n'
        source += "    os.system(args.url)\n    return set()\n"
    report = examine(write(chute_py=HEAD + source))
    short, long = render(report), render(report, every=True)
    assert len(short.splitlines()) <= SCREEN
    urgent = {f.id for f in report.findings if f.severity in ("exposed", "refused", "breaks")}
    assert {"KS114", "TA101", "LI101", "LI102", "PA103", "OU102", "PI102"} <= urgent
    for id in urgent:
        assert short.count(f"\n  {id}  ") + short.startswith(f"  {id}") <= 1
        assert f"  {id}  " in short
    order = [short.index(head) for head in ("Clients can take", "The platform", "It breaks")]
    assert order == sorted(order)
    assert "with --all: " in short
    for finding in report.findings:
        assert f"  {finding.id}  " in long
        assert f"{finding.line}" in long
    last = short.replace("\n", " ").rpartition(" findings (")[2]
    assert "12 exposed" in last


def many(count: int) -> Report:
    """Findings of so many checks at 30 places each, all of which the platform refuses or break."""
    urgent = [c for c in catalog.checks().values() if c.severity in ("refused", "breaks")]
    return Report(
        findings=tuple(
            Finding(c.id, c.severity, f"wrong {n}", f"a/{c.id}/{n}.py", n + 1, c.fix, c.url)
            for c in urgent[:count]
            for n in range(30)
        ),
        warnings=(),
        unknown=(),
        checked=1,
        summary=dict.fromkeys((line.title for line in LINES), "missing"),
        files=30,
    )


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("count", [1, 5, 20, 90])
def test_the_first_screen_is_one_screen_however_much_there_is(
    count: int, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = render(many(count))
    assert len(shown.splitlines()) <= SCREEN
    for finding in many(count).findings:
        assert finding.id in shown


def test_causes_of_one_check_are_one_line_where_their_remedies_are_not_shown() -> None:
    report = many(12)
    first = report.findings[0].id
    other = tuple(
        replace(f, fix="Another.") if f.id == first and f.line > 9 else f for f in report.findings
    )
    shown = render(replace(report, findings=other))
    assert shown.count(f"  {first}  ") == 1
    assert "and 29 more" in shown.replace("\n", " ")


def test_what_cannot_be_decided_says_why_each_reason_in_a_line(bad: Path) -> None:
    shown = render(examine(bad))
    heads = [line for line in shown.splitlines() if line.startswith("Undecided")]
    assert heads == ["Undecided at 1 place:"]
    assert "N is not defined in this file" in shown.replace("\n", " ")
    assert "LI102" not in shown.partition("Undecided")[2].partition(" findings (")[0]


def test_a_chute_made_in_a_way_nobody_can_read_is_said_and_its_cords_are_checked(
    write: Callable[..., Path],
) -> None:
    source = (
        "from chutes.chute import Chute\n\n\ndef make(kind, its):\n    return kind(**its)\n"
        '\n\nchute = make(Chute, {"name": "demo"})\n\n\n'
        '@chute.cord(public_api_path="/b")\ndef b(self):\n    return set()\n'
    )
    report = examine(write(chute_py=source))
    assert "chute is made by make() in a way that cannot be read (chute.py:8)" in report.notes[0]
    found = {finding.id for finding in report.findings}
    assert "OU102" in found
    assert "EN101" not in found


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (f"def make():\n    return {GOOD})\n\nchute = make()", "is made by make() when"),
        (f"if True:\n    chute = {GOOD})", "only if the condition holds in line 4"),
        (f"for n in range(2):\n    chute = {GOOD})", "is made by a loop in line 4"),
    ],
)
def test_how_a_chute_is_made_is_said(source: str, says: str, write: Callable[..., Path]) -> None:
    report = examine(write(chute_py=f"{HEAD}{source}\n"))
    assert says in report.notes[0]
    assert says in render(report).replace("\n", " ")
    assert "EN101" not in {finding.id for finding in report.findings}
    assert "HW101" in {finding.id for finding in report.findings}
