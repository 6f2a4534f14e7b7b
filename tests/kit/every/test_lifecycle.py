"""How an instance starts, fails to start, and ends."""

from pathlib import Path

from chutekit.testing.running import DEVELOPMENT, PRODUCTION, START_SECONDS, RunningChute


def test_sigterm_ends_an_idle_instance_with_status_0(tmp_path: Path) -> None:
    with RunningChute(DEVELOPMENT, tmp_path / "log") as chute:
        chute.terminate()
        assert chute.process.wait(5) == 0
    assert chute.events("ended")[0]["status"] == 0


def test_every_start_up_step_says_how_long_it_took(development: RunningChute) -> None:
    steps = development.events("startup_step")
    assert steps
    assert all(step["step"] and step["seconds"] >= 0 for step in steps)
    assert development.events("ready")


def test_the_stub_is_refused_outside_of_development(tmp_path: Path) -> None:
    chute = RunningChute(PRODUCTION, tmp_path / "log", CHUTE_BACKEND="stub")
    assert_fails_to_start(chute, "only with --dev")


def test_an_unknown_backend_is_refused(tmp_path: Path) -> None:
    chute = RunningChute(DEVELOPMENT, tmp_path / "log", CHUTE_BACKEND="nonsense")
    assert_fails_to_start(chute, "CHUTE_BACKEND")


def assert_fails_to_start(chute: RunningChute, why: str) -> None:
    """The process ends with status 1, without a trace, after one line that says why."""
    chute.start()
    try:
        assert chute.process.wait(START_SECONDS) == 1
    finally:
        chute.kill()
    assert "Traceback" not in chute.log.read_text()
    (line,) = chute.events("startup_failed")
    assert why in line["reason"]
