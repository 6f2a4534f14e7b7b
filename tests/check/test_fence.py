"""What `chute-new check` says of chutekit: which files were edited, whatever its list holds."""

import json
import shutil
from pathlib import Path

import pytest

from scaffold.answers.questions import Questionnaire
from scaffold.check import kit
from scaffold.check.engine import Selection, examine
from scaffold.check.model import Finding
from scaffold.generated.render import render
from scaffold.update.history import opened, versions
from scaffold.versions import Version
from support.answers import REQUIRED
from support.command import Run
from support.releases import release
from support.repositories import rendered

LIST = "chutekit/MANIFEST.json"
#: What is said of it, and that a check crashed; Selection() is everything.
ABOUT_CHUTEKIT = Selection(("CK101", "EN102"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered({"workload": "llm"}, tmp_path_factory.mktemp("fence") / "made")


@pytest.fixture
def repository(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "repository"))


def fenced(folder: Path, selection: Selection = ABOUT_CHUTEKIT) -> list[Finding]:
    """What is said of chutekit; that it fails nothing is part of it."""
    report = examine(folder, selection)
    assert [f.message for f in report.findings if f.id in ("CK101", "EN102")] == []
    return [warning for warning in report.warnings if warning.id == "CK101"]


def append(folder: Path, *names: str) -> None:
    """An edit of each file."""
    for name in names:
        with (folder / "chutekit" / name).open("a") as file:
            file.write("# mine\n")


def test_edited_added_and_missing_files_are_named_in_one_warning(repository: Path) -> None:
    append(repository, "serving/edge.py")
    (repository / "chutekit" / "serving" / "mine.py").write_text("MINE = 1\n")
    (repository / "chutekit" / "engines" / "relay.py").unlink()
    (found,) = fenced(repository)
    assert (found.file, found.line, found.severity) == (LIST, 1, "advice")
    assert found.message == (
        "edited: serving/edge.py; added: serving/mine.py; missing, though it is imported: "
        "engines/relay.py. `chute-new update` merges these files instead of replacing them"
    )
    order = [found.fix.index(word) for word in ("hook", "setting", "subclass", "edit it")]
    assert order == sorted(order)


def test_many_files_are_counted(repository: Path) -> None:
    names = [f"serving/{name}.py" for name in ("app", "backend", "contract", "edge", "logs")]
    append(repository, *names)
    (found,) = fenced(repository)
    assert "edited: serving/app.py, serving/backend.py, serving/contract.py and 2 more." in (
        found.message
    )


def test_other_line_ends_are_no_edit(repository: Path) -> None:
    edge = repository / "chutekit" / "serving" / "edge.py"
    edge.write_bytes(edge.read_bytes().replace(b"\n", b"\r\n"))
    assert fenced(repository) == []


def test_a_file_that_cannot_be_read_is_an_edited_one(repository: Path) -> None:
    (repository / "chutekit" / "serving" / "edge.py").write_bytes(b"\xff\xfe\x00")
    (repository / "chutekit" / "serving" / "logs.py").write_text("#" * 1_100_000)
    (found,) = fenced(repository)
    assert "edited: serving/edge.py, serving/logs.py." in found.message


@pytest.mark.whole
def test_each_chutekit_of_many_has_its_own_list(made: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        shutil.copytree(made, tmp_path / "chutes" / name)
    append(tmp_path / "chutes" / "second", "serving/edge.py")
    assert [found.file for found in fenced(tmp_path, Selection())] == [f"chutes/second/{LIST}"]


def test_the_command_succeeds_and_says_it(chute_new: Run, repository: Path) -> None:
    append(repository, "serving/edge.py")
    done = chute_new("check", str(repository))
    assert done.returncode == 0, done.stdout
    assert "CK101  chutekit is not as it came: chutekit/MANIFEST.json:1" in done.stdout
    assert "edited: serving/edge.py" in done.stdout


HOSTILE = {
    "empty": b"",
    "no JSON": b"import os; os.system('touch /tmp/ran')",
    "a list": b"[]",
    "no files": b'{"version": "1.0.0"}',
    "files in a list": b'{"files": ["serving/edge.py"]}',
    "deep": b"[" * 200_000,
    "deep objects": b'{"files":' * 100_000,
    "oversized": b'{"files": {"' + b"a" * 1_100_000 + b'": ""}}',
    "no text": b"\x00\xff\xfe\x00",
    "a huge number": b'{"files": ' + b"9" * 10_000 + b"}",
}


@pytest.mark.whole
@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_list_that_is_none_is_said_and_breaks_nothing(repository: Path, content: bytes) -> None:
    (repository / LIST).write_bytes(content)
    (found,) = fenced(repository, Selection())
    assert found.message.startswith(f"{LIST} is missing or no list of files")


@pytest.mark.whole
def test_a_list_that_is_gone_or_a_link_is_said(repository: Path) -> None:
    outside = (repository / LIST).rename(repository.parent / "list.json")
    assert "is missing" in fenced(repository, Selection())[0].message
    (repository / LIST).symlink_to(outside)
    assert "is missing" in fenced(repository, Selection())[0].message


def test_a_folder_that_only_has_the_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "chutekit").mkdir()
    (tmp_path / "chutekit" / "__init__.py").write_text("")
    assert fenced(tmp_path) == []


@pytest.mark.parametrize("hash", [None, 7, [], {}, "\ud800", "0" * 64])
def test_forged_hashes_are_edits(repository: Path, hash: object) -> None:
    document = json.loads((repository / LIST).read_text())
    document["files"]["serving/edge.py"] = hash
    # What is named and imported by nobody is never shown.
    document["files"] |= {"../../etc/passwd": hash, "\x1b[2J": hash, "\ud800.py": hash}
    (repository / LIST).write_text(json.dumps(document))
    (found,) = fenced(repository)
    assert found.message.startswith("edited: serving/edge.py. ")


@pytest.mark.path
def test_names_that_are_no_plain_text_are_escaped(chute_new: Run, repository: Path) -> None:
    (repository / "chutekit" / "a\x1b[2J\n.py").write_text("")
    (repository / "chutekit" / "b\udcff.py").write_text("")
    (found,) = fenced(repository)
    assert "\\x1b[2J\\n" in found.message
    assert "\\udcff" in found.message
    for form in ("text", "json", "sarif", "github", "html"):
        assert (
            chute_new("check", str(repository), "--format", form, "--select", "CK").returncode == 0
        )


@pytest.mark.whole
@pytest.mark.parametrize("version", versions(), ids=str)
@pytest.mark.parametrize("workload", ["image", "llm"])
def test_decorators_of_every_release_are_vouched_for(
    tmp_path: Path, version: Version, workload: str
) -> None:
    with opened() as known:
        template = known.template(version)
        resolution = Questionnaire(template).resolve({**REQUIRED, "workload": workload})
        render(template, resolution.answers, tmp_path / "out")
        listed = set(release.decorators(template, version))
    assert examine(tmp_path / "out").unknown == ()
    rows = {line.rpartition(" ")[0] for line in kit.RELEASED.read_text().splitlines()}
    assert {line.rpartition(" ")[0] for line in listed} <= rows


def test_nobody_vouches_for_an_edited_decorator_by_a_list(repository: Path) -> None:
    """A repository that writes its own hash into its list has not convinced anybody."""
    append(repository, "serving/app.py", "engines/llm_chute.py")
    document = json.loads((repository / LIST).read_text())
    for name in ("serving/app.py", "engines/llm_chute.py"):
        text = (repository / "chutekit" / name).read_text()
        document["files"][name] = kit._hash(text)
    (repository / LIST).write_text(json.dumps(document))
    assert fenced(repository) == []
    assert {unknown.id for unknown in examine(repository).unknown} >= {"IV105", "KS104"}
