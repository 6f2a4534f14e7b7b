"""A model of one's own, in the wizard."""

import pytest

from scaffold.answers.addresses import pinned
from scaffold.errors import OutsideFailure, Problem
from scaffold.models.lookup import Looked
from scaffold.wizard.asking import ENDPOINT, shown
from scaffold.wizard.interview import LookUp
from support.answers import A_COMMIT, ENDPOINTS
from support.conversation import CLEAR, CREATE, DOWN, ENTER, IMAGE, TALL, Step, Talker

OWN = (("workload", DOWN * 3 + ENTER),)
REST: tuple[Step, ...] = (
    ("gated", ENTER),
    *IMAGE[2:4],
    ("min_vram_gb_per_gpu", ENTER),
    *IMAGE[4:6],
    ("concurrency", ENTER),
    *IMAGE[6:],
)


def test_endpoints_are_shown_by_their_names() -> None:
    assert shown(ENDPOINTS) == "detect, speak_up_for_whoever_cannot, tell"
    assert shown(["a", 1]) == "a, 1"
    assert shown([]) == "none"


def test_endpoints_and_models_are_typed_with_commas(talk: Talker) -> None:
    done = talk(
        *OWN,
        ("endpoints", CLEAR + "detect, Speak" + ENTER),
        ("1.name: must be lower-case letters",),
        ("endpoints", CLEAR + "detect, speak" + ENTER),
        ("models", "a/b" + ENTER),
        ("must be owner/name@commit",),
        ("models", CLEAR + f"a/b@{A_COMMIT}" + ENTER),
        *REST,
        CREATE,
    )
    assert done.answers["workload"] == "custom"
    assert done.answers["endpoints"] == [
        {"name": "detect", **ENDPOINT},
        {"name": "speak", **ENDPOINT},
    ]
    assert done.answers["models"] == [f"a/b@{A_COMMIT}"]


def test_what_an_answers_file_says_of_endpoints_is_kept(talk: Talker) -> None:
    given = {"workload": "custom", "endpoints": ENDPOINTS}
    # Whether one must sign in to load it is asked of models only.
    done = talk(("models", ENTER), *REST[1:], CREATE, given=given)
    assert done.answers["endpoints"] == ENDPOINTS


def looking(*answers: Looked) -> LookUp:
    """What looks models up and finds these, one after the other."""
    left = iter(answers)
    return lambda given: next(left)


def test_a_model_without_its_commit_is_looked_up(talk: Talker) -> None:
    newest = f"a/b@{A_COMMIT}"
    unknown = Problem("models.0", "a/c", "a/c is not on the hub, or needs an HF_TOKEN")
    silent = OutsideFailure("The hub did not answer about a/b: URLError")
    known = Looked({"models": [newest], "gated": True}, ("a/b was taken as it is now.",))
    done = talk(
        *OWN,
        ("endpoints", ENTER),
        ("models", "a/c" + ENTER),
        ("a/c is not on the hub",),
        ("models", "a/b" + ENTER),
        ("git ls-remote",),
        ("models", "https://huggingface.co/a/b/tree/main" + ENTER),
        ("a/b was taken as it is now.",),
        *REST,  # with the yes to `gated` that the hub gave
        CREATE,
        size=TALL,
        look_up=looking(Looked(problem=unknown), Looked(unanswered=silent), known),
    )
    assert done.answers["models"] == [newest]
    assert done.answers["gated"] is True


@pytest.mark.parametrize(
    ("typed", "model"),
    [
        ("https://huggingface.co/a/b", "a/b"),
        ("hf.co/a/b/tree/main", "a/b"),
        (f"https://huggingface.co/a/b/commit/{A_COMMIT}", f"a/b@{A_COMMIT}"),
        ("a/b@main", "a/b@main"),
        (7, 7),
    ],
)
def test_an_address_is_the_model_it_leads_to(typed: object, model: object) -> None:
    assert pinned(typed) == model
