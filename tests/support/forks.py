"""Runs `chute-new` again and again: its modules are imported once, each run is a forked child.

A child has the working directory, environment, umask and standard streams of its own that
`python -m scaffold` would have, and ends as Python ends. Only the start of Python is shared: what
depends on it (locale, hash seed, what is imported when) is tested with `chute_new.fresh`.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

ROOT, TESTS = Path(__file__).parents[2], Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "scaffold"]
SCRIPTS = {"scaffold.generated.child"}
# What the package imports only where it is needed.
LATE = ("copier", "numpy", "questionary", "requests", "typer.rich_utils", "yaml")
STREAMS = ("stdin", "stdout", "stderr")


def environment(**more: str) -> dict[str, str]:
    """Of a run of this checkout's command."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def umask() -> int:
    """The umask of this process."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


class Running:
    """A child, in a process group of its own."""

    def __init__(self, forks: "Forks", pid: int) -> None:
        self.forks = forks
        self.pid = pid

    def kill(self) -> None:
        """End it and what it started, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def wait(self, timeout: float = 180) -> int:
        """Its exit code, negative for a signal, as in subprocess."""
        if not select.select([self.forks.answers], [], [], timeout)[0]:
            self.kill()
            self.forks.answers.readline()
            raise subprocess.TimeoutExpired(COMMAND, timeout)
        return int(self.forks.answers.readline())


class Forks:
    """The process that forks; it has one child at a time."""

    def __init__(self) -> None:
        quiet = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # no threads to fork beside
        self.process = subprocess.Popen(
            [sys.executable, "-m", "support.forks"],
            env=environment(**quiet) | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, TESTS)))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert self.process.stdout is not None
        self.answers = self.process.stdout

    def start(
        self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], **streams: str
    ) -> Running:
        """Begin one run; `streams` are paths, nothing is read or kept without them."""
        request = {
            "arguments": list(arguments),
            "cwd": str(cwd),
            "env": dict(env),
            "umask": umask(),
            "streams": [streams.get(name, os.devnull) for name in STREAMS],
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        return Running(self, int(self.answers.readline()))

    def run(
        self,
        *arguments: str,
        cwd: Path,
        env: Mapping[str, str],
        input: str = "",
        timeout: float = 180,
    ) -> subprocess.CompletedProcess[str]:
        """One run from beginning to end, and what it said."""
        with tempfile.TemporaryDirectory() as folder:
            files = {name: Path(folder, name) for name in STREAMS}
            files["stdin"].write_text(input, encoding="utf-8")
            paths = {name: str(path) for name, path in files.items()}
            code = self.start(arguments, cwd, env, **paths).wait(timeout)
            said = [files[name].read_text(encoding="utf-8") for name in STREAMS[1:]]
        return subprocess.CompletedProcess([*COMMAND, *arguments], code, *said)

    def end(self) -> None:
        """End the process; its child, if there is one, has ended."""
        self.process.kill()
        self.process.communicate()


def fresh(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str],
    input: str = "",
    timeout: float = 180,
) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own from the start."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=env,
        input=input,
        timeout=timeout,
        text=True,
        capture_output=True,
        check=False,
    )


# --- the process that forks -----------------------------------------------------------------------


def prepare() -> None:
    """Import what a run may import, and let templates be compiled as after a first run."""
    import gc
    import importlib
    import pkgutil

    import scaffold
    from scaffold.answers.questions import Questionnaire
    from scaffold.generated.render import render

    modules = [module.name for module in pkgutil.walk_packages(scaffold.__path__, "scaffold.")]
    for name in (*modules, *LATE):
        if name not in SCRIPTS:
            importlib.import_module(name)
    questionnaire = Questionnaire()
    for workload in ("image", "llm"):
        answers = {"username": "alice", "name": "warm-up", "workload": workload}
        with tempfile.TemporaryDirectory() as folder:
            render(questionnaire.template, questionnaire.resolve(answers).answers, Path(folder))
    gc.freeze()


def become(request: dict[str, Any]) -> None:
    """Make this process what a new one would be."""
    os.setpgid(0, 0)
    os.umask(request["umask"])
    for number, path in enumerate(request["streams"]):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = [str(ROOT / "scaffold" / "__main__.py"), *request["arguments"]]
    sys.path[0] = request["cwd"]
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
    sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace")


def requests(source: Any, answers: Any) -> Iterator[dict[str, Any]]:
    """In the children, each what it is to do; the process that forks waits for each, and tells."""
    for line in source:
        child = os.fork()
        if child == 0:
            source.close()
            answers.close()
            yield json.loads(line)
            raise AssertionError("a child has one request")
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.setpgid(child, child)
        answers.write(f"{child}\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        answers.write(f"{code}\n".encode())


def main() -> NoReturn:
    """Serve until standard input ends."""
    from support.parsing import parsed_once

    sys.path.remove(str(TESTS))  # runs find no more than a new process would
    with parsed_once():
        prepare()
        from scaffold.__main__ import main as command

        source, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", 0)
        for request in requests(source, answers):
            become(request)
            command()
    sys.exit()


if __name__ == "__main__":
    main()
