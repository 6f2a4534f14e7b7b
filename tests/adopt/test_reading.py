"""What a prototype declares is seen without running it, and hopeless input is one sentence."""

from pathlib import Path

import pytest

from scaffold.adopt.adoption import Adoption
from scaffold.adopt.reading import read
from scaffold.answers.questions import Questionnaire
from scaffold.check.tree import MAX_BYTES
from scaffold.errors import BadUsage
from support.adopting import PROTOTYPES

CHUTE = """\
from chutes.chute import Chute, NodeSelector
chute = Chute(username="alice", name="one", image="alice/one:1", node_selector=NodeSelector())
"""
CORD = """\
@chute.cord(public_api_path="/go")
async def go(self, body: dict):
    return {"it": body["it"]}
"""
HOPELESS = {
    "broken": ("def (", "is not Python that can be read: line 1"),
    "null bytes": ("x = 1\0", "is not Python that can be read"),
    "deep": ("x = " + "(" * 5000 + ")" * 5000, "is not Python that can be read"),
    "no chute": ("x = 1\n", "declares no chute that can be seen"),
    "no cords": (CHUTE, "declares a chute without an endpoint"),
    "two chutes": (
        CHUTE + CHUTE.replace("chute = ", "other = ").replace("one", "two") + CORD,
        "declares more than one chute",
    ),
    "at run time": (
        "from chutes.chute import Chute\n"
        "def make(name):\n    return Chute(username='alice', name=name, image='a/b:1')\n"
        "chute = globals()['make']('x')\n",
        "makes its chute at run time",
    ),
    "in a function": (
        "from chutes.chute import Chute\n"
        "def make():\n    chute = Chute(username='alice', name='x', image='a/b:1')\n"
        "    @chute.cord(public_api_path='/go')\n    def go(self, body: dict):\n"
        "        return body\n    return chute\nit = make()\n",
        "makes its chute at run time",
    ),
    "under a condition": (
        "import os\nfrom chutes.chute import Chute\nif os.name:\n"
        "    chute = Chute(username='alice', name='x', image='a/b:1')\n",
        "under a condition",
    ),
    "a class of its own": (
        "from chutes.chute import Chute\nclass Mine(Chute):\n    pass\n"
        "chute = Mine(username='alice', name='one', image='a/b:1')\n" + CORD,
        "by a class of its own, Mine",
    ),
    "a template that is gone": (
        "from chutes.chute.template.tei import build_tei_chute\n"
        "chute = build_tei_chute(username='alice', model_name='a/b')\n",
        "by build_tei_chute, a template that today's SDK has not",
    ),
    "a metaclass": (
        "class M(type):\n    def __call__(cls, *a, **k):\n        raise SystemExit\n"
        "class Chute(metaclass=M):\n    pass\nchute = Chute()\n",
        "declares no chute that can be seen",
    ),
    "too large": ("x = 1\n" * (MAX_BYTES // 6 + 1), "cannot be read"),
}


@pytest.mark.parametrize(("text", "told"), HOPELESS.values(), ids=HOPELESS)
def test_what_is_hopeless_is_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "prototype.py"
    path.write_bytes(text.encode())
    with pytest.raises(BadUsage) as stop:
        read(path)
    assert told in stop.value.message
    assert len(stop.value.message.splitlines()) == 1


def test_what_is_not_there_or_no_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="does not exist"):
        read(tmp_path / "nothing.py")
    (tmp_path / "notes.txt").write_text(CHUTE)
    with pytest.raises(BadUsage, match="is no Python file"):
        read(tmp_path / "notes.txt")


def test_nothing_of_it_is_run(tmp_path: Path, questionnaire: Questionnaire) -> None:
    path = tmp_path / "prototype.py"
    trap = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n"
    path.write_text(CHUTE + trap + CORD)
    Adoption(path).prefill(questionnaire, {}, network=False)
    assert not (tmp_path / "ran").exists()


def test_a_file_that_imports_its_neighbour_asks_for_the_folder(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("x = 1\n")
    path = tmp_path / "prototype.py"
    path.write_text("import helper\n" + CHUTE + CORD)
    with pytest.raises(BadUsage, match="imports helper, which lies beside it") as stop:
        read(path)
    assert stop.value.hint == "name the folder of both"
    assert [module.path for module in read(tmp_path).helpers] == ["helper.py"]


def test_hooks_run_in_the_order_of_their_priority() -> None:
    found = read(PROTOTYPES / "several.py")
    assert [hook.function.name for hook in found.hooks] == ["first", "second"]
    assert [cord.public_path for cord in found.cords] == ["/embed", "/rank", "/commits", ""]
    assert [job.function.name for job in found.jobs] == ["reindex"]


def test_settings_become_answers(questionnaire: Questionnaire) -> None:
    found = Adoption(PROTOTYPES / "speak.py").prefill(questionnaire, {}, network=False)
    assert {
        key: found[key]
        for key in ("username", "name", "concurrency", "max_instances", "scaling_threshold")
    } == {
        "username": "alice",
        "name": "speak",
        "concurrency": 3,
        "max_instances": 4,
        "scaling_threshold": 0.6,
    }
    assert found["packages"] == ["kokoro==0.9.4"]
    assert found["system_packages"] == ["espeak-ng", "git"]
    (speak,) = found["endpoints"]
    assert (speak["name"], speak["path"], speak["answer"]) == ("speak", "/speak", "audio/wav")
    assert speak["fields"]["voice"] == {
        "type": "str",
        "choices": ["af_heart", "bf_emma"],
        "default": "af_heart",
    }


def test_what_is_given_goes_before_the_prototype(questionnaire: Questionnaire) -> None:
    adoption = Adoption(PROTOTYPES / "paint.py")
    found = adoption.prefill(questionnaire, {"workload": "image"}, network=False)
    assert found["workload"] == "image"
    assert found["model"] == "stabilityai/stable-diffusion-xl-base-1.0"
    assert "endpoints" not in found


@pytest.mark.parametrize("terms", [500, 900, 3000])
def test_what_is_nested_deeply_is_adopted_or_one_sentence(
    tmp_path: Path, questionnaire: Questionnaire, terms: int
) -> None:
    path = tmp_path / "prototype.py"
    path.write_text(CHUTE + CORD + "x = " + " + ".join(["1"] * terms) + "\n")
    try:
        Adoption(path).prefill(questionnaire, {}, network=False)
    except BadUsage as stop:
        told = stop.message
        assert "is nested too deeply" in told or "cannot be parsed" in told
        assert len(told.splitlines()) == 1
    else:
        assert terms < 3000
