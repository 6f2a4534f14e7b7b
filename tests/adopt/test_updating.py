"""An adopted repository is brought to later releases as any other, and its code stays.

Adopting is younger than the newest release, so this checkout's template stands for one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scaffold.adopt.adoption import Adoption
from scaffold.answers.questions import Questionnaire, template_folder
from scaffold.generated.render import render
from scaffold.update.history import History, opened
from scaffold.update.run import UpdateOptions, update
from scaffold.versions import Version
from support.adopting import PROTOTYPES, method
from support.loading import Loader
from support.next_release import NEXT, next_template
from support.releases import edit, git, release

pytestmark = pytest.mark.whole
LATER = Version(99, 1, 0)
#: By file of the template, what the later release has in place of what.
RENEWED = {
    "chutekit/serving/logs.py": ('"""', '"""Later. '),
    "README.md.jinja": ("## What is pinned", "## What is pinned here"),
    "{{ layer.custom }}/chute.py.jinja": (
        "        workshop = self.workshop\n",
        "        workshop = self.workshop  # a later release's\n",
    ),
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """This checkout's template as a release, and a later one."""
    folder = tmp_path_factory.mktemp("adopted")
    packed = folder / "packed"
    packed.mkdir()
    newest = next_template(template_folder(), folder / "newest")
    release.pack(newest, packed, NEXT, "The one that adopts.")
    later = next_template(newest, folder / "later", LATER)
    for name, (old, new) in RENEWED.items():
        path = later / "project" / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
    release.pack(later, packed, LATER, "The one after that.")
    with opened(packed) as history:
        yield history


def adopted(known: History, name: str, folder: Path) -> Path:
    """A prototype as that release adopts it, committed."""
    questionnaire = Questionnaire(known.template(NEXT))
    adoption = Adoption(PROTOTYPES / name)
    answers = adoption.prefill(questionnaire, {}, network=False)
    resolution = questionnaire.resolve(answers)
    assert resolution.problems == []
    render(questionnaire.template, resolution.answers, folder)
    adoption.apply(folder, resolution.context)
    git(folder, "init", "-q", "-b", "main")
    edit(folder, {}, "Adopt")
    return folder


def declared(load: Loader, folder: Path) -> dict[str, Any]:
    """What the variants are to the SDK."""
    variants = load(folder)
    assert isinstance(variants, dict), variants
    assert "error" not in variants, variants
    return variants


def test_the_code_of_a_prototype_and_what_its_owner_made_of_it_stay(
    known: History, tmp_path: Path, load: Loader
) -> None:
    folder = adopted(known, "documents", tmp_path / "repository")
    before = declared(load, folder)
    text = (folder / "chute.py").read_text()
    hook = method(text, "__init__")
    mine = f"{hook}\n        self.mine = 1  # of the owner's"
    edit(
        folder,
        {
            "chute.py": text.replace(hook, mine),
            "README.md": (folder / "README.md").read_text() + "\nOur runbook: ask Carol.\n",
        },
    )
    owned = (folder / "chute.py").read_text()
    told = (folder / "ADOPTED.md").read_text()

    result = update(folder, lambda _: {}, UpdateOptions(), known)

    assert (result.old, result.new) == (NEXT, LATER)
    assert (result.conflicts, result.kept, result.left_out) == ({}, [], [])
    assert result.kit
    assert result.kit.fate == "replaced"
    old, new = RENEWED["{{ layer.custom }}/chute.py.jinja"]
    assert (folder / "chute.py").read_text() == owned.replace(old, new)
    readme = (folder / "README.md").read_text()
    assert "## What is pinned here" in readme
    assert readme.endswith("\nOur runbook: ask Carol.\n")
    assert (folder / "ADOPTED.md").read_text() == told
    after = declared(load, folder)
    assert [sorted(each) for each in after.values()] == [sorted(each) for each in before.values()]
    for variant, found in before.items():
        assert after[variant]["cords"] == found["cords"]


def test_an_update_to_the_release_it_is_of_changes_nothing(known: History, tmp_path: Path) -> None:
    folder = adopted(known, "documents", tmp_path / "repository")
    result = update(folder, lambda _: {}, UpdateOptions(to=str(NEXT)), known)
    assert result.changed == []
    assert git(folder, "status", "--porcelain") == ""
