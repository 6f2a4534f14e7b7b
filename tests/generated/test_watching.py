"""Alerts and dashboards of a generated repository in a real Prometheus, and a chute with a stub.

Its minutes are seconds here: every window of the rules is a sixtieth, and alerts fire at once.
"""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from support.harness import free_port
from support.machine import need
from support.repositories import rendered
from support.serving import Served, serving

pytestmark = pytest.mark.heavy
KEY = "cpk_test"
#: Prometheus says "1h"; a sixtieth of it is "1m".
SIXTIETH = {"h": "m", "m": "s"}


@dataclass
class Watched:
    """A chute, and a Prometheus that has asked it."""

    chute: Served
    repository: Path
    prometheus: httpx.Client

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression gives now."""
        said = self.prometheus.get("/api/v1/query", params={"query": expression}).json()
        assert said["status"] == "success", (expression, said)
        found: list[dict[str, Any]] = said["data"]["result"]
        return found

    def alerts(self) -> set[str]:
        """Those that fire."""
        found = self.prometheus.get("/api/v1/alerts").json()["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in found if alert["state"] == "firing"}


def hurried(text: str) -> str:
    """Rules or expressions whose windows are a sixtieth."""
    text = re.sub(r"(?<=\[)(\d+)([hm])(?=\])", lambda w: w[1] + SIXTIETH[w[2]], text)
    return re.sub(r"(?<=for: )\d+[hm]", "1s", text)


def until(misses: Callable[[], object], seconds: float = 40) -> None:
    """Wait until nothing is missing."""
    end = time.monotonic() + seconds
    while missing := misses():
        assert time.monotonic() < end, missing
        time.sleep(0.2)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """One of each, with the repository's own configuration but for address, key and time."""
    need("prometheus")
    folder = tmp_path_factory.mktemp("watched")
    with serving("stub", folder, metrics_cord=True) as chute:
        repository = folder / "repository"
        for file in repository.glob("chutekit/watch/*.yml"):
            file.write_text(hurried(file.read_text()))
        (folder / "key").write_text(KEY)
        own = repository / "watch" / "prometheus.yml"
        config = yaml.safe_load(own.read_text())
        (scrape,) = config["scrape_configs"]
        assert scrape["authorization"].keys() == {"credentials_file"}
        scrape["authorization"]["credentials_file"] = str(folder / "key")
        scrape |= {"scheme": "http", "scrape_interval": "500ms", "scrape_timeout": "500ms"}
        scrape["static_configs"][0]["targets"] = [httpx.URL(chute.chute.url).netloc.decode()]
        config["global"] = {"evaluation_interval": "500ms"}
        own.write_text(yaml.safe_dump(config))
        address = f"127.0.0.1:{free_port()}"
        with (folder / "prometheus.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={own}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    f"--web.listen-address={address}",
                ],
                stdout=log,
                stderr=log,
            )
        with httpx.Client(base_url=f"http://{address}", trust_env=False) as client:
            try:
                until(lambda: not _ready(client))
                yield Watched(chute, repository, client)
            finally:
                process.terminate()
                process.wait(20)
                chute.openai.close()
                chute.client.close()


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").is_success
    except httpx.TransportError:
        return False


def test_an_alert_fires_while_a_client_sends_what_is_refused(watched: Watched) -> None:
    client = watched.chute.client
    until(lambda: not watched.query('up{job="my-chute"} == 1'))
    assert "ChuteRefusing" not in watched.alerts()

    def quiet() -> bool:
        assert client.post("/v1/chat/completions", json={"messages": "none"}).status_code == 400
        return "ChuteRefusing" not in watched.alerts()

    until(quiet)
    # Nothing else is wrong with it.
    assert watched.alerts() <= {"ChuteRefusing", "ChuteRestarting"}
    (alert,) = watched.query('ALERTS{alertname="ChuteRefusing"}')
    assert alert["metric"]["job"] == "my-chute"


def test_every_panel_shows_something(watched: Watched) -> None:
    files = sorted(watched.repository.glob("chutekit/watch/dashboards/*.json"))
    assert [file.stem for file in files] == ["every", "llm"]
    asked = [
        (panel["title"], hurried(target["expr"]).replace("$job", "my-chute"))
        for file in files
        for panel in json.loads(file.read_text())["panels"]
        for target in panel["targets"]
    ]
    create = watched.chute.openai.chat.completions.create

    def empty() -> set[str]:
        for stream in (True, False):
            assert list(create(**watched.chute.chat(8), stream=stream))
        watched.chute.client.post("/v1/chat/completions", json={})
        shown = {title for title, expression in asked if watched.query(expression)}
        return {title for title, _ in asked} - shown

    # This one remembers nothing.
    until(lambda: empty() - {"Cache"}, 20)


def test_a_chute_that_is_gone_is_told(watched: Watched) -> None:
    watched.chute.chute.process.terminate()
    until(lambda: "ChuteNotSeen" not in watched.alerts())


@pytest.mark.parametrize("answers", [{}, {"workload": "llm"}, {"workload": "custom"}], ids=str)
def test_promtool_takes_the_rules_and_the_configuration(
    tmp_path: Path, answers: dict[str, Any]
) -> None:
    need("promtool")
    folder = rendered({**answers, "metrics_cord": True}, tmp_path / "repository")
    own = folder / "watch" / "prometheus.yml"
    key = tmp_path / "key"
    key.write_text(KEY)
    own.write_text(re.sub(r"/etc/prometheus/[^}]+", str(key), own.read_text()))
    done = subprocess.run(
        ["promtool", "check", "config", str(own)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 rule files found" in done.stdout


@pytest.mark.parametrize("workload", ["image", "llm", "speech", "custom"])
def test_the_readme_tells_of_no_alert_that_is_not_there(tmp_path: Path, workload: str) -> None:
    folder = rendered({"workload": workload, "metrics_cord": True}, tmp_path / "repository")
    there = "".join(file.read_text() for file in folder.glob("chutekit/watch/*.yml"))
    rows = re.findall(r"^\| `Chute.*", (folder / "README.md").read_text(), re.MULTILINE)
    told = re.findall(r"`(Chute\w+)`", " ".join(row.split(" | ")[0] for row in rows))
    assert len(told) > 8
    assert [alert for alert in told if f"alert: {alert}\n" not in there] == []
