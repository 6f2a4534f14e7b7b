"""Code of a repository that is run on request: what it can see, how long, and what it leaves."""

import ctypes
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from scaffold.errors import OutsideFailure, Refused
from scaffold.generated import process
from scaffold.pins import locks
from scaffold.pins import pin as pins
from support.command import Run
from support.places import ROOT

CANARY = "canary-5f1e"


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the caller's environment holds in a pipeline."""
    for name in ("GITHUB_TOKEN", "CHUTES_API_KEY", "HF_TOKEN", "PYTHONPATH", "MY_OWN"):
        monkeypatch.setenv(name, CANARY)


def run(folder: Path, code: str, *, seconds: float = 60) -> process.Ended:
    """Some code as `pin` and `check --load` run a repository's."""
    (folder / "code.py").write_text(textwrap.dedent(code))
    return process.run([sys.executable, "-B", "code.py"], folder, seconds=seconds)


def gone(pid: int) -> bool:
    """Has it ended? One that nobody waited for yet has."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


READING = """
    import os, pathlib
    found = [name for name, value in os.environ.items() if {canary!r} in value]
    for part in ("environ", "mem"):
        for path in pathlib.Path("/proc").glob("[0-9]*/" + part):
            if int(path.parent.name) == os.getpid():
                continue
            try:
                with path.open("rb") as file:
                    # A kernel thread has no memory, and opens.
                    if {canary!r}.encode() in (file.read() if part == "environ" else b""):
                        found.append(str(path))
                    elif part == "mem" and (path.parent / "cmdline").read_bytes():
                        found.append(str(path))
            except OSError:
                pass
    pathlib.Path("found").write_text(repr(found))
"""


@pytest.mark.path
@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_no_environment_but_its_own_can_be_read(tmp_path: Path, secret: None) -> None:
    """A process beside the tool stands for the shell that started it: the same user's."""
    beside = subprocess.Popen(
        [sys.executable, "-c", "import time; print(1, flush=True); time.sleep(600)"],
        stdout=subprocess.PIPE,
        env={"OTHER": CANARY},
    )
    try:
        assert beside.stdout
        beside.stdout.readline()
        code = textwrap.dedent(READING.format(canary=CANARY))
        (tmp_path / "plain.py").write_text(code)
        subprocess.run([sys.executable, "plain.py"], cwd=tmp_path, check=True, env={})
        assert "environ" in (tmp_path / "found").read_text(), "the attack itself does not work"
        (tmp_path / "found").unlink()
        ended = run(tmp_path, READING.format(canary=CANARY))
        assert ended.status == 0, ended.said
        assert (tmp_path / "found").read_text() == "[]"
    finally:
        beside.kill()
        beside.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="there is no prctl")
def test_meanwhile_other_processes_cannot_look_into_this_one() -> None:
    """Where the system has no Landlock, this is what is left."""
    libc = ctypes.CDLL(None)
    assert libc.prctl(3, 0, 0, 0, 0) == 1
    with process._unseen():
        assert libc.prctl(3, 0, 0, 0, 0) == 0
    assert libc.prctl(3, 0, 0, 0, 0) == 1


LEAVING = """
    import os, pathlib, signal, sys, time
    for kind in ("plain", "session", "twice"):
        if os.fork():
            continue
        if kind != "plain":
            os.setsid()
        if kind == "twice" and os.fork():
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pathlib.Path(kind).write_text(str(os.getpid()))
        os.close(0), os.close(1), os.close(2)
        time.sleep(600)
    while not all(pathlib.Path(kind).exists() for kind in ("plain", "session", "twice")):
        time.sleep(0.01)
    time.sleep({then})
"""


@pytest.mark.path
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a new session gets away")
@pytest.mark.parametrize(("then", "seconds"), [(0, 60), (600, 3)], ids=["ends", "hangs"])
def test_nothing_it_started_outlives_it(tmp_path: Path, then: int, seconds: int) -> None:
    ended = run(tmp_path, LEAVING.format(then=then), seconds=seconds)
    assert ended.status == (None if then else 0), ended.said
    pids = [int((tmp_path / kind).read_text()) for kind in ("plain", "session", "twice")]
    assert [pid for pid in pids if not gone(pid)] == []


@pytest.mark.path
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it can")
def test_it_cannot_end_who_started_it(tmp_path: Path) -> None:
    ended = run(tmp_path, "import os, signal\nos.kill(os.getppid(), signal.SIGTERM)\n")
    if _landlock() < 6:
        pytest.skip("this kernel has no such bound")
    assert ended.status == 1
    assert "PermissionError" in ended.said


def _landlock() -> int:
    libc = ctypes.CDLL(None)
    return int(libc.syscall(444, None, ctypes.c_size_t(0), 1))


@pytest.mark.path
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it goes on until its time is over")
def test_it_ends_with_a_tool_that_is_killed(tmp_path: Path) -> None:
    code = "import os, time, pathlib\npathlib.Path('pid').write_text(str(os.getpid()))\n"
    (tmp_path / "code.py").write_text(f"{code}time.sleep(600)\n")
    tool = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from scaffold.generated import process\n"
            f"process.run([sys.executable, 'code.py'], Path({str(tmp_path)!r}), seconds=600)",
        ]
    )
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert tool.poll() is None
        time.sleep(0.05)
    tool.kill()
    tool.wait()
    pid = int((tmp_path / "pid").read_text())
    while not gone(pid):
        time.sleep(0.05)  # the test ends by itself when this never ends


@pytest.mark.path
@pytest.mark.parametrize(
    "code",
    [
        "a = bytearray(16 * 2**30)",
        "open('big', 'wb').write(b'0' * 100 * 2**20)",
    ],
    ids=["memory", "file"],
)
def test_it_is_bounded(tmp_path: Path, code: str) -> None:
    assert run(tmp_path, code).status not in (0, None)
    if (tmp_path / "big").exists():
        assert (tmp_path / "big").stat().st_size <= 64 * 2**20


@pytest.mark.path
def test_what_it_says_is_kept_to_a_few_lines(tmp_path: Path) -> None:
    ended = run(tmp_path, "import sys\nsys.stderr.write('x' * 10**7)\n")
    assert len(ended.said) <= 4000


@pytest.mark.path
def test_a_program_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(OutsideFailure, match="cannot be run"):
            process.run([str(path)], tmp_path, seconds=60)


# A module that answers in place of `child.py`, whose arguments it can read.
ANSWERING = """
    import os, pathlib, sys
    result = pathlib.Path(sys.argv[2])
    {code}
    os._exit(0)
"""


@pytest.mark.path
@pytest.mark.parametrize(
    "code",
    [
        "os.mkfifo(result)",
        "result.symlink_to('/dev/zero')",
        "result.symlink_to('/etc/passwd')",
        "result.write_text('[' * 100_000)",
        "result.write_text('[]')",
        """result.write_text('{"chute": 1}')""",
        """result.write_text('{"error": {}}')""",
        "result.write_bytes(bytes(range(256)))",
        "result.write_text(' ' * 20 * 2**20 + '{}')",
    ],
)
def test_an_answer_of_its_own_making_neither_hangs_nor_crashes(tmp_path: Path, code: str) -> None:
    pytest.importorskip("chutes")
    (tmp_path / "chute.py").write_text(textwrap.dedent(ANSWERING.format(code=code)))
    found = process.describe(tmp_path, "chute.py", sys.executable)
    assert list(found) == ["error"]


CHUTE = (
    "from chutes.chute import Chute, NodeSelector\n"
    "chute = Chute(username='alice', name='demo', image='alice/demo:1.0',\n"
    "    node_selector=NodeSelector(include=['pro_6000']))\n"
)


@pytest.mark.path
@pytest.mark.parametrize("path", ["inner", "inner/chute.py", "./inner/../inner", "{absolute}"])
@pytest.mark.parametrize("own", [False, True], ids=["our python", "its python"])
def test_a_repository_is_loaded_whatever_its_path_is(
    tmp_path: Path, chute_new: Run, path: str, own: bool
) -> None:
    pytest.importorskip("chutes")
    folder = tmp_path / "inner"
    folder.mkdir()
    (folder / "chute.py").write_text(CHUTE)
    if own:
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"')
        (folder / ".venv" / "bin" / "python").chmod(0o755)
    run = chute_new.fresh("check", path.format(absolute=folder), "--load")
    assert run.returncode in (0, 1), run.stderr
    assert "cannot be run" not in run.stdout + run.stderr
    assert "LD101" not in run.stdout, run.stdout


@pytest.mark.path
def test_an_environment_of_a_repository_that_is_none_is_said_in_a_sentence(
    tmp_path: Path, chute_new: Run
) -> None:
    (tmp_path / "chute.py").write_text(CHUTE)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for make in (Path.touch, Path.mkdir, os.mkfifo):
        path = tmp_path / ".venv" / "bin" / "python"
        make(path)
        run = chute_new.fresh("check", ".", "--load")
        assert run.returncode == 4, run.stderr
        assert "cannot be run" in run.stderr
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.path
def test_the_help_says_what_runs_code_of_the_repository(chute_new: Run) -> None:
    for command in ("pin", "check"):
        said = " ".join(chute_new(command, "--help").stdout.split())
        assert "runs code of the repository" in said, command
    said = " ".join(chute_new("update", "--help").stdout.split())
    assert "runs no code of the repository" in said


@pytest.mark.parametrize(
    "line",
    [
        "./evil",
        "../evil",
        "/tmp/evil",
        "evil/",
        "-e ./evil",
        "-e .",
        "--editable=./evil",
        "-r other.in",
        "--requirement=/etc/passwd",
        "-c other.txt",
        "-f ./wheels",
        "--find-links ./wheels",
        "evil @ ./evil",
        "evil @ file:///tmp/evil",
        "evil @ git+https://example.org/evil",
        "evil@git+ssh://example.org/evil",
        "evil[a] @ https://example.org/evil.tar.gz",
        "git+https://example.org/evil",
        "evil.tar.gz",
        "name \\\n @ ./evil",
        "--index-url https://example.org/${UV_INDEX_PRIVATE_PASSWORD}/",
    ],
)
def test_requirements_that_run_or_read_something_are_refused(line: str) -> None:
    with pytest.raises(Refused, match=r"dev\.in is not locked with"):
        locks.require_plain(f"# first\nchutes==0.6.9\n{line}\n", "dev.in")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# ./evil",
        "name",
        "name==1.0  # why",
        "name >= 1, < 2",
        "name[one,two]~=1.0 ; python_version < '3.12'",
        "name @ https://example.org/name-1.0-py3-none-any.whl#sha256=0",
        "--only-binary :all:",
        "--extra-index-url https://example.org/simple",
    ],
)
def test_others_are_taken(line: str) -> None:
    locks.require_plain(f"{line}\n", "dev.in")


def test_all_requirements_of_the_template_are_taken() -> None:
    found = [*(ROOT / "template/project").rglob("*.in"), *(ROOT / "template").rglob("*.override")]
    assert len(found) > 3
    for source in found:
        locks.require_plain(source.read_text(), source.name)


def test_pin_refuses_them_before_uv_sees_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def called(*_: object) -> None:
        raise AssertionError("uv was called")

    monkeypatch.setattr(pins, "compile_lock", called)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.in").write_text("chutes\n")
    (tmp_path / "requirements" / "image.override").write_text("./evil\n")
    with pytest.raises(Refused, match=r"image\.override"):
        list(pins.STEPS["packages"](tmp_path))


def test_what_locks_packages_gets_no_secret_but_those_of_an_index(
    monkeypatch: pytest.MonkeyPatch, secret: None
) -> None:
    monkeypatch.setenv("UV_INDEX_PRIVATE_PASSWORD", "needed")
    found = locks.environment()
    assert {"GITHUB_TOKEN", "CHUTES_API_KEY", "HF_TOKEN"}.isdisjoint(found)
    assert found["UV_INDEX_PRIVATE_PASSWORD"] == "needed"
    assert found["UV_NO_BUILD"] == "1"
