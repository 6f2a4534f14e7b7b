"""What a new user does: generate, `make setup`, `make test`, `make dev` and call it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.harness import free_port
from support.machine import need, path_with_uv
from support.places import ROOT

#: Set up by uv, and by pip because uv fails.
WORKLOADS = [
    pytest.param("image", marks=pytest.mark.whole),
    pytest.param("llm", marks=pytest.mark.path),
    pytest.param("custom", marks=pytest.mark.path),
]


def environment() -> dict[str, str]:
    """Ours, without what would point a fresh repository at this checkout's packages."""
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "CHUTES_", "MAKE", "MFLAGS", "GIT_")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}


def make(
    folder: Path, *arguments: str, timeout: float = 900, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run make in a generated repository."""
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={**environment(), **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture(scope="module", params=WORKLOADS)
def repository(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated repository after `make setup`, in a folder whose name has a space.

    One by uv, and one by pip because uv fails.
    """
    need("make")
    folder = tmp_path_factory.mktemp("with space") / str(request.param)
    example = ROOT / "examples" / f"{request.param}.yml"
    subprocess.run(
        [sys.executable, "-m", "scaffold", str(folder), "--answers", str(example)],
        env={**environment(), "PYTHONPATH": str(ROOT)},
        check=True,
        stdin=subprocess.DEVNULL,
    )
    path = path_with_uv(folder.with_suffix(".tools"))
    if request.param == "image":
        broken = folder.with_suffix(".tools") / "uv"
        broken.unlink()
        broken.write_text("#!/bin/sh\nexit 1\n")
        broken.chmod(0o755)
    setup = make(folder, "setup", PATH=path)
    assert setup.returncode == 0, setup.stdout + setup.stderr
    return folder


def test_make_alone_prints_help(repository: Path) -> None:
    run = make(repository)
    assert run.returncode == 0
    for target in (
        "setup",
        "test",
        "lint",
        "check",
        "dev",
        "build",
        "deploy-staging",
        "smoke-staging",
        "promote",
        "rollback",
        "key",
        "pin",
    ):
        assert f"  {target} " in run.stdout


def test_its_own_tests_pass(repository: Path) -> None:
    run = make(repository, "test")
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert " passed" in run.stdout
    assert " failed" not in run.stdout


def test_it_is_lint_free(repository: Path) -> None:
    run = make(repository, "lint")
    assert run.returncode == 0, run.stdout + run.stderr


def test_its_checks_have_nothing_to_say(repository: Path) -> None:
    run = make(repository, "check")
    assert run.returncode == 0, run.stdout + run.stderr


def test_working_with_it_leaves_git_clean(repository: Path) -> None:
    run = subprocess.run(
        ["git", "status", "--porcelain"], cwd=repository, capture_output=True, text=True, check=True
    )
    assert run.stdout == ""


@pytest.mark.parametrize("variant", ["prod", "staging"])
def test_the_sdk_loads_either_variant(repository: Path, variant: str) -> None:
    code = (
        "from chutes.entrypoint._shared import load_chute;"
        f"module, chute = load_chute('chute:{variant}', None, False);"
        "print(chute.name, chute.concurrency, len(chute.cords))"
    )
    run = subprocess.run(
        [repository / ".venv" / "bin" / "python", "-c", code],
        cwd=repository,
        env={**environment(), "CHUTES_ALLOW_MISSING": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    name, concurrency, cords = run.stdout.split()[-3:]
    assert name.endswith("-staging") == (variant == "staging")
    assert int(concurrency) == (64 if "chat" in name else 1)
    assert int(cords) >= 2


def port_of_a_chute() -> int:
    """A port nobody listens on, nor on the one 10000 above, which `make dev` takes for its logs."""
    while True:
        port = free_port()
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port + 10000))
            return port


@contextlib.contextmanager
def served(repository: Path) -> Iterator[str]:
    """`make dev` until the block ends; yields its address."""
    port = port_of_a_chute()
    log = repository.parent / "dev.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", "dev", f"PORT={port}"],
            cwd=repository,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{address}/health", timeout=5)
                break
            assert process.poll() is None, log.read_text()[-4000:]
            assert time.monotonic() < deadline, log.read_text()[-4000:]
            time.sleep(0.2)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def readme_curls(repository: Path) -> str:
    """The shell block of the README that calls the served chute."""
    blocks: list[str] = re.findall(
        r"```sh\n(.*?)```", (repository / "README.md").read_text(), re.DOTALL
    )
    return next(block for block in blocks if "curl http://127.0.0.1:8000/health" in block)


def test_the_calls_of_its_readme_work(repository: Path, tmp_path: Path) -> None:
    need("curl")
    (tmp_path / ".curlrc").write_text("fail\nsilent\nshow-error\n")
    with served(repository) as address:
        script = readme_curls(repository).replace("http://127.0.0.1:8000", address)
        run = subprocess.run(
            ["bash", "-euc", script],
            cwd=tmp_path,
            env={**environment(), "CURL_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, script + run.stdout + run.stderr


def test_make_dev_serves_it(repository: Path) -> None:
    with served(repository) as address:
        health = httpx.get(f"{address}/health")
        assert health.status_code == 200
        assert health.json()["status"] == "ready"
        assert health.json()["backend"] == "stub"
        if repository.name == "image":
            good = httpx.post(
                f"{address}/generate", json={"prompt": "a boat", "seed": 1}, timeout=60
            )
            assert good.status_code == 200
            assert good.headers["content-type"] == "image/jpeg"
            assert good.content[:2] == b"\xff\xd8"
            wrong = httpx.post(f"{address}/generate", json={"prompt": "", "wdith": 3})
            assert wrong.status_code == 400
            assert {f["field"] for f in wrong.json()["error"]["fields"]} == {"prompt", "wdith"}
        elif repository.name == "custom":
            good = httpx.post(f"{address}/classify/text", json={"text": "Hello"})
            assert good.json().keys() == {"label", "score"}
            wrong = httpx.post(f"{address}/classify/image", json={"image_b64": "?", "x": 1})
            assert wrong.status_code == 400
            assert {f["field"] for f in wrong.json()["error"]["fields"]} == {"image_b64", "x"}
        else:
            import openai

            client = openai.OpenAI(base_url=f"{address}/v1", api_key="x", max_retries=0)
            model = client.models.list().data[0].id
            assert model == "chat-staging"
            messages: Any = [{"role": "user", "content": "Hello"}]
            plain = client.chat.completions.create(model=model, messages=messages, max_tokens=8)
            assert plain.choices[0].message.content
            chunks = list(
                client.chat.completions.create(
                    model=model, messages=messages, max_tokens=8, stream=True
                )
            )
            assert len(chunks) > 1
            with pytest.raises(openai.BadRequestError, match="temperature"):
                client.chat.completions.create(model=model, messages=messages, temperature=11)
