"""From a commit to production against a double of the platform, with the SDK's real commands."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path

import pexpect
import pytest

from support.pipeline import (
    STEPS,
    Begin,
    Bench,
    finish,
    production,
    says_no,
)
from support.platform_double import Fault
from support.platform_double.identity import Identity
from support.platform_double.world import BUILT


@pytest.mark.whole
def test_a_failed_build_says_so_and_starts_over(bench: Bench, begin: Begin) -> None:
    world = begin("build")
    world.build_outcome = "error: step 3 failed"
    run = bench.run("build")
    says_no(run)
    assert "step 3 failed" in run.stderr
    world.build_outcome = BUILT
    finish(bench, "build")


@pytest.mark.whole
def test_a_stuck_build_ends_and_is_waited_for_again(bench: Bench, begin: Begin) -> None:
    world = begin("build")
    world.build_seconds = 10**6
    run = bench.run("build", OPS_BUILD_SECONDS="30")
    assert run.returncode == 4
    assert "still pending build" in run.stderr
    says_no(run)
    for image in world.images.values():
        image.seconds = 0
    asked = len(bench.double.asked)
    finish(bench, "build")
    assert ("POST", "/images/", "cli") not in bench.double.asked[asked:]


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["404", "500", "hang", "reset"])
def test_a_lost_build_log_is_no_failed_build(bench: Bench, begin: Begin, kind: str) -> None:
    begin("build")
    bench.double.faults.append(Fault("GET", "/images/.+/logs", kind))
    finish(bench, "build")


@pytest.mark.whole
@pytest.mark.parametrize("step", ["build", "deploy", "smoke", "promote", "rollback"])
def test_a_short_outage_is_sat_out(bench: Bench, begin: Begin, step: str) -> None:
    begin(step)
    bench.double.faults += [
        Fault("GET", "/(images|chutes)/[^/]+", "reset", "ops", times=2),
        Fault("GET", "/chutes/code/.+", "html", "ops", times=2),
    ]
    bench.do(*STEPS[step])


@pytest.mark.whole
@pytest.mark.parametrize("step", ["build", "deploy", "promote", "rollback"])
def test_what_is_done_is_not_done_again(bench: Bench, begin: Begin, step: str) -> None:
    begin(step)
    bench.do(*STEPS[step])
    asked = len(bench.double.asked)
    again = bench.run(*STEPS[step])
    assert not [one for one in bench.double.asked[asked:] if one[0] == "POST"]
    if step == "rollback":
        assert again.returncode == 3  # there is nothing earlier to go back to
    else:
        assert again.returncode == 0


@pytest.mark.whole
@pytest.mark.parametrize("step", ["deploy", "promote", "rollback"])
def test_an_accepted_deployment_that_does_not_show_is_no_success(
    bench: Bench, begin: Begin, step: str
) -> None:
    world = begin(step)
    before = production(world)
    world.forgets = True
    run = bench.run(*STEPS[step])
    says_no(run)
    assert "it runs other code" in run.stderr
    assert production(world) == before
    world.forgets = False
    finish(bench, step)


@pytest.mark.whole
def test_the_first_deployment_shows_its_fee_and_wants_a_yes(bench: Bench, begin: Begin) -> None:
    world = begin("deploy")
    world.chutes = {
        key: one for key, one in world.chutes.items() if one.posted["name"] == "my-chute"
    }
    for answer in ("", "no"):
        run = bench.run("deploy", ACCEPT_FEE=answer)
        assert run.returncode == 3
        assert "$5.4" in run.stderr
        assert "ACCEPT_FEE=yes" in run.stderr
        assert world.chute("my-chute-staging") is None
    world.balance = 5.0
    run = bench.run("deploy")
    assert run.returncode == 4
    assert "balance" in run.stderr
    assert world.chute("my-chute-staging") is None
    world.balance = 100.0
    finish(bench, "deploy")
    assert world.balance == pytest.approx(94.6)


@pytest.mark.whole
def test_a_chute_that_stays_cold_fails_the_smoke_test(bench: Bench, begin: Begin) -> None:
    world = begin("smoke")
    staging = world.chute("my-chute-staging")
    assert staging
    staging.instances.clear()
    world.cold_seconds = 10**6
    run = bench.run("smoke", "staging", OPS_WAKE_SECONDS="4")
    says_no(run)
    assert "starting" in run.stderr
    assert run.returncode == 4
    staging.instances.clear()
    world.cold_seconds = 1
    finish(bench, "smoke")


@pytest.mark.whole
def test_answers_of_the_old_version_do_not_count(bench: Bench, begin: Begin) -> None:
    world = begin("deploy")
    world.rolling_seconds = 10**6
    bench.do("deploy")
    run = bench.run("smoke", "staging", OPS_WAKE_SECONDS="4")
    says_no(run)
    assert "of the old version" in run.stderr
    staging = world.chute("my-chute-staging")
    assert staging
    for instance in staging.instances:
        instance.active_from = 0
        if instance.version != staging.version:
            instance.until = 0
    finish(bench, "smoke")


@pytest.mark.whole
def test_a_stub_in_staging_fails_the_smoke_test(bench: Bench, begin: Begin) -> None:
    world = begin("smoke")
    world.stub_shows = True
    run = bench.run("smoke", "staging", OPS_WAKE_SECONDS="60")
    assert run.returncode == 1
    assert "stub" in run.stderr
    assert bench.run("promote").returncode == 3
    world.stub_shows = False
    finish(bench, "smoke")


@pytest.mark.whole
@pytest.mark.parametrize(
    ("configuration", "word"),
    [
        (None, "does not exist"),
        ("", "has no user_id"),
        ("nonsense", "is not a configuration file"),
        ("[auth]\nusername = alice\n", "has no user_id"),
    ],
    ids=["missing", "empty", "nonsense", "incomplete"],
)
def test_bad_credentials_are_one_clear_sentence(
    bench: Bench, begin: Begin, tmp_path: Path, configuration: str | None, word: str
) -> None:
    begin("deploy")
    path = tmp_path / "config.ini"
    if configuration is not None:
        path.write_text(configuration)
    run = bench.run("deploy", CHUTES_CONFIG_PATH=str(path))
    assert run.returncode == 4
    assert run.stderr.startswith("error: ")
    assert word in run.stderr.splitlines()[0]
    # Where there is a file, an account stands behind it that a new one would not be.
    hint = "CHUTES_CONFIG_INI" if configuration is None else "Put back your copy"
    assert hint in run.stderr.splitlines()[1]
    assert len(run.stderr.splitlines()) == 2


@pytest.mark.whole
def test_credentials_may_come_as_text_and_show_nowhere(
    bench: Bench, begin: Begin, tmp_path: Path
) -> None:
    begin("deploy")
    text = bench.identity.configuration()
    run = bench.do("deploy", CHUTES_CONFIG_PATH="", CHUTES_CONFIG_INI=text, TMPDIR=str(tmp_path))
    assert bench.identity.seed not in run.stdout + run.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.whole
def test_somebody_elses_credentials_are_refused_before_anything_is_sent(
    bench: Bench, begin: Begin, tmp_path: Path
) -> None:
    begin("deploy")
    other = Identity.new("mallory").write(tmp_path / "config.ini")
    asked = len(bench.double.asked)
    run = bench.run("deploy", CHUTES_CONFIG_PATH=str(other))
    assert run.returncode == 2
    assert "belongs to alice" in run.stderr
    assert len(bench.double.asked) == asked


@pytest.mark.whole
def test_a_key_opens_one_chute_and_is_never_made_in_a_pipeline(bench: Bench, begin: Begin) -> None:
    world = begin("end")
    assert bench.run("key", "prod").returncode == 3
    assert not world.keys
    assert bench.run("key", "prod", "--json", CI="").returncode == 3
    assert not world.keys
    run = bench.do("key", "prod", "--json", "--output", "key.txt")
    made, kept = json.loads(run.stdout), bench.folder / "key.txt"
    chute = world.chute("my-chute")
    assert chute
    scope = {"object_type": "chutes", "object_id": chute.chute_id, "action": "invoke"}
    assert [(key["admin"], key["scopes"]) for key in world.keys.values()] == [(False, [scope])]
    secret = world.keys[made["key_id"]]["secret_key"]
    assert kept.read_text() == f"{secret}\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert secret not in run.stdout + run.stderr
    assert bench.run("key", "prod", "--output", "key.txt").returncode == 3
    assert len(world.keys) == 1


@pytest.mark.whole
def test_a_load_wakes_staging_and_keeps_to_what_it_may_cost(bench: Bench, begin: Begin) -> None:
    world = begin("promote")
    asked = len(bench.double.asked)
    dear = bench.run("load", "--max-usd", "0.01")
    assert (dear.returncode, "nothing was sent" in dear.stderr) == (3, True)
    assert not [one for one in bench.double.asked[asked:] if one[0] == "POST"]
    keys = dict(world.keys)
    run = bench.do("load", "--rate", "2", "--seconds", "2", "--even", "--json")
    document = json.loads(run.stdout)
    assert document["target"]["name"] == "my-chute-staging"
    assert document["figures"]["requests"] == 4
    assert "At most $" in run.stderr
    assert world.keys == keys


@pytest.mark.whole
def test_stopping_ends_every_instance_until_it_is_undone(bench: Bench, begin: Begin) -> None:
    world = begin("end")
    bench.do("stop", "staging")
    chute = world.chute("my-chute-staging")
    assert chute
    assert (chute.disabled, chute.instances) == (True, [])
    run = bench.run("smoke", "staging")
    says_no(run)
    assert "--undo" in run.stderr
    bench.do("stop", "staging", "--undo")
    assert chute.disabled is False


@pytest.mark.whole
def test_status_and_cost_are_told_to_programs_too(bench: Bench, begin: Begin) -> None:
    begin("promote")
    status = json.loads(bench.do("status", "--json").stdout)
    assert status["staging"]["differences"] == []
    assert "it runs other code" in status["prod"]["differences"]
    cost = json.loads(bench.do("cost", "--json").stdout)
    assert [chute["usd_per_hour_cap"] for chute in cost["chutes"]] == pytest.approx([5.4, 1.8])


@pytest.mark.whole
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_smoke_test_leaves_no_key_and_no_green_report(
    bench: Bench, begin: Begin, tmp_path: Path, sign: int
) -> None:
    world = begin("promote")
    staging = world.chute("my-chute-staging")
    assert staging
    staging.instances.clear()
    world.cold_seconds = 10**6
    process = subprocess.Popen(
        [".venv/bin/python", "-m", "chutekit.ops.smoke", "staging"],
        cwd=bench.folder,
        env={
            **bench.environment,
            "CHUTES_CONFIG_PATH": "",
            "CHUTES_CONFIG_INI": bench.identity.configuration(),
            "TMPDIR": str(tmp_path),
            "OPS_WAKE_SECONDS": "60",
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    while "starting" not in process.stderr.readline():
        assert process.poll() is None
    assert world.keys
    process.send_signal(sign)
    assert process.wait(timeout=30) == 130
    process.stderr.close()
    assert not world.keys
    assert not list(tmp_path.iterdir())
    assert bench.run("promote").returncode == 3


@pytest.mark.whole
def test_secrets_are_set_and_replaced_without_being_shown(bench: Bench, begin: Begin) -> None:
    world = begin("promote")
    settings = bench.folder / "pyproject.toml"
    text = settings.read_text()
    settings.write_text(re.sub(r"^secrets =.*$", 'secrets = ["HF_TOKEN"]', text, flags=re.M))
    try:
        missing = bench.run("secrets", "staging", HF_TOKEN="")
        assert missing.returncode == 2
        assert "HF_TOKEN" in missing.stderr
        for value in ("hf_first", "hf_second"):
            run = bench.do("secrets", "staging", HF_TOKEN=value)
            assert value not in run.stdout + run.stderr
            assert [secret["value"] for secret in world.secrets.values()] == [value]
        world.chutes.clear()
        assert bench.run("secrets", "staging", HF_TOKEN="hf_third").returncode == 1
    finally:
        settings.write_text(text)


@pytest.mark.whole
def test_logs_end_although_the_platform_streams_for_ever(bench: Bench, begin: Begin) -> None:
    world = begin("promote")
    run = bench.do("logs", "staging", "--json")
    staging = world.chute("my-chute-staging")
    assert staging
    (instance,) = staging.instances
    assert json.loads(run.stdout) == {"instances": {instance.instance_id: ["model loaded"]}}


@pytest.mark.whole
@pytest.mark.parametrize(("answer", "status"), [("yes", 0), ("no", 3), ("", 3)])
def test_on_a_terminal_the_fee_is_a_question(
    bench: Bench, begin: Begin, answer: str, status: int
) -> None:
    world = begin("deploy")
    world.chutes = {
        key: one for key, one in world.chutes.items() if one.posted["name"] == "my-chute"
    }
    terminal = pexpect.spawn(
        str(bench.folder / ".venv" / "bin" / "python"),
        ["-m", "chutekit.ops.deploy"],
        cwd=str(bench.folder),
        env={**bench.environment, "CI": "", "ACCEPT_FEE": ""},
        encoding="utf-8",
        timeout=90,
    )
    terminal.expect(r"\$5\.4")
    terminal.expect("Type yes")
    terminal.sendline(answer)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == status
    assert (world.chute("my-chute-staging") is not None) == (status == 0)
