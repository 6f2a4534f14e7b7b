"""Each finding of the doctor, provoked on a machine that has nothing else."""

import os
import tempfile
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest

from scaffold.doctor import account, asking, folder, packages, proxies
from scaffold.doctor.finding import (
    BUILD,
    DEPLOY,
    DEV,
    SETUP,
    TARGETS,
    TEST,
    Examination,
    Finding,
)
from scaffold.doctor.kit import module, pythons, unexported
from scaffold.doctor.machine import Machine
from scaffold.errors import Unasked

At = Callable[..., Machine]
One = Callable[[Iterable[Finding]], Finding]
Put = Callable[..., Path]


def test_a_machine_without_habits_has_nothing(at: At) -> None:
    for part in (packages, proxies, folder):
        assert list(part.findings(at())) == []


def test_what_the_repository_does_by_itself_is_read_from_the_template() -> None:
    assert pythons()[0] == "python3.12"
    assert pythons()[-1] == "python3"
    assert {"PYTHONPATH", "PYTHONSAFEPATH", "PYTHONINSPECT"} <= set(unexported())


@pytest.mark.parametrize(
    ("name", "by"),
    [
        *((name, "make setup") for name in ("PIP_TARGET", "PIP_PYTHON", "UV_PREFIX", "PIP_USER")),
        *((name, "the Makefile") for name in ("PYTHONPATH", "PYTHONOPTIMIZE", "PYTHONSAFEPATH")),
    ],
)
def test_a_variable_of_which_the_repository_takes_no_notice(
    at: At, one: One, name: str, by: str
) -> None:
    found = one(packages.findings(at(**{name: "1"})))
    assert (found.id, found.message, found.remedy) == ("variable", f"{name} is set", by)
    assert found.neutralised
    assert not found.stops


def test_a_variable_that_is_set_to_no(at: At) -> None:
    assert list(packages.findings(at(PIP_USER="0", PIP_NO_INDEX="false", PIP_TARGET=""))) == []


def test_a_file_of_pips_settings_that_sends_packages_elsewhere(
    at: At, one: One, program: Put, tmp_path: Path
) -> None:
    settings = tmp_path / "home" / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text("[global]\ntimeout = 60\n[install]\ntarget = /elsewhere\n")
    found = one(packages.findings(at()))
    assert (found.id, found.stops) == ("pip-settings", (SETUP,))
    assert f"{settings} sets target = /elsewhere" in found.message
    assert list(packages.findings(at(PIP_CONFIG_FILE=os.devnull))) == []
    program("uv")  # is taken first, and does not read it
    assert list(packages.findings(at())) == []


def test_a_file_of_uvs_settings_that_sends_packages_elsewhere(
    at: At, one: One, program: Put, tmp_path: Path
) -> None:
    settings = tmp_path / "uv.toml"
    settings.write_text('[pip]\nsystem = true\nindex-strategy = "first-index"\n')
    assert list(packages.findings(at(UV_CONFIG_FILE=str(settings)))) == []
    program("uv")
    found = one(packages.findings(at(UV_CONFIG_FILE=str(settings))))
    assert (found.id, found.stops) == ("uv-settings", (SETUP,))
    assert "sets system = True" in found.message


def test_no_index_at_all(at: At, one: One) -> None:
    assert one(packages.findings(at(PIP_NO_INDEX="1"))).id == "no-index"
    assert list(packages.findings(at(PIP_NO_INDEX="1", PIP_FIND_LINKS="/wheels"))) == []


def test_options_of_pytest_deserve_a_look(at: At, one: One) -> None:
    found = one(packages.findings(at(PYTEST_ADDOPTS="-p absent")))
    assert (found.id, found.stops, found.neutralised) == ("pytest", (), False)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("http://", "names no host"),
        ("http://user:hunter2@there:port", "is no address"),
        ("ftp://hunter2@there:21", "begins with ftp://"),
    ],
)
def test_a_proxy_that_cannot_be_one(at: At, one: One, value: str, why: str) -> None:
    found = one(proxies.findings(at(HTTPS_PROXY=value)))
    assert (found.id, found.stops) == ("proxy", (SETUP, BUILD, DEPLOY))
    assert found.message.startswith(f"HTTPS_PROXY {why}")
    assert "hunter2" not in found.message + found.remedy


def test_a_socks_proxy(at: At, one: One, program: Put) -> None:
    found = one(proxies.findings(at(all_proxy="socks5h://there:1080")))
    assert (found.id, found.stops) == ("proxy-socks", (SETUP, BUILD, DEPLOY))
    program("uv")
    assert one(proxies.findings(at(all_proxy="socks5h://there:1080"))).stops == (BUILD, DEPLOY)


def test_a_proxy_that_the_sdk_does_not_see(at: At, one: One) -> None:
    """aiohttp, which it uploads with, reads HTTP_PROXY and HTTPS_PROXY and speaks no TLS to one."""
    spared = {"NO_PROXY": "*"}
    for name in ("ALL_PROXY", "all_proxy"):
        found = one(proxies.findings(at(**{name: "http://there:3128"}, **spared)))
        assert (found.id, found.stops) == ("proxy-all", (BUILD, DEPLOY))
        assert found.remedy == f'export HTTPS_PROXY="${name}"'
    found = one(proxies.findings(at(HTTPS_PROXY="https://there:3128", **spared)))
    assert (found.id, found.stops) == ("proxy-tls", (BUILD, DEPLOY))
    both = {"ALL_PROXY": "http://there:3128", "HTTPS_PROXY": "http://there:3128"}
    assert list(proxies.findings(at(**both, **spared))) == []


def test_a_proxy_for_this_machine_too(at: At, one: One) -> None:
    found = one(proxies.findings(at(http_proxy="there:3128", HTTP_PROXY="not:looked:at")))
    assert (found.id, found.stops) == ("proxy-here", ())
    for spared in ("*", "localhost, 127.0.0.1"):
        assert list(proxies.findings(at(http_proxy="there:3128", NO_PROXY=spared))) == []


@pytest.mark.parametrize(
    ("name", "stops"), [("SSL_CERT_FILE", (SETUP, BUILD, DEPLOY)), ("PIP_CERT", (SETUP,))]
)
def test_certificates_that_are_not_there(
    at: At, one: One, tmp_path: Path, name: str, stops: tuple[str, ...]
) -> None:
    there = tmp_path / "ca.pem"
    found = one(proxies.findings(at(**{name: str(there)})))
    assert (found.id, found.stops) == ("certificates", stops)
    there.touch()
    assert list(proxies.findings(at(**{name: str(there)}))) == []


def test_a_folder_that_cannot_be_written_to(
    at: At, one: One, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write anywhere, so the system's answer is another one here."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    found = one(folder.findings(at()))
    assert (found.id, found.stops) == ("read-only", TARGETS)
    assert "chown" in found.remedy


PLENTY = {"f_flag": 0, "f_files": 0, "f_favail": 0, "f_bavail": 2**20, "f_frsize": 4096}


@pytest.mark.parametrize(
    ("kind", "stops", "state"),
    [
        ("noexec", TARGETS, {"f_flag": getattr(os, "ST_NOEXEC", 8)}),
        ("disk", (SETUP,), {"f_bavail": (folder.ROOM_MB - 1) * 256}),
        ("inodes", (SETUP,), {"f_files": 9, "f_favail": 3}),
    ],
)
def test_a_disk_that_does_not_do(
    at: At,
    one: One,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    stops: tuple[str, ...],
    state: dict[str, int],
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(**PLENTY | state))
    found = one(folder.findings(at()))
    assert (found.id, found.stops) == (kind, stops)
    environment(at().folder, str(at().folder))  # what is made already needs no room
    assert bool(list(folder.findings(at()))) == (kind == "noexec")


def test_nowhere_for_temporary_files(at: At, one: One, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    assert one(folder.findings(at())).id == "temporary"


def environment(repository: Path, place: str, lock: bytes = b"calm==1.0\n") -> Path:
    """A .venv as make setup leaves it for that place."""
    setup = module("setup")
    (repository / "requirements").mkdir()
    (repository / setup.LOCK).write_bytes(b"calm==1.0\n")
    python: Path = repository / setup.VENV / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    (repository / setup.STAMP).write_text(f"{sha256(lock).hexdigest()} 3.12 {place}")
    return python


def test_an_environment_that_fits(at: At) -> None:
    environment(at().folder, str(at().folder))
    assert list(folder.findings(at())) == []


def test_an_environment_of_a_repository_that_was_moved(at: At, one: One) -> None:
    environment(at().folder, "/where/it was")
    found = one(folder.findings(at()))
    assert (found.id, found.stops) == ("venv-moved", (TEST, DEV, BUILD, DEPLOY))
    assert found.message.endswith("at /where/it was")


def test_an_environment_whose_python_is_gone(at: At, one: One) -> None:
    python = environment(at().folder, str(at().folder))
    python.unlink()
    python.symlink_to("/no/such/python")
    found = one(folder.findings(at()))
    assert (found.id, found.stops) == ("venv-python", (TEST, DEV, BUILD, DEPLOY))


def test_an_environment_of_another_lock_or_half_made(at: At, one: One) -> None:
    environment(at().folder, str(at().folder), lock=b"calm==0.9\n")
    assert one(folder.findings(at())).id == "venv-stale"
    (at().folder / module("setup").STAMP).unlink()
    assert one(folder.findings(at())).id == "venv-unfinished"


def configuration(path: Path, **values: str) -> Path:
    """A complete file of the SDK with these values."""
    complete = {
        **dict.fromkeys(module("account").NEEDED, "alice"),
        "hotkey_seed": "0" * 64,
        **values,
    }
    lines = [f"{key} = {value}" for key, value in complete.items()]
    path.write_text("\n".join(["[auth]", *lines, ""]))
    path.chmod(0o600)
    return path


def test_an_account_that_fits(at: At, tmp_path: Path) -> None:
    path = configuration(tmp_path / "config.ini")
    assert list(account.findings(at(CHUTES_CONFIG_PATH=str(path)))) == []
    assert list(account.findings(at(CHUTES_CONFIG_INI=path.read_text()))) == []


def test_no_account_and_one_that_is_damaged(at: At, one: One, tmp_path: Path) -> None:
    path = tmp_path / "config.ini"
    absent = one(account.findings(at(CHUTES_CONFIG_PATH=str(path))))
    assert (absent.id, absent.stops) == ("account", (BUILD, DEPLOY))
    assert "chutes register` makes an account" in absent.remedy
    configuration(path, hotkey_seed="hunter2")
    damaged = one(account.findings(at(CHUTES_CONFIG_PATH=str(path))))
    assert "would make another account" in damaged.remedy
    assert "hunter2" not in damaged.message


def test_the_account_of_somebody_else(at: At, one: One, tmp_path: Path) -> None:
    path = configuration(tmp_path / "config.ini", username="bob")
    found = one(account.findings(at(CHUTES_CONFIG_PATH=str(path))))
    assert (found.id, found.stops) == ("account-other", (BUILD, DEPLOY))
    assert "belongs to alice" in found.message


def test_a_key_that_others_can_read_or_own(
    at: At, one: One, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = configuration(tmp_path / "config.ini")
    path.chmod(0o640)
    found = one(account.findings(at(CHUTES_CONFIG_PATH=str(path))))
    assert (found.id, found.stops, found.remedy) == ("account-mode", (), f"chmod 600 {path}")
    assert "mode 640" in found.message
    path.chmod(0o600)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    assert one(account.findings(at(CHUTES_CONFIG_PATH=str(path)))).id == "account-owner"


def test_what_the_platform_says_of_the_account(at: At, one: One) -> None:
    refused = one(asking._judged({"refused": "The platform answered 401.", "hint": "Who?"}, at()))
    assert (refused.id, refused.stops, refused.remedy) == ("platform", (BUILD, DEPLOY), "Who?")
    poor = one(asking._judged({"balance": 49.99}, at()))
    assert (poor.id, poor.stops) == ("balance", (BUILD,))
    assert "$49.99, and a build takes $50" in poor.message
    assert list(asking._judged({"balance": 50}, at())) == []


def test_a_fee_that_the_balance_does_not_cover(at: At) -> None:
    machine = at()
    answers = {"username": "alice", "name": "my-chute"}
    complete = Machine(machine.folder, answers, machine.environment)
    found = list(asking._judged({"balance": 0.5}, complete))
    assert [each.id for each in found] == ["balance", "balance-fee"]
    assert found[1].stops == (DEPLOY,)


def test_what_stops_something_decides_and_comes_first(tmp_path: Path) -> None:
    quiet = Finding("variable", "PIP_TARGET is set", "make setup", neutralised=True)
    note = Finding("pytest", "options", "unset them")
    stop = Finding("port", "taken", "another", (DEV,))
    unasked = Unasked("balance", "nobody answers")
    fine = Examination(tmp_path, (quiet, note), (unasked,))
    assert fine.stopped == ()
    assert fine.text().splitlines() == [
        "note: options",
        "  unset them",
        "neutralised by make setup: PIP_TARGET is set",
        "not asked: balance: nobody answers",
        "Nothing found here stops make setup, test, dev, build or deploy.",
    ]
    stopped = Examination(tmp_path, (quiet, note, stop))
    assert stopped.stopped == (DEV,)
    assert stopped.text().startswith("stops make dev: taken\n  another\n")
    assert "Nothing" not in stopped.text()
