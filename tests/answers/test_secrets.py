"""A key or token among the answers is refused, and repeated nowhere."""

from pathlib import Path

import pytest
import yaml

from scaffold.answers import secrets
from scaffold.answers.questions import Questionnaire
from support.answers import REQUIRED
from support.command import Run
from support.places import ROOT

SECRETS = {
    "a Hugging Face token": "hf_" + "Ab1" * 12,
    "a Chutes API key": f"cpk_{'0a' * 16}.{'1b' * 16}.{'Zz' * 16}",
    "an OpenAI or Anthropic key": "sk-proj-" + "Ab1_" * 10,
    "a GitHub token": "ghp_" + "Ab1" * 12,
    "a GitLab token": "glpat-" + "Ab1-" * 6,
    "an AWS access key": "AKIA" + "Q1W2" * 4,
    "a Google API key": "AIza" + "Ab1-_" * 7,
    "a Slack token": "xoxb-" + "1234567890-" * 3,
    "an NVIDIA API key": "nvapi-" + "Ab1_" * 12,
    "a Docker Hub token": "dckr_pat_" + "Ab1-" * 6,
    "a PyPI token": "pypi-" + "Ab1_" * 15,
    "a private key": "-----BEGIN OPENSSH PRIVATE KEY-----",
    "a JSON Web Token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
    "an address with a password": "redis://user:open-sesame@cache:6379",
    "a seed or private key of 64 hex digits": "0x" + "0f" * 32,
}
TOKEN = SECRETS["a Hugging Face token"]


@pytest.mark.parametrize("kind", SECRETS)
def test_each_kind_is_known_and_refused(kind: str, questionnaire: Questionnaire) -> None:
    text = f"ours is {SECRETS[kind]} really"
    assert secrets.kind(text) == kind
    assert secrets.redact(text).startswith("ours is (hidden)")
    (problem,) = questionnaire.resolve({**REQUIRED, "tagline": text}).problems
    assert problem.key == "tagline"
    assert kind in problem.message


def test_every_kind_has_a_case() -> None:
    facts = yaml.safe_load((ROOT / "template" / "data" / "secrets.yml").read_text())
    assert set(SECRETS) == {known["kind"] for known in facts["secrets"]["default"]}


@pytest.mark.parametrize(
    "text",
    [
        "Pictures from black-forest-labs/FLUX.1-schnell",
        "a" * 40,
        "parachutes/python:3.12.9@sha256:" + "0f" * 32,
        "https://example.com/a:b@c",
        "the hf_hub cache and sk-learn",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_what_only_looks_a_little_like_one_passes(text: str) -> None:
    assert secrets.kind(text) is None
    assert secrets.redact(text) == text


@pytest.mark.parametrize("key", [*Questionnaire().keys, "token", TOKEN])
@pytest.mark.parametrize("nested", [False, True])
def test_no_message_repeats_it(chute_new: Run, tmp_path: Path, key: str, nested: bool) -> None:
    answers = {**REQUIRED, key: [TOKEN] if nested else TOKEN}
    (tmp_path / "answers.yml").write_text(yaml.safe_dump(answers))
    run = chute_new("out", "--answers", "answers.yml", *(["--json"] if nested else []))
    assert run.returncode == 2
    assert TOKEN not in run.stdout + run.stderr
    assert "(hidden)" in run.stdout + run.stderr
    assert not (tmp_path / "out").exists()


def test_a_setting_without_a_key_is_not_repeated_either(chute_new: Run) -> None:
    run = chute_new("out", "--defaults", "--set", TOKEN)
    assert run.returncode == 2
    assert TOKEN not in run.stdout + run.stderr
