"""The notes of a release say whether an update to it costs a new image, and say it truly."""

import pytest

from support.releases import release

BEFORE = {"diffusers-lru": "aaaa", "vllm-none": "bbbb"}
NEW = "What `update` does: `chutekit/` is replaced; the image\ntag too: build, stage and\npromote."
SAME = "What `update` does: the README changes. The image tag\ndoes not."


@pytest.mark.parametrize(
    ("now", "notes"),
    [
        (BEFORE, SAME),
        ({**BEFORE, "vllm-none": "cccc"}, NEW),
        ({"diffusers-lru": "aaaa"}, NEW),
        ({**BEFORE, "custom-none": "dddd"}, SAME),
    ],
    ids=["nothing changed", "one changed", "one went", "one came"],
)
def test_it_is_said_by_whether_a_tag_that_there_was_changed(
    now: dict[str, str], notes: str
) -> None:
    assert release.unsaid(notes, BEFORE, now) is None
    other = NEW if notes is SAME else SAME
    assert 'must say "' in release.unsaid(other, BEFORE, now)


def test_it_is_said_at_once_and_once() -> None:
    later = f"What `update` does: much.\n\nFixed\n\n- {SAME}"
    assert "image tags are those of the release before" in release.unsaid(later, BEFORE, BEFORE)
    assert release.unsaid(f"{NEW} {SAME}", BEFORE, BEFORE)


def test_the_first_release_costs_nobody_an_update() -> None:
    assert release.unsaid("First release.", {}, BEFORE) is None
