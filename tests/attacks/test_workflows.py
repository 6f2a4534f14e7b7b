"""What a workflow hands to whom: the rules of zizmor's auditor that ours are held to.

`zizmor --offline --persona auditor action.yml .github` finds nothing as of 1.32.0, there and in the
`.github` of the template; it is no dependency of the tests.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment

from support.places import ROOT

FILES = sorted(
    [
        *(ROOT / ".github/workflows").glob("*.yml"),
        *(ROOT / "template/project").rglob(".github/workflows/*.yml*"),
    ]
)


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    text = path.read_text()
    if path.suffix == ".jinja":
        text = Environment(autoescape=False).from_string(text).render(shutdown_after_seconds=300)
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["jobs"]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_secret_is_one_of_an_environment(path: Path) -> None:
    for name, job in jobs(path).items():
        if "secrets." in str(job):
            assert job.get("environment"), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_who_may_write_says_why_and_keeps_no_token(path: Path) -> None:
    text = path.read_text()
    assert "permissions: {}" in text
    for line in re.findall(r"^ +[\w-]+: write.*$", text, re.MULTILINE):
        assert " # " in line
    for name, job in jobs(path).items():
        assert job.get("name"), name
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
            if "uses" in step:
                assert re.search(r"@[0-9a-f]{40}$", step["uses"])


@pytest.mark.parametrize("path", [*FILES, ROOT / "action.yml"], ids=lambda path: path.name)
def test_what_is_shown_closes_no_block(path: Path) -> None:
    """Three backticks in a name end a block of them; in a preformatted one nothing acts."""
    assert "```" not in path.read_text()
