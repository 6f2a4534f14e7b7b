"""The review shows every answer and what it costs; any can be changed before something is made."""

from pathlib import Path

from scaffold.wizard.interview import ESSENTIAL
from support.conversation import (
    BACK,
    CHANGE,
    CLEAR,
    CREATE,
    ENTER,
    EVERYTHING,
    IMAGE,
    LARGE_LLM,
    LLM,
    PAGE_DOWN,
    QUIT,
    SPACE,
    UP,
    Step,
    Talker,
    defaults,
    every_key,
    pick_model,
)


def test_the_review_shows_both_variants_with_their_cost(talk: Talker) -> None:
    done = talk(
        *IMAGE,
        ("per instance and hour  $1.80                    $1.80",),
        ("at most per hour       $5.40                    $1.80",),
        ("deployment fee, once   $5.40                    $5.40",),
        ("With concurrency 1 an instance",),
        QUIT,
    )
    assert done.agreed is None


def test_the_review_shows_every_answer(talk: Talker) -> None:
    pages: list[Step] = [("review", PAGE_DOWN)] * 3
    done = talk(*IMAGE, *pages, ("Destination: ./my-chute",), QUIT)
    seen = "".join(done.monitor.frames)
    assert all(f"{key} " in seen for key in defaults())


def test_quitting_comes_to_nothing(talk: Talker) -> None:
    assert talk(*IMAGE, QUIT).agreed is None


def test_any_answer_can_be_changed_at_the_review(talk: Talker) -> None:
    done = talk(
        *IMAGE,
        CHANGE,
        ("change", "scaling_t" + ENTER),
        ("scaling_threshold", CLEAR + "2" + ENTER),
        ("must be above 0, at most 1",),
        ("scaling_threshold", CLEAR + "0.5" + ENTER),
        CHANGE,
        ("change", "keep_warm" + ENTER),
        ("keep_warm", UP + ENTER),
        ("keep_warm bills one instance round the clock",),
        CHANGE,
        ("change", "max_hourly" + ENTER),
        ("max_hourly_price_per_gpu", "2.5" + ENTER),
        CREATE,
    )
    assert done.answers == defaults(
        scaling_threshold=0.5, keep_warm=True, max_hourly_price_per_gpu=2.5
    )


def test_an_empty_price_means_no_limit(talk: Talker) -> None:
    done = talk(
        *IMAGE,
        CHANGE,
        ("change", "max_hourly" + ENTER),
        ("max_hourly_price_per_gpu", CLEAR + ENTER),
        CREATE,
        given={"max_hourly_price_per_gpu": 2.5},
    )
    assert done.answers == defaults()


def test_a_change_asks_again_what_does_not_fit_it(talk: Talker) -> None:
    done = talk(
        *LLM[:5],
        ("include", SPACE + "l40s" + SPACE + ENTER),  # 48 GB
        *LLM[6:],
        CHANGE,
        ("change", "model" + ENTER),
        pick_model(LARGE_LLM),
        ("include is pro_6000 now, not l40s",),
        ("include", ENTER),
        CREATE,
    )
    assert done.answers == defaults(workload="llm", model=LARGE_LLM)


def test_stepping_back_from_a_change_leaves_all_as_it_was(talk: Talker) -> None:
    done = talk(
        *LLM[:5],
        ("include", SPACE + "l40s" + SPACE + ENTER),
        *LLM[6:],
        CHANGE,
        ("change", BACK),
        CHANGE,
        ("change", "model" + ENTER),
        pick_model(LARGE_LLM),
        ("include", BACK),
        ("model", BACK),
        CREATE,
    )
    assert done.answers == defaults(workload="llm", include=["l40s"])


def test_everything_can_be_asked(talk: Talker) -> None:
    keys = [*every_key("llm"), "destination"]
    every: list[Step] = [(key, ENTER) for key in keys]
    done = talk(*LLM, EVERYTHING, *every, CREATE)
    assert done.answers == defaults(workload="llm")


def test_given_answers_can_be_changed_at_the_review(talk: Talker) -> None:
    given = {key: value for key, value in defaults().items() if key in ESSENTIAL}
    done = talk(
        ("review", BACK),
        ("No question was asked yet",),
        CHANGE,
        ("change", "username" + ENTER),
        ("username", CLEAR + "bob_" + ENTER),
        CREATE,
        given=given,
        destination=Path("there"),
    )
    assert done.answers == defaults(username="bob_")
