"""The engine: unknown is neither pass nor fail, a defect stops nothing, every output holds up."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

import pytest

from scaffold.check import catalog, findings, sdk
from scaffold.check.engine import Selection, examine
from scaffold.check.fixes import edited
from scaffold.check.model import Edit, Severity
from scaffold.check.output import github, sarif
from scaffold.check.output.text import SCREEN, render
from scaffold.errors import BadUsage
from support.command import Run
from support.places import ROOT

GOOD = 'Chute(username="alice", name="demo", image="alice/demo:1.0"'
HEAD = "from chutes.chute import Chute, NodeSelector\nfrom chutes.image import Image\n\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes files and returns their folder."""

    def files(**texts: str) -> Path:
        for name, text in texts.items():
            path = tmp_path / name.replace("__", "/").replace("_py", ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return files


def ids(path: Path) -> list[str]:
    """What is found, by id."""
    return sorted(finding.id for finding in findings(path))


def unknown(path: Path) -> dict[str, str]:
    """What could not be decided, with why."""
    return {u.id: u.why for u in examine(path).unknown}


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        f"chute = {GOOD}, max_instances=500)",
        f"MAX = 500\nchute = {GOOD}, max_instances=MAX)",
        f"MAX = 5 * 100\nchute = {GOOD}, max_instances=MAX)",
        f'chute = {GOOD}, **{{"max_instances": 500}})',
        f"SETTINGS = dict(max_instances=500)\nchute = {GOOD}, **SETTINGS)",
        f"def limit():\n    return 500\n\nchute = {GOOD}, max_instances=limit())",
        f"class Config:\n    MAX = 500\n\nchute = {GOOD}, max_instances=Config.MAX)",
        f"def make(n):\n    return {GOOD}, max_instances=n)\n\nchute = make(500)",
        f"def make(n=500):\n    return {GOOD}, max_instances=n)\n\nchute = make()",
        f"def make(**more):\n    return {GOOD}, max_instances=500)\n\nchute = make()",
        f'LIMITS = {{"prod": 500}}\nchute = {GOOD}, max_instances=LIMITS["prod"])',
        f"chute = {GOOD}, max_instances=500 if True else 1)",
        "class Mine(Chute):\n    def __init__(self, **k):\n"
        "        super().__init__(max_instances=500, **k)"
        f"\n\nchute = Mine{GOOD.removeprefix('Chute')})",
        "import chutes.chute as c\nchute = c." + GOOD + ", max_instances=500)",
        f"def outer(n):\n    def inner(m):\n        return {GOOD}, max_instances=m)\n"
        "    return inner(n)\n\nchute = outer(500)",
    ],
)
def test_a_value_is_followed(source: str, write: Callable[..., Path]) -> None:
    assert "LI102" in ids(write(chute_py=f"{HEAD}{source}\n"))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (f'chute = {GOOD}, max_instances=int(os.getenv("N", "3")))', "environment"),
        (f"def make(n):\n    return {GOOD}, max_instances=n)", "argument n of make"),
        (f"chute = {GOOD}, **SETTINGS)", "some come through **SETTINGS"),
        (f"n = 3\nfor n in range(9):\n    pass\nchute = {GOOD}, max_instances=n)", "changes"),
        (f"n = 3\nn = 4\nchute = {GOOD}, max_instances=n)", "more than one place"),
        (f"n = {{}}\nn['a'] = 3\nchute = {GOOD}, max_instances=n)", "changed after"),
        (f"from elsewhere import N\nchute = {GOOD}, max_instances=N)", "comes from elsewhere"),
    ],
)
def test_what_cannot_be_seen_is_unknown(source: str, why: str, write: Callable[..., Path]) -> None:
    folder = write(chute_py=f"import os\n{HEAD}{source}\n")
    found = unknown(folder)
    assert "LI102" not in ids(folder)
    assert "LI102" in found or "**" in why
    assert any(why in text for text in found.values())


def test_values_come_from_other_files(write: Callable[..., Path]) -> None:
    folder = write(
        settings_py="MAX = 500\n",
        app__factory_py=f"{HEAD}def make(limit):\n    return {GOOD}, max_instances=limit)\n",
        chute_py="from app.factory import make\nimport settings\n\nprod = make(settings.MAX)\n",
    )
    found = [f for f in findings(folder) if f.id == "LI102"]
    assert [(f.file, f.line) for f in found] == [("settings.py", 1)]


def test_each_call_of_a_factory_is_a_chute(write: Callable[..., Path]) -> None:
    source = f"def make(n):\n    return {GOOD}, max_instances=n)\n\n"
    source += "prod = make(3)\nstaging = make(900)\n"
    found = [f for f in findings(write(chute_py=HEAD + source)) if f.id == "LI102"]
    assert [f.line for f in found] == [8]


def test_image_methods_are_followed_through_names(write: Callable[..., Path]) -> None:
    source = (
        'image = Image(username="alice", name="demo", tag="1.0")\n'
        'image = image.from_base("parachutes/python:3.12.9")\n'
        'image.run_command("pip install torch")\n'
    )
    found = [f for f in findings(write(chute_py=HEAD + source)) if f.id == "PI101"]
    assert [f.line for f in found] == [6]


def test_pillow_is_no_container_image(write: Callable[..., Path]) -> None:
    source = f'from PIL import Image\n\nchute = {GOOD})\nImage.open("a.png").copy().user()\n'
    assert "IM101" not in ids(write(chute_py="from chutes.chute import Chute\n" + source))


# --- the engine -----------------------------------------------------------------------------------


def test_a_check_that_raises_is_a_finding_and_stops_nothing(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> list[object]:
        raise KeyError("boom")

    broken = replace(catalog.checks()["LI101"], look=crash)
    monkeypatch.setitem(catalog.checks(), "LI101", broken)
    folder = write(chute_py=f"{HEAD}chute = {GOOD}, max_instances=500)\n")
    found = {finding.id: finding.message for finding in findings(folder)}
    assert "LI101 crashed: KeyError" in found["EN102"]
    assert "LI102" in found


def test_the_module_may_not_be_too_large(write: Callable[..., Path]) -> None:
    folder = write(chute_py=f"{HEAD}chute = {GOOD})\n{'# filling' * 20_000}\n")
    assert "LI108" in ids(folder)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 5000 + ")" * 5000,
        "x = " + "-" * 20_000 + "1",
        "x = " + "+".join(["1"] * 20_000),
        "a0 = 'x' * 999\n"
        + "\n".join(f"a{n + 1} = f'{{a{n}}}{{a{n}}}'" for n in range(60))
        + f"\nchute = {GOOD}, tagline=a60)",
        f"n = n\nchute = {GOOD}, max_instances=n)",
        f"def f():\n    return f()\n\nchute = {GOOD}, max_instances=f())",
        f"chute = {GOOD}, max_instances=9 ** 9 ** 9 ** 9)",
        f"chute = {GOOD}, max_instances=1 / 0, tagline='%s' % 3, name=[][5])",
        f"chute = {GOOD}, tagline='{{0:>99999999999}}'.format(1))",
        "class A(A): pass\nclass B(C): pass\nclass C(B): pass\nchute = A()\nother = B()",
        f"def a():\n    return b()\n\ndef b():\n    return a()\n\nchute = {GOOD}, name=a())",
        "chute = Chute\nchute.cord\n@chute.cord()\ndef f(): ...\n@chute.on_startup()\nclass X: ...",
        "\x00",
        "image = Image()\nimage = image.image.image\nimage()()()",
    ],
    ids=range(14),
)
def test_hostile_files_are_harmless(text: str, write: Callable[..., Path]) -> None:
    report = examine(write(chute_py=f"{HEAD}{text}\n"))
    assert [f.message for f in report.findings if f.id == "EN102"] == []


def test_nothing_is_imported_or_written(write: Callable[..., Path]) -> None:
    marker = "open('ran', 'w').write('x')\nraise SystemExit(9)\n"
    folder = write(chute_py=f"{marker}{HEAD}chute = {GOOD})\n")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    examine(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_links_are_not_followed(write: Callable[..., Path], tmp_path: Path) -> None:
    folder = write(repository__chute_py=f"{HEAD}chute = {GOOD})\n") / "repository"
    secret = tmp_path / "outside.py"
    secret.write_text('TOKEN = "hf_' + "a1B" * 12 + '"\n')
    (folder / "link.py").symlink_to(secret)
    (folder / "loop").symlink_to(folder)
    assert "KS101" not in ids(folder)


@pytest.mark.whole
def test_it_works_without_the_sdk_and_imports_it_never() -> None:
    code = (
        "import sys; sys.modules['chutes'] = None\n"
        "from pathlib import Path\nfrom scaffold.check import findings\n"
        f"print(len(findings(Path({str(Path(__file__).parent / 'cases/HW101')!r}))))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        cwd=ROOT,
    )  # fmt: skip
    assert int(run.stdout) > 0


@pytest.mark.whole
def test_importing_the_package_is_light() -> None:
    code = "import sys, scaffold.check; print(sorted({'yaml', 'ast', 'typer'} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True,
        cwd=ROOT,
    )  # fmt: skip
    assert run.stdout.strip() == "[]"


def test_selection(write: Callable[..., Path]) -> None:
    folder = write(chute_py=f"{HEAD}chute = {GOOD}, max_instances=500, concurrency=500)\n")
    assert {f.id for f in examine(folder, Selection(("LI",))).findings} == {"LI101", "LI102"}
    assert {f.id for f in examine(folder, Selection(("LI",), ("LI101",))).findings} == {"LI102"}
    with pytest.raises(BadUsage, match="QQ1"):
        Selection(("QQ1",))


# --- waivers and baseline -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comment", "kept"),
    [
        ("# chute-new: ignore[LI102] the account has a higher limit", {}),
        ("# chute-new: ignore[LI102, LI101] until 2999-01-01 the account has more", {}),
        ("# chute-new: ignore[LI] the account has a higher limit", {}),
        ("# chute-new: ignore[LI102]", {"LI102", "EN104"}),
        ("# chute-new: ignore[LI102] until 2020-01-01 it was for the launch", {"LI102", "EN104"}),
        ("# chute-new: ignore[ZZ999] a misspelt id", {"LI102", "EN104"}),
        ("# chute-new: ignore[] everything", {"LI102", "EN104"}),
        ("# chute-new: ignore[HW101] another check", {"LI102"}),
    ],
)
def test_a_comment_waives(comment: str, kept: set[str], write: Callable[..., Path]) -> None:
    folder = write(chute_py=f"{HEAD}chute = {GOOD}, max_instances=500)  {comment}\n")
    found = set(ids(folder)) & {"LI102", "EN104"}
    assert found == set(kept)


def test_a_waiver_and_a_fingerprint_outlive_another_layout(write: Callable[..., Path]) -> None:
    comment = "# chute-new: ignore[LI102, LI101] the account has a higher limit"
    folder = write(
        chute_py=f"{HEAD}\n# moved\n\nchute = Chute(\n    username='alice',\n    name='demo',\n"
        f"    image='alice/demo:1.0',\n    concurrency=999,\n    max_instances=500,  {comment}\n)\n"
    )
    assert {"LI101", "LI102"} & set(ids(folder)) == set()
    assert examine(folder).waived == 2
    one = write(chute_py=f"{HEAD}chute = {GOOD}, max_instances=500)\n")
    before = {f.fingerprint for f in examine(one).findings}
    two = write(chute_py=f"{HEAD}\f\n\n# lines more\nchute = {GOOD}, max_instances=500)\n")
    assert {f.fingerprint for f in examine(two).findings} == before


def test_a_comment_above_waives_too(write: Callable[..., Path]) -> None:
    comment = "# chute-new: ignore[LI102] the account has a higher limit"
    folder = write(chute_py=f"{HEAD}{comment}\nchute = {GOOD}, max_instances=500)\n")
    report = examine(folder)
    assert "LI102" not in {f.id for f in report.findings}
    assert report.waived == 1


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        ('path = "chute.py"\nreason = "agreed"', set()),
        ('path = "other.py"\nreason = "agreed"', {"LI102"}),
        ('path = "*"', {"LI102", "EN104"}),
        ('reason = "agreed"\nuntil = 2020-01-01', {"LI102", "EN104"}),
    ],
)
def test_pyproject_waives(entry: str, kept: set[str], write: Callable[..., Path]) -> None:
    folder = write(chute_py=f"{HEAD}chute = {GOOD}, max_instances=500)\n")
    text = f'[[tool.chute-new.check.waivers]]\nid = "LI102"\n{entry}\n'
    (folder / "pyproject.toml").write_text(text)
    assert set(ids(folder)) & {"LI102", "EN104"} == kept


def test_a_baseline_hides_what_was_there_before(write: Callable[..., Path], chute_new: Run) -> None:
    folder = write(repo__chute_py=f"{HEAD}chute = {GOOD}, max_instances=500)\n") / "repo"
    baseline = folder.parent / "baseline.json"
    assert chute_new("check", str(folder), "--write-baseline", str(baseline)).returncode == 0
    run = chute_new("check", str(folder), "--baseline", str(baseline))
    assert run.returncode == 0, run.stdout
    (folder / "chute.py").write_text(
        f"{HEAD}# a line more\n\nchute = {GOOD}, max_instances=500)\n"
        f"other = {GOOD}, concurrency=999)\n"
    )
    run = chute_new("check", str(folder), "--baseline", str(baseline), "--format", "json")
    fresh = {(f["id"], f["line"]) for f in json.loads(run.stdout)["findings"]}
    assert run.returncode == 1
    assert ("LI101", 7) in fresh
    assert not any(line == 6 for _, line in fresh)


# --- outputs --------------------------------------------------------------------------------------


@pytest.fixture
def bad(write: Callable[..., Path]) -> Path:
    """A repository with findings, a warning and something undecided."""
    source = (
        'image = Image(username="alice", name="demo", tag="1.0")\n'
        'image.from_base("parachutes/python:3.12.9").run_command("pip install \'<b>torch\'")\n'
        "chute = Chute(username='alice', name='demo', image=image, max_instances=N)\n"
    )
    return write(chute_py=HEAD + source)


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


def test_what_cannot_be_decided_is_one_sentence(bad: Path) -> None:
    report = examine(bad)
    told = [line for line in render(report).splitlines() if line.startswith("Undecided")]
    assert len(told) == 1
    assert "N is not defined in this file" in render(report).replace("\n", " ")
    assert "LI102" not in told[0]


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


# --- fixes ----------------------------------------------------------------------------------------


def test_fixes_are_made_shown_and_final(write: Callable[..., Path], chute_new: Run) -> None:
    source = (
        "chute = Chute(\n    username='alice',\n    name='demö',\n    image='alice/demo:1.0',\n"
        "    node_selector=NodeSelector(include=['PRO_6000', 'H100']),\n)\n\n\n"
        "@chute.on_startup\nasync def load(self):\n    self.ready = True\n"
    )
    folder = write(chute_py=HEAD + source)
    run = chute_new("check", str(folder), "--fix")
    text = (folder / "chute.py").read_text(encoding="utf-8")
    assert "+    tee=True" in run.stderr
    assert "include=['pro_6000', 'h100']" in text
    assert "    image='alice/demo:1.0',\n" in text
    assert "    tee=True,\n)" in text
    assert "@chute.on_startup()\n" in text
    left = {finding.id for finding in findings(folder)}
    assert not left & {"HW101", "HW104", "SU103"}
    assert chute_new("check", str(folder), "--fix").stderr.strip() == (
        "Nothing here can be fixed mechanically."
    )


def test_one_run_fixes_all_and_keeps_what_misspelt_arguments_say(
    write: Callable[..., Path], chute_new: Run
) -> None:
    source = (
        '# -*- coding: latin-1 -*-\nimage = Image(username="alice", name="demo", tag="1.0")\n'
        'image.run_command("pip install a>=1 b>=2 c>=3")  # für alle\n'
        f"chute = {GOOD}, max_instance=3,\r\n"
        "    node_selector=NodeSelector(min_vram_gpu_per_gpu=48))\n"
    )
    folder = write(chute_py="") / "chute.py"
    folder.write_bytes((HEAD + source).replace("# -*-", "#", 0).encode("latin-1"))
    head, body = source.split("\n", 1)
    folder.write_bytes(f"{head}\n{HEAD}{body}".encode("latin-1"))
    chute_new("check", str(folder), "--fix")
    fixed = folder.read_bytes().decode("latin-1")
    assert "pip install 'a>=1' 'b>=2' 'c>=3'\")  # für alle" in fixed
    assert "max_instances=3" in fixed
    assert "min_vram_gb_per_gpu=48" in fixed
    assert "tee=True" in fixed
    assert [f.id for f in findings(folder) if f.edits] == []
    assert fixed.count("\r\n") == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("# -*- coding: latin-1 -*-\n# für\n", ""),
        ("\ufeff# für\n", ""),
        ("# für\n", "is not utf-8"),
    ],
)
def test_a_file_is_read_in_the_encoding_it_declares(
    content: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "chute.py"
    written = "utf-8" if content.startswith("\ufeff") else "latin-1"
    path.write_bytes(f"{content}{HEAD}chute = {GOOD}, max_instances=500)\n".encode(written))
    found = {finding.id: finding.message for finding in findings(path)}
    assert says in found.get("EN103", "")
    assert ("LI102" in found) == (not says)
    assert ("EN103" in found) == bool(says)


@pytest.mark.parametrize("id", sorted(catalog.checks()))
def test_every_fix_removes_its_finding_and_keeps_the_file_parsing(id: str, tmp_path: Path) -> None:
    case = Path(__file__).parent / "cases" / id / "bad.py"
    if not case.exists():
        return
    found = [f for f in examine(case).findings if f.id == id and f.edits]
    if not found:
        return
    copy = tmp_path / "bad.py"
    copy.write_bytes(edited(case.read_bytes(), [edit for f in found for edit in f.edits]))
    after = examine(copy)
    assert [f for f in after.findings if f.id in (id, "EN103")] == []


def test_of_two_edits_that_overlap_one_is_made() -> None:
    edits = [Edit(0, 3, "xyz"), Edit(1, 2, "!"), Edit(3, 3, "+")]
    assert edited(b"abc", edits) in (b"xyz+", b"a!c+")


# --- loading --------------------------------------------------------------------------------------


@pytest.fixture
def sdk_here() -> None:
    """Needs the SDK beside the tests."""
    pytest.importorskip("chutes")


@pytest.mark.usefixtures("sdk_here")
def test_load_decides_what_the_source_hides(write: Callable[..., Path], chute_new: Run) -> None:
    source = (
        "def limit():\n    n = 1\n    n += 900\n    return n\n\n\n"
        f"chute = {GOOD}, max_instances=limit(), node_selector=NodeSelector())\n"
    )
    folder = write(chute_py=HEAD + source)
    assert "LI102" in unknown(folder)
    run = chute_new("check", str(folder), "--load", "--format", "json")
    found = {f["id"] for f in json.loads(run.stdout)["findings"]}
    assert {"LI102", "LD103"} <= found
    assert "LD101" not in found


@pytest.mark.whole
@pytest.mark.usefixtures("sdk_here")
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise ValueError('no model here')", "ValueError: no model here"),
        ("import os\nos._exit(7)", "ended with status 7"),
        ("import sys\nsys.exit('stop')", "SystemExit: stop"),
        ("x = bytearray(64 * 2**30)", "MemoryError"),
        (
            "import os\nassert 'SECRET_TOKEN' not in os.environ\nraise ValueError('kept')",
            "kept",
        ),
    ],
)
def test_load_survives_what_modules_do(
    body: str, says: str, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from scaffold.check.load import load

    monkeypatch.setenv("SECRET_TOKEN", "hidden")
    folder = write(chute_py=f"{HEAD}{body}\nchute = {GOOD})\n")
    report = examine(folder, loaded=load(folder))
    assert says in next(f.message for f in report.findings if f.id == "LD101")


@pytest.mark.whole
@pytest.mark.usefixtures("sdk_here")
def test_load_ends_what_does_not_end(write: Callable[..., Path]) -> None:
    from scaffold.check.load import load

    sleeper = "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', "
    sleeper += "'import time; time.sleep(600)'])\nopen('pid', 'w').write(str(child.pid))\n"
    folder = write(chute_py=f"{sleeper}while True:\n    pass\n{HEAD}chute = {GOOD})\n")
    found = load(folder, seconds=10)
    assert "within 10 seconds" in found["chute.py"]["error"]
    pid = int((folder / "pid").read_text())
    state = Path(f"/proc/{pid}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


# --- the table of the SDK, the pages, the plugin --------------------------------------------------


@pytest.mark.usefixtures("sdk_here")
def test_the_table_is_the_real_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib
    import inspect

    monkeypatch.setenv("CHUTES_ALLOW_MISSING", "true")
    chute = importlib.import_module("chutes.chute")
    image = importlib.import_module("chutes.image").Image

    def names(function: object, skip: int = 1) -> list[str]:
        found = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
        return [p.name for p in found if p.kind is not p.VAR_KEYWORD][skip:]

    assert tuple(names(chute.Chute.__init__)) == sdk.CHUTE
    assert tuple(names(chute.Cord.__init__, 2)) == sdk.CORD
    assert tuple(names(chute.Job.__init__, 2)) == sdk.JOB
    assert tuple(names(image.__init__)) == sdk.IMAGE
    assert set(chute.NodeSelector.model_fields) == set(sdk.SELECTOR)
    methods = {n for n, m in vars(image).items() if inspect.isfunction(m) and n[0] != "_"}
    assert methods == set(sdk.IMAGE_METHODS)
    assert {n for n in dir(chute.Chute) if n[:2] != "__"} <= sdk.ATTRIBUTES
    for name in sdk.MODULES - {"chutes"}:
        assert importlib.util.find_spec(name) is not None, name
    for builder, wanted in sdk.BUILDERS.items():
        kind = builder.removeprefix("build_").removesuffix("_chute")
        module = importlib.import_module(f"chutes.chute.template.{kind}")
        assert tuple(names(getattr(module, builder), 0)) == wanted


def test_every_page_says_against_what_it_was_checked_and_how() -> None:
    from scaffold.check.evidence import _ALSO, _TABLE, basis
    from scaffold.check.pages import page

    written = [word for ids in (*_TABLE.values(), *_ALSO.values()) for word in ids.split()]
    for word in written:
        assert any(id.startswith(word) for id in catalog.checks()), word
    for check in catalog.checks().values():
        told = basis(check.id)
        assert told, check.id
        assert all(kind in page(check) for kind in told)


def test_every_check_says_what_why_and_how() -> None:
    assert len(catalog.checks()) >= 80
    for check in catalog.checks().values():
        assert re.fullmatch(r"[A-Z]{2}\d{3}", check.id)
        assert check.family in catalog.FAMILIES
        assert isinstance(check.severity, Severity)
        assert len(check.title) < 70
        assert len(check.why) > 40
        assert check.why.rstrip()[-1] in ".)'\""
        assert check.fix
        assert check.before != check.after


def test_the_plugin_says_the_same(bad: Path) -> None:
    from scaffold.check import plugin

    found = plugin.chute_findings(bad)
    answers = {id: check.check(found) for id, check in plugin.checks().items()}
    assert {id for id, answer in answers.items() if isinstance(answer, str)} == set(ids(bad))
    assert answers["LI102"] is None
    assert answers["LI101"] is True
    assert plugin.checks()["LI101"].check(plugin.chute_findings(bad / "nowhere")) is True
    assert {check.family for check in plugin.checks().values()} <= set(plugin.families())


@pytest.mark.whole
def test_the_hook_and_the_action_run_the_command() -> None:
    import yaml

    root = ROOT
    (hook,) = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text())
    action = yaml.safe_load((root / "action.yml").read_text())
    assert hook["entry"] == "chute-new check"
    script = action["runs"]["steps"][0]["run"]
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    assert "${{" not in script
    assert os.linesep in script
