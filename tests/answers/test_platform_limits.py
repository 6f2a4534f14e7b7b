"""What the platform would refuse is refused here, and what it makes of the rest is known."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold.answers.questions import Questionnaire
from scaffold.generated.render import render
from support.answers import A_COMMIT, REQUIRED
from support.places import ROOT

QUESTIONNAIRE = Questionnaire()


@pytest.mark.parametrize("username", ["a-b", "-_-", "---", "Alice-99", "bob", "x" * 15])
def test_a_user_name_may_be_what_the_platform_allows(
    questionnaire: Questionnaire, username: str
) -> None:
    resolution = questionnaire.resolve({"username": username, "name": "my-chute"})
    assert resolution.problems == []
    assert resolution.answers["username"] == username


#: Substrings of INTEGRATED_SUBNETS in the API's api/constants.py, of 2026-05-26 and of 8c153aa.
SUBNETS = ("affine", "babelbit", "leoma", "turbovision", "vocence")
NEWER_SUBNETS = ("chronoseek", "glyph", "prometheon")


def refused_name(name: str, tee: bool) -> bool:
    """What deploy_chute and _deploy_chute of the API (api/chute/router.py) do with a name."""
    if any(word in name.lower() for word in (*SUBNETS, *NEWER_SUBNETS)):
        return True
    if ("TEE" in name or name.lower().endswith("tee")) and not tee:
        return True
    return not 3 <= len(name) < 128 or not re.match(r"^[a-z0-9][a-z0-9_\.\/-]*$", name, re.I)


@pytest.mark.whole
@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a", "z", "-", "s", "1", "tee", "staging", *SUBNETS, *NEWER_SUBNETS]),
        min_size=1,
        max_size=6,
    ).map("".join),
    st.booleans(),
)
def test_no_name_that_is_taken_is_refused_by_the_api(name: str, tee: bool) -> None:
    problems = QUESTIONNAIRE.resolve({**REQUIRED, "name": name, "tee": tee}).problems
    refused = refused_name(name, tee) or refused_name(f"{name}-staging", tee)
    assert not refused or problems
    well_formed = re.fullmatch(r"[a-z](?!.*-$)[a-z0-9-]{2,47}", name)
    assert bool(problems) == (refused or not well_formed)


def bounds() -> list[tuple[str, list[Any], list[Any]]]:
    """What the API takes and what it refuses, as the table of facts has it."""
    areas = yaml.safe_load((ROOT / "docs/platform.yml").read_text())["areas"].values()
    (numbers,) = (fact["value"] for facts in areas for fact in facts if fact["id"] == "bounds")
    return [
        *((key, bound["taken"], bound["refused"]) for key, bound in numbers.items()),
        ("tagline", ["x" * 1024], ["x" * 1025]),
        ("name", ["abc"], ["ab"]),
        ("revision", [A_COMMIT, A_COMMIT.upper()], [A_COMMIT[1:], A_COMMIT[1:] + "g"]),
    ]


@pytest.mark.parametrize(("key", "taken", "refused"), bounds(), ids=lambda value: str(value)[:20])
def test_the_limits_are_those_of_the_api(
    questionnaire: Questionnaire, key: str, taken: list[Any], refused: list[Any]
) -> None:
    question = next(question for question in questionnaire.questions if question.key == key)
    context = questionnaire.resolve({**REQUIRED, "workload": "llm", "include": []}).context
    alone = {**context, "_copier_conf": {"data": {}}, "entry": None, "needed_gb": 0}
    alone |= {"gpus": [{"id": "x", "vram_gb": 999, "usd_per_hour": 0.001}], "model": "a/b"}
    for value in taken:
        assert questionnaire.check(question, value, alone)[1] == "", value
    for value in refused:
        assert questionnaire.check(question, value, alone)[1], value


@pytest.mark.whole
@pytest.mark.parametrize(
    ("username", "name", "slug"),
    [
        ("alice", "my-chute", "alice-my-chute"),
        ("A-b", "abc", "a-b-abc"),
        ("al_ice_", "a--1", "al-ice-a-1"),
        ("---", "abc", "abc"),
        ("x" * 15, "a" * 48, "x" * 15 + "-" + "a" * 42),
        ("x" * 15, "a" * 41 + "-b", "x" * 15 + "-" + "a" * 41),
    ],
)
def test_the_address_is_the_one_the_platform_makes(
    questionnaire: Questionnaire, tmp_path: Path, username: str, name: str, slug: str
) -> None:
    answers = {"username": username, "name": name, "workload": "llm", "keep_warm": True}
    resolution = questionnaire.resolve(answers)
    assert resolution.derived["slug"] == slug
    render(questionnaire.template, resolution.answers, tmp_path)
    readme = (tmp_path / "README.md").read_text()
    assert f'"https://{slug}.chutes.ai/v1"' in readme
    assert f"chutes register --username={username}`" in readme
    program = "import sys; from chutekit.ops.keep_warm import slug; print(slug(*sys.argv[1:]))"
    command = [sys.executable, "-c", program, username, name]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == slug


@pytest.mark.whole
def test_who_is_told_of_a_daily_limit_is_told_the_real_one(tmp_path: Path) -> None:
    render(QUESTIONNAIRE.template, QUESTIONNAIRE.resolve(REQUIRED).answers, tmp_path)
    # The API's own words, its mistakes included: api/util.py of 2026-05-26.
    reason = "You many only update/create 24 imagehistorys per 24 hours."
    program = "import sys; from chutekit.ops.transport import advice; print(advice(sys.argv[1]))"
    command = [sys.executable, "-c", program, reason]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "six to eight builds" in run.stdout
    assert "24 images" not in run.stdout
