"""How long the command takes beside its peers, as ratios to `python -c pass` in the same rounds.

    python benchmarks/command.py [--rounds 15] [--peers FOLDER] [--cpu] [--only GROUP]

Every round runs every case once, in random order, so that a busy moment hits all alike; a figure is
the median. Peers are installed into FOLDER (kept between runs) with pip: cookiecutter and hatch,
and the copier this tool renders with. cookiecutter gets a template of as many files as ours.

`generate` is a whole run without a terminal, without verification and without a commit, of the
default answers; `prompt` is the time until the first question can be read on a terminal. With
`--cpu` it is what the processes computed instead of what the clock shows, for a machine that does
other work at the same time.
"""

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pexpect

ROOT = Path(__file__).parent.parent
PEERS = ("cookiecutter==2.7.1", "hatch==1.18.2")
ANSWERS = {"username": "alice", "name": "my-chute"}
YARDSTICK = "python -c pass"
PROMPT_SECONDS = 60
COPIER = "copier copy, same template"
# Aims by group and name: the ratio, and to what. A user notices the first question; whoever
# generates pays for what this tool adds to copier, or saves.
AIMS = {
    ("start", "chute-new --version"): (1.5, ("start", YARDSTICK)),
    ("start", "chute-new --help"): (7.0, ("start", YARDSTICK)),
    ("prompt", "chute-new"): (30.0, ("start", YARDSTICK)),
    ("generate", "chute-new"): (0.6, ("generate", COPIER)),
}


@dataclass(frozen=True)
class Case:
    """Something to time; `run` gets an empty folder."""

    group: str
    name: str
    run: Callable[[Path], None]


def main() -> None:
    """Time everything and print the table, and the figures as JSON with --json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir()) / "peers")
    parser.add_argument("--cpu", action="store_true", help="processor time, not the clock's")
    parser.add_argument("--only", choices=("generate", "prompt"), help="this group, and the start")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = [
            case
            for case in cases(Path(folder), install(options.peers.absolute()))
            if options.only in (None, case.group) or case.name == YARDSTICK
        ]
        clock = computed if options.cpu else time.perf_counter
        times = measured(found, options.rounds, Path(folder), clock)
    medians = {case: statistics.median(seconds) for case, seconds in times.items()}
    if options.json:
        figures = {f"{case.group}: {case.name}": seconds for case, seconds in medians.items()}
        print(json.dumps(figures, indent=2))
    else:
        print(table(medians))


def install(folder: Path) -> Path:
    """The peers, in an environment of their own; returns its folder of programs."""
    if not (folder / "bin" / "cookiecutter").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", *PEERS], check=True)
    return folder / "bin"


def cases(folder: Path, peers: Path) -> list[Case]:
    """Ours from the console script of this environment, which a user starts."""
    ours = Path(sys.executable).parent
    cookie = cookiecutter_template(folder / "cookie")
    settings = [f"--set={key}={value}" for key, value in ANSWERS.items()]
    data = [part for key, value in ANSWERS.items() for part in ("--data", f"{key}={value}")]
    copy = ["copy", "--quiet", "--defaults", *data]
    committed = ["--defaults", "--no-verify", "--offline", "--quiet", *settings]
    bare = [*committed, "--no-git"]
    return [
        Case("start", YARDSTICK, program(sys.executable, "-c", "pass")),
        Case("start", "chute-new --version", program(ours / "chute-new", "--version")),
        Case("start", "chute-new --help", program(ours / "chute-new", "--help")),
        Case("start", "chute-new create --help", program(ours / "chute-new", "create", "--help")),
        Case("start", "copier --version", program(ours / "copier", "--version")),
        Case("start", "copier --help", program(ours / "copier", "--help")),
        Case("start", "cookiecutter --version", program(peers / "cookiecutter", "--version")),
        Case("start", "cookiecutter --help", program(peers / "cookiecutter", "--help")),
        Case("start", "hatch --version", program(peers / "hatch", "--version")),
        Case("start", "uv --version", program(ours / "uv", "--version")),
        Case("generate", "chute-new", program(ours / "chute-new", "out", *bare)),
        Case(
            "generate",
            "chute-new, with its commit",
            program(ours / "chute-new", "out", *committed),
        ),
        Case(
            "generate",
            COPIER,
            program(ours / "copier", *copy, ROOT / "template", "out"),
        ),
        Case(
            "generate",
            "cookiecutter, as many files",
            program(peers / "cookiecutter", "--no-input", cookie),
        ),
        Case("generate", "hatch new", program(peers / "hatch", "new", "my-chute")),
        Case("generate", "uv init", program(ours / "uv", "init", "--offline", "my-chute")),
        Case("prompt", "chute-new", prompt(ours / "chute-new", "out", shows="workload")),
        Case(
            "prompt",
            COPIER,
            prompt(ours / "copier", "copy", ROOT / "template", "out", shows="Pictures"),
        ),
        Case("prompt", "cookiecutter", prompt(peers / "cookiecutter", cookie, shows="name")),
    ]


def cookiecutter_template(folder: Path) -> Path:
    """Our rendered files as a cookiecutter template, with one variable in each."""
    subprocess.run(
        [
            sys.executable,
            "-m",
            "scaffold",
            folder / "made",
            "--defaults",
            "--no-git",
            "--no-verify",
            "--offline",
            "--quiet",
            *(f"--set={key}={value}" for key, value in ANSWERS.items()),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    (folder / "cookiecutter.json").write_text(json.dumps({"name": "my-chute"}))
    project = folder / "{{cookiecutter.name}}"
    (folder / "made").rename(project)
    for path in [path for path in project.rglob("*") if path.is_file()]:
        text = path.read_text(encoding="utf-8")
        path.write_text(f"# {{{{ cookiecutter.name }}}}\n{{% raw %}}{text}{{% endraw %}}\n")
    return folder


def program(*command: str | Path) -> Callable[[Path], None]:
    """Runs a command to its end, as a script would."""
    return lambda folder: _run([str(part) for part in command], folder)


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(
        command,
        cwd=folder,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )


def prompt(*command: str | Path, shows: str) -> Callable[[Path], None]:
    """Runs a command on a terminal until a word of its first question is there."""

    def until(folder: Path) -> None:
        path, *arguments = (str(part) for part in command)
        child = pexpect.spawn(
            path,
            arguments,
            cwd=str(folder),
            env=environment(),
            timeout=PROMPT_SECONDS,
            dimensions=(24, 80),
        )
        try:
            child.expect_exact(shows)
        finally:
            child.close(force=True)

    return until


def environment() -> dict[str, str]:
    """The same for all: no network is asked, and no settings of the person are read.

    Python keeps its bytecode, as it does where nobody forbids it.
    """
    left_out = ("CHUTE", "COPIER", "GIT_", "PYTHONDONTWRITEBYTECODE")
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith(left_out)},
        "XDG_CONFIG_HOME": "/nonexistent",
        "TERM": "xterm",
        "UV_NO_CONFIG": "1",
        "GIT_AUTHOR_NAME": "Test",
        "GIT_AUTHOR_EMAIL": "test@localhost",
        "GIT_COMMITTER_NAME": "Test",
        "GIT_COMMITTER_EMAIL": "test@localhost",
    }


def computed() -> float:
    """Seconds that the processes which ended so far have computed."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measured(
    found: list[Case], rounds: int, scratch: Path, clock: Callable[[], float]
) -> dict[Case, list[float]]:
    """Seconds of every case in every round; one round before them fills the caches."""
    times: dict[Case, list[float]] = {case: [] for case in found}
    rng = random.Random(0)
    for number in range(rounds + 1):
        for case in rng.sample(found, len(found)):
            folder = scratch / "work"
            folder.mkdir()
            began = clock()
            case.run(folder)
            if number:
                times[case].append(clock() - began)
            shutil.rmtree(folder)
    return times


def table(medians: dict[Case, float]) -> str:
    """Milliseconds, how many times the interpreter alone, and beside an aim what was reached."""
    by_name = {(case.group, case.name): seconds for case, seconds in medians.items()}
    bare = by_name["start", YARDSTICK]
    lines = []
    for group in dict.fromkeys(case.group for case in medians):
        lines += ["", f"{group:<34} {'ms':>8} {'ratio':>7}   aim"]
        for case, seconds in medians.items():
            if case.group == group:
                aim = _aim(case, by_name)
                figures = f"{seconds * 1000:>8.1f} {seconds / bare:>7.2f}"
                lines.append(f"  {case.name:<32} {figures}   {aim}".rstrip())
    return "\n".join(lines).strip()


def _aim(case: Case, by_name: dict[tuple[str, str], float]) -> str:
    """What is aimed at and what was reached, as ratios."""
    wanted, yardstick = AIMS.get((case.group, case.name), (None, None))
    if wanted is None or yardstick is None or yardstick not in by_name:
        return ""
    reached = by_name[case.group, case.name] / by_name[yardstick]
    return f"{wanted:.1f} of {yardstick[1]}: {reached:.2f}"


if __name__ == "__main__":
    main()
