"""From a commit to production against a double of the platform, with the SDK's real commands.

Every request of every step fails once in every way: the step must say so, leave production as it
is, and do its work when it is run again.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest
import yaml

from support.pipeline import (
    STEPS,
    TAGLINE,
    Begin,
    Bench,
    Moment,
    done,
    generate,
    git,
    go_back,
    platform_for,
    production,
    walk,
)
from support.platform_double import Fault
from support.platform_double.entities import version_of
from support.platform_double.identity import Identity
from support.platform_double.world import BUILT


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Bench]:
    """A repository for pictures, in a folder whose name has a space."""
    folder = tmp_path_factory.mktemp("with space") / "image"
    with platform_for(generate(folder, shared, workload="image", tagline=TAGLINE)) as bench:
        yield bench


@pytest.fixture(scope="module")
def moments(bench: Bench) -> dict[str, Moment]:
    """One version in production, the next on its way: where each of its steps begins."""
    return walk(bench)


@pytest.fixture
def begin(bench: Bench, moments: dict[str, Moment]) -> Iterator[Begin]:
    """Goes back to where a step begins."""
    yield lambda step: go_back(bench, moments[step])
    bench.double.faults.clear()


IMAGE, CHUTE = "/images/[^/]+", "/chutes/[^/]+"
#: Calls of the chute, which has a host of its own.
HEALTH, GENERATE = "/health", "/generate"
ASKED = ["401", "500", "html", "hang", "reset"]
POSTED = ["401", "402", "403", "409", "422", "429", "500", "html", "hang", "reset"]
DEPLOYING = [
    *(("GET", CHUTE, kind, "ops") for kind in ASKED),
    *(("GET", IMAGE, kind, "ops") for kind in ("404", "500", "reset")),
    *(("GET", IMAGE, kind, "cli") for kind in ("404", "500", "html", "hang", "reset")),
    *(("POST", "/chutes/", kind, "cli") for kind in ["400", *POSTED]),
]
FAULTS = {
    "build": [
        *(("GET", IMAGE, kind, "ops") for kind in ASKED),
        *(("GET", IMAGE, kind, "cli") for kind in ASKED),
        *(("POST", "/images/", kind, "cli") for kind in POSTED),
    ],
    "deploy": DEPLOYING,
    "smoke": [
        *(("GET", CHUTE, kind, "ops") for kind in ASKED),
        *(("GET", "/api_keys/", kind, "ops") for kind in ("401", "500", "reset")),
        *(("POST", "/api_keys/", kind, "ops") for kind in POSTED),
        *(("GET", "/chutes/warmup/.+", kind, "ops") for kind in ("402", "404", "500", "hang")),
        *(("GET", HEALTH, kind, "ops") for kind in ("401", "402", "503", "hang")),
        *(("POST", GENERATE, kind, "ops") for kind in POSTED[2:]),
    ],
    "promote": DEPLOYING,
    "rollback": DEPLOYING,
}
ROWS = [(step, *fault) for step, faults in FAULTS.items() for fault in faults]
HINTS = {"401": "credentials", "402": "balance", "429": "24"}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("step", "method", "path", "kind", "client"),
    ROWS,
    ids=[
        f"{step}-{method}-{path.strip('/')}-{kind}-{client}"
        for step, method, path, kind, client in ROWS
    ],
)
def test_a_failing_request_stops_the_step_and_nothing_else(
    bench: Bench, begin: Begin, step: str, method: str, path: str, kind: str, client: str
) -> None:
    world = begin(step)
    before = production(world)
    fault = Fault(method, path, kind, client)
    bench.double.faults.append(fault)

    run = bench.run(*STEPS[step])

    assert fault.seen, "the step never asked for that"
    says_no(run)
    if path not in (HEALTH, GENERATE):  # calls of the chute itself fail with findings
        assert HINTS.get(kind, "") in run.stderr
    assert production(world) == before
    bench.double.faults.clear()
    finish(bench, step)


def says_no(run: subprocess.CompletedProcess[str]) -> None:
    """Check that a failure looks like one and says what to do."""
    told = run.stdout + run.stderr
    assert run.returncode in (1, 3, 4), told
    assert "Traceback" not in told
    if run.returncode != 1 or "error: " in told:
        assert re.search(r"^error: .{10,}$", run.stderr, re.M), told
        assert re.search(r"^hint: .{10,}$", run.stderr, re.M), told
    assert "<html" not in told


def finish(bench: Bench, step: str) -> None:
    """Run the step again; now it must reach its goal."""
    patient = {"OPS_WAKE_SECONDS": "120", "OPS_DEPLOY_SECONDS": "120", "OPS_REQUEST_SECONDS": "30"}
    done(bench.run(*STEPS[step], **patient))
    world = bench.double.world
    chute_py = (bench.folder / "chute.py").read_text()
    if step == "build":
        assert any(image.tag == "second-0123456789ab" for image in world.images.values())
    elif step == "deploy":
        staged = world.chute("my-chute-staging")
        assert staged
        assert staged.posted["code"] == chute_py
    elif step == "smoke":
        assert (
            json.loads((bench.folder / ".chute" / "smoke-staging.json").read_text())["ok"] is True
        )
        assert not world.keys, "the key of the test is still there"
    else:
        chute = world.chute("my-chute")
        assert chute
        assert (chute.posted["code"] == chute_py) == (step == "promote")


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
    run = bench.run("build", OPS_BUILD_SECONDS="15")
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
    done(bench.run(*STEPS[step], OPS_RETRY_SECONDS="20", OPS_WAKE_SECONDS="60"))


@pytest.mark.whole
@pytest.mark.parametrize("step", ["build", "deploy", "promote", "rollback"])
def test_what_is_done_is_not_done_again(bench: Bench, begin: Begin, step: str) -> None:
    begin(step)
    done(bench.run(*STEPS[step]))
    asked = len(bench.double.asked)
    again = bench.run(*STEPS[step])
    assert not [one for one in bench.double.asked[asked:] if one[0] == "POST"]
    if step == "rollback":
        assert again.returncode == 3  # there is nothing earlier to go back to
    else:
        assert done(again)


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
def test_a_rollback_never_pays_a_fee(bench: Bench, begin: Begin) -> None:
    world = begin("rollback")
    balance = world.balance
    finish(bench, "rollback")
    assert world.balance == balance


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
    done(bench.run("deploy"))
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


def forget(report: Path) -> None:
    report.unlink()


def redden(report: Path) -> None:
    report.write_text(report.read_text().replace('"ok": true', '"ok": false'))


def age(report: Path) -> None:
    document = json.loads(report.read_text())
    report.write_text(json.dumps({**document, "time": document["time"] - 90000}))


def mangle(report: Path) -> None:
    report.write_text("{")


def of_other_code(report: Path) -> None:
    report.write_text(
        re.sub(r'"code_sha256": "\w{8}', '"code_sha256": "00000000', report.read_text())
    )


def of_other_image(report: Path) -> None:
    report.write_text(re.sub(r'"image_id": "\w{8}', '"image_id": "00000000', report.read_text()))


SPOILERS = [forget, redden, age, mangle, of_other_code, of_other_image]


@pytest.mark.whole
@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda spoil: spoil.__name__)
def test_only_what_passed_in_staging_is_promoted(
    bench: Bench, begin: Begin, spoil: Callable[[Path], None]
) -> None:
    world = begin("promote")
    before = production(world)
    spoil(bench.folder / ".chute" / "smoke-staging.json")
    asked = len(bench.double.asked)
    run = bench.run("promote", "--json")
    assert run.returncode == 3
    assert json.loads(run.stdout)["error"]["code"] == 3
    assert "make" in json.loads(run.stdout)["error"]["hint"]
    assert production(world) == before
    assert not [one for one in bench.double.asked[asked:] if one[0] == "POST"]


@pytest.mark.whole
def test_staging_that_was_deployed_again_since_is_not_promoted(bench: Bench, begin: Begin) -> None:
    world = begin("promote")
    before = production(world)
    staging, image = world.chute("my-chute-staging"), next(iter(world.images.values()))
    assert staging
    staging.posted["code"] += "\n# by somebody else\n"
    staging.version = version_of(image, staging.posted["code"])
    run = bench.run("promote")
    assert run.returncode == 3
    assert "no longer what was smoke-tested: it runs other code" in run.stderr
    assert production(world) == before


@pytest.mark.whole
def test_rolling_back_to_a_version_whose_image_is_gone_changes_nothing(
    bench: Bench, begin: Begin
) -> None:
    world = begin("rollback")
    before = production(world)
    old = [one for one in world.images.values() if not one.tag.startswith("second")]
    del world.images[old[0].image_id]
    run = bench.run("rollback")
    assert run.returncode == 1
    assert "is gone" in run.stderr
    assert production(world) == before


@pytest.mark.whole
def test_rolling_back_to_a_commit_needs_no_record(bench: Bench, begin: Begin) -> None:
    begin("rollback")
    shutil.rmtree(bench.folder / ".chute")
    assert bench.run("rollback").returncode == 3
    assert bench.run("rollback", "--to", "nowhere").returncode == 2
    done(bench.run("rollback", "--to", "HEAD~1"))
    finish_at = bench.double.world.chute("my-chute")
    assert finish_at
    assert finish_at.posted["code"] == git(bench.folder, "show", "HEAD~1:chute.py")


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
    assert "CHUTES_CONFIG_INI" in run.stderr
    assert len(run.stderr.splitlines()) == 2


@pytest.mark.whole
def test_credentials_may_come_as_text_and_show_nowhere(
    bench: Bench, begin: Begin, tmp_path: Path
) -> None:
    begin("deploy")
    text = bench.identity.configuration()
    run = done(
        bench.run("deploy", CHUTES_CONFIG_PATH="", CHUTES_CONFIG_INI=text, TMPDIR=str(tmp_path))
    )
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
    made = json.loads(done(bench.run("key", "prod", "--json", CI="")).stdout)
    chute = world.chute("my-chute")
    assert chute
    scope = {"object_type": "chutes", "object_id": chute.chute_id, "action": "invoke"}
    assert [(key["admin"], key["scopes"]) for key in world.keys.values()] == [(False, [scope])]
    assert made["key"] == world.keys[made["key_id"]]["secret_key"]


@pytest.mark.whole
def test_stopping_ends_every_instance_until_it_is_undone(bench: Bench, begin: Begin) -> None:
    world = begin("end")
    done(bench.run("stop", "staging"))
    chute = world.chute("my-chute-staging")
    assert chute
    assert (chute.disabled, chute.instances) == (True, [])
    run = bench.run("smoke", "staging")
    says_no(run)
    assert "--undo" in run.stderr
    done(bench.run("stop", "staging", "--undo"))
    assert chute.disabled is False


@pytest.mark.whole
def test_status_and_cost_are_told_to_programs_too(bench: Bench, begin: Begin) -> None:
    begin("promote")
    status = json.loads(done(bench.run("status", "--json")).stdout)
    assert status["staging"]["differences"] == []
    assert "it runs other code" in status["prod"]["differences"]
    cost = json.loads(done(bench.run("cost", "--json")).stdout)
    assert [chute["usd_per_hour_cap"] for chute in cost["chutes"]] == pytest.approx([5.4, 1.8])


def workflow_steps(repository: Path, job: str) -> list[tuple[str, bool]]:
    """The commands of a job of the release workflow, and whether each is for a failure only."""
    workflow = yaml.safe_load((repository / ".github" / "workflows" / "release.yml").read_text())
    return [
        (step["run"], "failure()" in step.get("if", ""))
        for step in workflow["jobs"][job]["steps"]
        if "run" in step
    ]


def run_job(bench: Bench, job: str) -> list[str]:
    """Do what the workflow does; return the commands that failed."""
    failed: list[str] = []
    skipped = ("make setup", "make test")
    for command, after_failure in workflow_steps(bench.folder, job):
        if command in skipped or after_failure != bool(failed):
            continue
        if bench.start(["sh", "-ec", command], {"OPS_WAKE_SECONDS": "120"}).returncode:
            failed.append(command)
    return failed


@pytest.mark.path
def test_the_release_workflow_takes_a_chat_chute_to_production_and_back(
    tmp_path: Path, shared: Path
) -> None:
    folder = generate(tmp_path / "llm", shared, workload="llm", concurrency=4)
    with platform_for(folder) as bench:
        world = bench.double.world
        assert run_job(bench, "stage") == []
        assert world.chute("my-chute") is None
        assert run_job(bench, "production") == []
        first = world.chute("my-chute")
        assert first
        good = first.version
        bench.edit("second-0123456789ab", "another version")
        done(bench.make("build"))
        done(bench.make("deploy-staging"))
        done(bench.make("smoke-staging", OPS_WAKE_SECONDS="120"))
        bench.double.faults.append(Fault("POST", "/v1/.+", "500"))
        assert run_job(bench, "production") == ["make smoke"]
        assert first.version == good


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
            run = done(bench.run("secrets", "staging", HF_TOKEN=value))
            assert value not in run.stdout + run.stderr
            assert [secret["value"] for secret in world.secrets.values()] == [value]
        world.chutes.clear()
        assert bench.run("secrets", "staging", HF_TOKEN="hf_third").returncode == 1
    finally:
        settings.write_text(text)


@pytest.mark.whole
def test_logs_end_although_the_platform_streams_for_ever(bench: Bench, begin: Begin) -> None:
    world = begin("promote")
    run = done(bench.run("logs", "staging", "--json"))
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
