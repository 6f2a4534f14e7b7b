"""What only others know, asked with `--online`: proxies, the package index, the platform."""

import json
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scaffold import cost, files, foreign
from scaffold.answers.questions import Questionnaire, template_folder
from scaffold.doctor import kit, proxies
from scaffold.doctor.finding import BUILD, DEPLOY, SETUP, Finding
from scaffold.doctor.machine import Machine
from scaffold.errors import OutsideFailure, Unasked
from scaffold.generated import process
from scaffold.git import program
from scaffold.pins.locks import environment, uv
from scaffold.runtime.progress import waiting

SECONDS = 20
# docs/platform.yml, image-balance.
BUILD_BALANCE = 50.0
# docs/platform.yml, image-history, forge-rows and deploy-limit.
LIMITS = (
    "the platform allows 24 deployments in 24 hours and 24 changes of images, six to eight builds, "
    "and tells no count of them"
)
_ANSWER_BYTES = 100_000
_CHILD = Path(__file__).with_name("child.py")
# What it is told of the environment: where the platform is and the way there, no secret.
_PASSED = re.compile(
    r"CHUTES_API_URL|(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE",
    re.IGNORECASE,
)


def ask(machine: Machine) -> tuple[list[Finding], list[Unasked]]:
    """What the answers say of this machine and its account, and what gave none."""
    found = list(_proxies(machine))
    unasked: list[Unasked] = []
    with waiting("Asking the package index"):
        each = _index(machine)
    if isinstance(each, Unasked):
        unasked.append(each)
    elif each:
        found.append(each)
    with waiting("Asking the platform"):
        answer = _account(machine)
    if isinstance(answer, Unasked):
        unasked.append(answer)
    else:
        found += _judged(answer, machine)
        unasked.append(Unasked("limits", LIMITS))
    return found, unasked


def _proxies(machine: Machine) -> Iterator[Finding]:
    for name, value in proxies.named(machine).items():
        try:
            parts = proxies.address(value)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            socket.create_connection((parts.hostname or "", port), timeout=5).close()
        except ValueError:
            continue  # told already
        except OSError as error:
            message = f"nothing answers at the proxy that {name} names: {_why(error)}"
            remedy = f"Start it, or unset {name}"
            yield Finding("proxy-down", message, remedy, proxies.OUTWARD)


def _index(machine: Machine) -> Finding | Unasked | None:
    """Whether one package of the lock can be looked up, where `make setup` would."""
    lock = machine.folder / "requirements" / "dev.lock"
    try:
        text = foreign.content(lock, 10 * 2**20).decode()
    except (OSError, ValueError):
        return Unasked("package index", "there is no requirements/dev.lock here")
    listed = re.search(r"(?m)^([\w.-]+==[\w.]+)", text)
    if listed is None:
        return Unasked("package index", "requirements/dev.lock names no package")
    command = [uv(), "pip", "compile", "-", "--no-deps", "--no-cache", "--quiet"]
    command += ["--python", sys.executable]
    if program("uv") is None:  # setup takes pip then, which has variables of its own
        for variable, option in (
            ("PIP_INDEX_URL", "--default-index"),
            ("PIP_EXTRA_INDEX_URL", "--index"),
        ):
            if value := machine.environment.get(variable):
                command += [option, value]
    quick = {"UV_HTTP_TIMEOUT": "10", "UV_HTTP_RETRIES": "0"}
    try:
        done = subprocess.run(
            command,
            input=f"{listed[1]}\n",
            env=environment() | quick,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        said = f"no answer within {SECONDS} s"
    else:
        if done.returncode == 0:
            return None
        said = re.sub(r"https?://\S*@", "https://", " ".join(done.stderr.split()))[:300]
    return Finding(
        "index",
        f"{listed[1]} cannot be looked up: {said}",
        "Check the network, the proxy and the index: PIP_INDEX_URL, UV_DEFAULT_INDEX, pip.conf.",
        (SETUP,),
    )


def _account(machine: Machine) -> dict[str, Any] | Unasked:
    """The account as the platform shows it to its owner, or why it refused to."""
    python = machine.folder / ".venv" / "bin" / "python"
    if machine.answers is None or not python.exists():
        return Unasked("balance", "the SDK signs the question, and there is no .venv: make setup")
    account = kit.module("account")
    given = machine.environment.get(account.VARIABLE, "").strip()
    with tempfile.TemporaryDirectory(prefix="chute-new-ask-") as folder:
        result, credentials = Path(folder, "result.json"), account.place(machine.environment)
        if given:
            credentials = Path(folder, "config.ini")  # nobody else can look into that folder
            files.write(credentials, given)
        passed = {
            name: value for name, value in machine.environment.items() if _PASSED.fullmatch(name)
        }
        request = Path(folder, "request.json")
        files.write(
            request,
            json.dumps(
                {
                    "kit": str(template_folder() / "project"),
                    "result": str(result),
                    "environment": {
                        **passed,
                        account.PLACE: str(credentials),
                        "OPS_REQUEST_SECONDS": "10",
                        "OPS_RETRY_SECONDS": "1",
                    },
                }
            ),
        )
        command = [str(python), "-I", "-B", str(_CHILD), str(request)]
        try:
            ended = process.run(command, Path(folder), seconds=2 * SECONDS)
            found = json.loads(foreign.content(result, _ANSWER_BYTES))
        except OutsideFailure as failure:
            return Unasked("balance", failure.message)
        except (OSError, ValueError, RecursionError):
            return Unasked("balance", ended.said[-300:] or "the SDK gave no answer")
    if not isinstance(found, dict):
        return Unasked("balance", "the SDK gave no answer")
    return Unasked("balance", str(found["unreachable"])) if "unreachable" in found else found


def _judged(answer: dict[str, Any], machine: Machine) -> Iterator[Finding]:
    if message := answer.get("refused"):
        hint = str(answer.get("hint") or "Run it again later.")
        yield Finding("platform", str(message).removesuffix("."), hint, (BUILD, DEPLOY))
        return
    balance = answer.get("balance")
    if not isinstance(balance, int | float):
        return
    if balance < BUILD_BALANCE:
        message = f"the balance is ${balance:.2f}, and a build takes ${BUILD_BALANCE:.0f}"
        yield Finding("balance", message, "Top up the account.", (BUILD,))
    fees = _fees(machine)
    if balance < fees:
        message = f"the balance is ${balance:.2f}, and the first deployments cost ${fees:.2f}"
        yield Finding("balance-fee", message, "Top up the account.", (DEPLOY,))


def _fees(machine: Machine) -> float:
    """Of both variants together, by the estimate that `create` shows."""
    resolution = Questionnaire().resolve(machine.answers or {})
    if resolution.problems:
        return 0.0
    return sum(each.deployment_fee_usd for each in cost.estimate(resolution.context).values())


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
