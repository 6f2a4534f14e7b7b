"""A repository made to have the tool write elsewhere: through links, under names it can guess."""

import ast
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scaffold import files
from scaffold.check.baseline import write as write_baseline
from scaffold.errors import OutsideFailure, Refused
from scaffold.generated import record
from scaffold.plan.writing import Change
from scaffold.plan.writing import write as write_plan
from support.command import Run
from support.places import ROOT

# A file with a finding that is corrected mechanically.
FIXABLE = (
    "from chutes.chute import Chute, NodeSelector\n"
    "chute = Chute(username='alice', name='demo', image='alice/demo:1.0',\n"
    "    node_selector=NodeSelector(include=['PRO_6000']))\n"
)


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file of the user's outside of the repository."""
    path = tmp_path / "home" / "authorized_keys"
    path.parent.mkdir()
    path.write_text("mine\n")
    return path


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of somebody else's."""
    folder = tmp_path / "clone"
    (folder / ".git" / "hooks").mkdir(parents=True)
    (folder / "chute.py").write_text(FIXABLE)
    return folder


def test_a_link_under_a_name_that_could_be_guessed_is_not_written_through(
    clone: Path, victim: Path, chute_new: Run
) -> None:
    (clone / ".chute.py.chute-new").symlink_to(victim)
    run = chute_new("check", str(clone), "--fix")
    assert "pro_6000" in (clone / "chute.py").read_text(), run.stderr
    assert victim.read_text() == "mine\n"
    assert not os.path.lexists(clone / ".git" / "hooks" / "post-checkout")


def test_the_name_of_what_is_written_first_is_new_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    rename = os.replace

    def noted(source: str, target: str, **folders: int) -> None:
        names.append(source)
        rename(source, target, **folders)

    monkeypatch.setattr(os, "replace", noted)
    for _ in range(3):
        files.write(tmp_path / "one", "text")
    assert len(set(names)) == 3
    assert all(len(name) > 24 for name in names)


def test_what_is_there_under_that_name_is_never_opened(
    tmp_path: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if somebody had guessed it, or made a link of every name meanwhile."""
    monkeypatch.setattr(secrets, "token_hex", lambda _: "known")
    (tmp_path / ".known.chute-new").symlink_to(victim)
    with pytest.raises(OutsideFailure, match="file exists"):
        files.write(tmp_path / "one", "text")
    assert victim.read_text() == "mine\n"


@pytest.mark.parametrize("dangling", [False, True], ids=["there", "dangling"])
@pytest.mark.parametrize(
    "written",
    [
        lambda path, root: files.write(path, "theirs"),
        lambda path, root: files.write(path, "theirs", within=root),
        lambda path, root: write_baseline(path, ()),
        lambda path, root: write_plan([Change(path, "", "theirs")], root),
        lambda path, root: write_plan([Change(path, "", "theirs")], None),
    ],
    ids=["named", "within", "baseline", "plan of a repository", "plan of answers"],
)
def test_a_link_is_not_written_through(
    clone: Path, victim: Path, written: Callable[[Path, Path], None], dangling: bool
) -> None:
    if dangling:
        victim.unlink()
    link = clone / "file.yml"
    link.symlink_to(victim)
    with pytest.raises(Refused, match="is a link"):
        written(link, clone)
    assert link.is_symlink()
    assert dangling is not victim.exists()
    assert dangling or victim.read_text() == "mine\n"


def test_the_record_is_not_written_through_a_link(clone: Path, victim: Path) -> None:
    (clone / record.NAME).symlink_to(victim)
    victim.write_text("model: mine\n")
    with pytest.raises(Refused, match="is a link"):
        record.change(clone, {"model": "theirs"})
    assert victim.read_text() == "model: mine\n"


@pytest.mark.parametrize("option", ["--output", "--write-baseline"])
@pytest.mark.parametrize("name", ["report", "reports/authorized_keys", "reports/new"])
@pytest.mark.parametrize("where", ["relative", "absolute"])
def test_options_that_name_a_file_follow_no_link_of_a_repository(
    clone: Path, victim: Path, chute_new: Run, option: str, name: str, where: str
) -> None:
    (clone / "report").symlink_to(victim)
    (clone / "reports").symlink_to(victim.parent)
    path = name if where == "relative" else str(clone / name)
    run = chute_new("check", ".", option, path, cwd=clone)
    assert run.returncode == 3, run.stderr
    assert "is a link" in run.stderr
    assert victim.read_text() == "mine\n"
    assert list(victim.parent.iterdir()) == [victim]


def test_the_report_of_a_plan_follows_no_link(tmp_path: Path, chute_new: Run) -> None:
    (tmp_path / "kept").write_text("mine\n")
    (tmp_path / "plan.html").symlink_to("kept")
    load = ("--rps", "1", "--seconds-per-request", "1", "--hours", "1")
    run = chute_new("plan", *load, "--report", "plan.html")
    assert run.returncode == 3, run.stderr
    assert (tmp_path / "kept").read_text() == "mine\n"


def test_a_repository_inside_of_a_link_is_not_where_the_way_starts(
    clone: Path, victim: Path
) -> None:
    (victim.parent / ".git").mkdir()
    (clone / "inner").symlink_to(victim.parent)
    with pytest.raises(Refused, match="inner on its way is a link"):
        files.write(clone / "inner" / "new", "theirs")
    assert not (victim.parent / "new").exists()


def test_folders_of_the_user_that_are_links_are_theirs(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "work").symlink_to("disk")
    files.write(tmp_path / "work" / "report", "text")
    assert (tmp_path / "disk" / "report").read_text() == "text"


@pytest.mark.parametrize("way", ["../home/authorized_keys", "inner/../../home/authorized_keys"])
def test_nothing_outside_of_the_repository_is_written(clone: Path, victim: Path, way: str) -> None:
    (clone / "inner").mkdir()
    with pytest.raises(Refused, match="does not lie in"):
        files.replace({clone / way: b"theirs"}, within=clone)
    assert victim.read_text() == "mine\n"


def test_after_a_refusal_nothing_was_written(clone: Path, victim: Path) -> None:
    (clone / "b").symlink_to(victim)
    with pytest.raises(Refused):
        files.replace({clone / "a": b"new", clone / "b": b"new"}, within=clone)
    assert sorted(path.name for path in clone.iterdir()) == [".git", "b", "chute.py"]


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_what_is_no_file_is_not_replaced(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "report"
    os.mkfifo(path) if kind == "fifo" else path.mkdir()
    with pytest.raises(Refused, match="it is no file"):
        files.write(path, "text")
    assert not path.is_file()


def test_a_folder_swapped_for_a_link_meanwhile_is_not_followed(
    clone: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clone / "part").mkdir()
    made = secrets.token_hex

    def swapped(length: int) -> str:
        (clone / "part").rename(clone / "moved")
        (clone / "part").symlink_to(victim.parent)
        return made(length)

    monkeypatch.setattr(secrets, "token_hex", swapped)
    files.replace({clone / "part" / victim.name: b"theirs"}, within=clone)
    assert victim.read_text() == "mine\n"
    assert (clone / "moved" / victim.name).read_bytes() == b"theirs"


# Where files are written without `files`, and why no repository can have a say in it.
OTHERS = {
    "creation/create.py tempfile.NamedTemporaryFile": "a new name in the folder for such",
    "creation/create.py tempfile.TemporaryDirectory": "a new folder of our own",
    "creation/publish.py os.open": "the lock in the new folder of our own",
    "creation/publish.py shutil.move": "from that folder into an empty one",
    "creation/publish.py stage.rename": "that folder to its place",
    "creation/publish.py tempfile.mkdtemp": "makes that folder",
    "doctor/asking.py tempfile.TemporaryDirectory": "a new folder of our own",
    "doctor/child.py result.write_text": "in that folder, by the SDK's process",
    "foreign.py os.open": "to read, as its flags say",
    "generated/child.py result.write_text": "in the process of the repository's code",
    "generated/confine.py os.open": "the device that forgets",
    "generated/process.py tempfile.TemporaryDirectory": "a new folder of our own",
    "git.py alternates.write_bytes": "in a new repository of our own",
    "models/hub.py urllib.request.build_opener(_Redirects).open": "asks the hub",
    "pins/pin.py tempfile.TemporaryDirectory": "a new folder of our own",
    "runtime/defect.py tempfile.NamedTemporaryFile": "a new name in the folder for such",
    "runtime/streams.py open": "the device that forgets",
    "update/history.py tempfile.TemporaryDirectory": "a new folder of our own",
    "update/run.py tempfile.TemporaryDirectory": "a new folder of our own",
    "update/worktree.py os.open": "a folder, to hold its lock",
    "update/worktree.py tempfile.TemporaryDirectory": "a new folder of our own",
}
_WRITE = {
    *("write_text", "write_bytes", "touch", "rename", "symlink_to", "hardlink_to", "link_to"),
    *("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryDirectory", "truncate", "mknod"),
    *("copy", "copy2", "copyfile", "copyfileobj", "copytree", "move", "symlink", "link", "renames"),
    *("make_archive", "unpack_archive", "extract", "extractall", "savefig", "to_csv", "mkfifo"),
}
# Also methods of what is no file, so only of these modules.
_COPYING = {"copy", "link", "extract", "move"}
_MODULES = {"os", "shutil", "tarfile", "zipfile"}


def writers(source: str) -> Iterator[str]:
    """The calls in a module that can make or change a file."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        owner, _, method = name.rpartition(".")
        mode = [*node.args[0 if owner else 1 :], *(k.value for k in node.keywords)]
        opened = method == "open" and (
            owner in ("os", "io")
            or any(
                not isinstance(each, ast.Constant)
                or (isinstance(each.value, str) and set(each.value) & set("wax+"))
                for each in mode[:1]
            )
        )
        # A text has a `replace` of two arguments, a path one of one.
        replaced = method == "replace" and (owner == "os" or (owner and _is_alone(node)))
        written = method in _WRITE - _COPYING or (method in _COPYING and owner in _MODULES)
        if (opened or replaced or written) and owner != "files":
            yield name


def _is_alone(call: ast.Call) -> bool:
    return len(call.args) == 1 and not call.keywords


def test_nothing_else_writes() -> None:
    found = {
        f"{path.relative_to(ROOT / 'scaffold').as_posix()} {name}"
        for path in (ROOT / "scaffold").rglob("*.py")
        if path.name != "files.py"
        for name in writers(path.read_text())
    }
    assert found == set(OTHERS)


@pytest.mark.parametrize(
    "source",
    [
        "path.write_text('a')",
        "path.open('w')",
        "open(path, 'r+b')",
        "open(path, mode=how)",
        "os.open(path, flags)",
        "one.replace(other)",
        "os.replace(one, other)",
        "shutil.copy2(one, other)",
        "tempfile.mkstemp()",
    ],
)
def test_writers_are_seen(source: str) -> None:
    assert list(writers(source))


@pytest.mark.parametrize(
    "source", ["path.open('rb')", "open(path)", "text.replace('a', 'b')", "values.copy()"]
)
def test_others_are_not_taken_for_one(source: str) -> None:
    assert not list(writers(source))
