"""The engine: unknown is neither pass nor fail, a defect stops nothing, every output holds up."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from scaffold.check import catalog, findings
from scaffold.check.engine import Selection, examine
from scaffold.errors import BadUsage
from support.checking import GOOD, HEAD, ids
from support.places import ROOT


def test_a_check_that_raises_is_a_finding_and_stops_nothing(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> NoReturn:
        raise KeyError("boom")

    broken = replace(catalog.checks()["LI101"], look=crash)
    monkeypatch.setitem(catalog.checks(), "LI101", broken)
    folder = write(chute_py=f"{HEAD}chute = {GOOD}, max_instances=500)\n")
    found = {finding.id: finding.message for finding in findings(folder)}
    assert "LI101 crashed: KeyError" in found["EN102"]
    assert "LI102" in found


@pytest.mark.parametrize(
    "text", ["x = f\"{'\\n'.join('ab')}\"\n", "type X = int\n", "class A[T]: ...\n"]
)
def test_what_only_a_newer_python_reads_is_not_called_broken(
    text: str, write: Callable[..., Path]
) -> None:
    folder = write(chute_py=f"import newer\n{HEAD}chute = {GOOD})\n", newer_py=text)
    assert "EN103" not in ids(folder)


def test_a_broken_file_that_no_chute_imports_is_a_warning(write: Callable[..., Path]) -> None:
    report = examine(write(chute_py=f"{HEAD}chute = {GOOD})\n", other_py="x = (\n"))
    assert "EN103" not in {finding.id for finding in report.findings}
    assert "no chute here imports it" in {w.id: w.message for w in report.warnings}["EN103"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("template.py.j2", 'from chutes.chute import Chute\nchute = Chute(name="{{ name }}")\n'),
        ("push.py", 'TEXT = """\n\n\n  from chutes.chute import Chute\n  chute = Chute()\n"""\n'),
    ],
)
def test_a_chute_that_is_only_a_template_is_said_to_be_one(
    name: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    (found,) = examine(tmp_path).findings
    assert (found.id, found.file) == ("EN101", name)
    assert text.splitlines()[found.line - 1].strip() == "from chutes.chute import Chute"
    assert "fills in" in found.message
    assert "Check what comes out" in found.fix


def test_a_folder_of_nothing_but_broken_files_was_not_checked(write: Callable[..., Path]) -> None:
    assert ids(write(other_py="x = (\n")) == ["EN101"]


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
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert int(run.stdout) > 0


@pytest.mark.whole
def test_importing_the_package_is_light() -> None:
    code = "import sys, scaffold.check; print(sorted({'yaml', 'ast', 'typer'} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert run.stdout.strip() == "[]"


def test_selection(write: Callable[..., Path]) -> None:
    folder = write(chute_py=f"{HEAD}chute = {GOOD}, max_instances=500, concurrency=500)\n")
    assert {f.id for f in examine(folder, Selection(("LI",))).findings} == {"LI101", "LI102"}
    assert {f.id for f in examine(folder, Selection(("LI",), ("LI101",))).findings} == {"LI102"}
    with pytest.raises(BadUsage, match="QQ1"):
        Selection(("QQ1",))
