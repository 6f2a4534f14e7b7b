"""The engine's supervision, without a chute around it."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from chutekit.engines import engine as module
from chutekit.engines.engine import Engine, EngineFailed, EngineSettings
from chutekit.engines.log import EngineLog, safe
from chutekit.engines.metrics import read_metrics
from chutekit.engines.process import child_environment
from chutekit.testing.standins import engine as engine_args
from tests.bodies import BUSY, HANGING, PATH, WARM_UP


@asynccontextmanager
async def started() -> AsyncIterator[Engine]:
    engine = Engine("mine")
    settings = EngineSettings(
        gpu_count=1,
        context_length=1000,
        max_sequences=4,
        served_name="mine",
        port=engine.port,
        embedding=PATH == "/v1/embeddings",
    )
    engine.start(engine_args.launch(settings, engine.api_key))
    try:
        yield engine
    finally:
        await engine.session.close()
        engine.end()


def ask(engine: Engine, body: dict[str, Any]) -> asyncio.Task[Any]:
    async def call() -> None:
        asked = body | {"model": "mine"}
        with engine.request():
            async with engine.session.post(PATH, json=asked, headers=engine.headers):
                pass

    return asyncio.create_task(call())


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(module, "CHECK_LIMIT_SECONDS", 0.3)
    monkeypatch.setattr(module, "NO_PROGRESS_LIMIT_SECONDS", 1.0)


def test_an_engine_that_stops_answering_has_failed() -> None:
    async def scenario() -> None:
        async with started() as engine:
            await engine.ready()
            await engine.warm_up(WARM_UP)
            os.killpg(engine.process.pid, signal.SIGSTOP)
            with pytest.raises(EngineFailed, match="did not answer"):
                await asyncio.wait_for(engine.watch(), 10)
            os.killpg(engine.process.pid, signal.SIGCONT)

    asyncio.run(scenario())


def test_an_engine_that_answers_but_gets_nowhere_has_failed() -> None:
    async def scenario() -> None:
        async with started() as engine:
            await engine.ready()
            request = ask(engine, HANGING)
            with pytest.raises(EngineFailed, match="no progress"):
                await asyncio.wait_for(engine.watch(), 10)
            request.cancel()

    asyncio.run(scenario())


@pytest.mark.parametrize("body", [None, BUSY], ids=["idle", "busy"])
def test_a_healthy_engine_is_left_alone(body: dict[str, Any] | None) -> None:
    async def scenario() -> None:
        async with started() as engine:
            await engine.ready()
            request = ask(engine, body) if body else None
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(engine.watch(), 2)
            assert engine.values["running_requests"] == (1 if body else 0)
            if request:
                request.cancel()

    asyncio.run(scenario())


def test_an_engine_that_is_never_ready_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUTE_STUB", "never=1")

    async def scenario() -> None:
        async with started() as engine:
            with pytest.raises(EngineFailed, match="not ready within 1 s"):
                await engine.ready(within=1)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("names", "asks", "reason"),
    [
        (["mine"], False, "without a key"),
        (["other"], True, "not mine"),
        (None, True, "not an engine"),
    ],
)
def test_another_server_on_the_port_is_noticed(
    names: list[str] | None, asks: bool, reason: str
) -> None:
    async def models(request: web.Request) -> web.Response:
        if asks and "Authorization" not in request.headers:
            raise web.HTTPUnauthorized
        if names is None:
            return web.Response(text="<html>")
        return web.json_response({"data": [{"id": name} for name in names]})

    async def scenario() -> None:
        async with started() as engine:
            await engine.ready()
            app = web.Application()
            app.router.add_get("/v1/models", models)
            runner = web.AppRunner(app)
            await runner.setup()
            other = Engine("mine")
            await web.TCPSite(runner, "127.0.0.1", other.port).start()
            real, engine.port = engine.port, other.port
            await engine.session.close()
            engine.open_session()
            with pytest.raises(EngineFailed, match=reason):
                await engine.check_identity()
            engine.port = real
            await runner.cleanup()

    asyncio.run(scenario())


def test_a_connection_is_used_again_but_not_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_CONNECTION_SECONDS", 0.5)
    peers = []

    async def hello(request: web.Request) -> web.Response:
        peers.append(request.transport.get_extra_info("peername"))
        return web.Response(text="hello")

    async def scenario() -> None:
        app = web.Application()
        app.router.add_get("/hello", hello)
        runner = web.AppRunner(app)
        await runner.setup()
        engine = Engine("mine")
        await web.TCPSite(runner, "127.0.0.1", engine.port).start()
        engine.open_session()
        for pause in (0, 1, 0):
            async with engine.session.get("/hello") as answer:
                await answer.read()
            await asyncio.sleep(pause)
        await engine.session.close()
        await runner.cleanup()

    asyncio.run(scenario())
    assert peers[0] == peers[1] != peers[2]


def test_secrets_stay_out_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "REDIS_URL", "CHUTES_LAUNCH_JWT", "MY_SECRET"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("HF_HOME", "/cache")
    environment = child_environment({"EXTRA": "1"})
    assert "secret" not in environment.values()
    assert environment["HF_HOME"] == "/cache"
    assert environment["EXTRA"] == "1"
    assert "PATH" in environment


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (
            '  File "/usr/lib/python3.12/site-packages/vllm/v1/core.py", line 7, in step',
            "v1/core.py:7 step",
        ),
        (
            "(EngineCore pid=9) ERROR 11-23 15:11:52 [core.py:46] prompt 'my secret' failed",
            "ERROR core.py:46",
        ),
        ("torch.OutOfMemoryError: CUDA out of memory. my secret", "torch.OutOfMemoryError"),
        ("ValueError: cannot read 'my secret'", "ValueError"),
        ("INFO 11-23 15:11:52 [logger.py:46] Received request: prompt: 'my secret'", None),
        ("my secret", None),
    ],
)
def test_lines_of_a_serving_engine_keep_nothing_a_client_wrote(line: str, kept: str | None) -> None:
    assert safe(line) == kept


def test_lines_of_a_starting_engine_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    log = EngineLog()
    for number in range(100):
        log.add(f"line {number}\n")
    log.tell()
    told = capsys.readouterr().out
    assert '"line 99"' in told
    assert '"line 59"' not in told


def test_the_process_that_failed_is_not_talked_down(capsys: pytest.CaptureFixture[str]) -> None:
    log = EngineLog()
    log.add("(EngineCore pid=9) ValueError: the cause\n")
    for _ in range(100):
        log.add("(APIServer pid=8) RuntimeError: see above\n")
    log.tell()
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["process"], first["lines"]) == ("EngineCore", ["ValueError: the cause"])
    assert second["process"] == "APIServer"


def test_metrics_are_summed_over_labels() -> None:
    page = '# HELP a b\nx:a_total{l="1 2"} 3.0\nx:a_total{l="3"} 4\nx:a_totals 9\nx:b 1e2\n'
    assert read_metrics(page, {"x:a_total": "a", "x:b": "b"}) == {"a": 7.0, "b": 100.0}
