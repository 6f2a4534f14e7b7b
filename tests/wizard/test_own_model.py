"""A model of one's own, in the wizard."""

from scaffold.wizard.asking import ENDPOINT, shown
from support.answers import A_COMMIT, ENDPOINTS
from support.conversation import CLEAR, CREATE, DOWN, ENTER, IMAGE, Step, Talker

OWN = (("workload", DOWN * 2 + ENTER),)
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
