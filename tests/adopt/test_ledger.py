"""Nothing of a prototype goes without a word: each statement is in exactly one list."""

import re
from pathlib import Path

import pytest

from scaffold.adopt.ledger import Fate, Ledger
from scaffold.answers.questions import Questionnaire
from scaffold.check.catalog import checks
from scaffold.check.module import Module, parse
from support.adopting import ALL, CUSTOM, PROTOTYPES, Adopted, adopt

WANTED: dict[str, dict[str, set[str]]] = {
    "guard.py": {
        "paths": {"POST /v1/classify", "/health"},
        "fields": {"query", "messages", "threshold", "tags", "content"},
        "packages": {"torch", "transformers>=4.40", "sentencepiece"},
        "environment": {"HF_HUB_ENABLE_HF_TRANSFER=1", "PYTORCH_CUDA_ALLOC_CONF=expandable"},
        "models": {"ibm-granite/granite-guardian-hap-125m"},
    },
    "nsfw.py": {
        "paths": {"POST /classify"},
        "fields": {"image_b64", "threshold", "classes"},
        "packages": {"nudenet==3.4.2", "pillow", "libgl1", "libgomp1", "wget"},
    },
    "speak.py": {
        "paths": {"POST /speak", "GET /voices"},
        "packages": {"kokoro==0.9.4", "soundfile", "numpy", "misaki", "espeak-ng", "git"},
    },
    "clone.py": {
        "paths": {"POST /clone"},
        "fields": {"text", "ref_audio_b64", "seed"},
        "packages": {"qwen-tts==0.1.1"},
        "models": {"Qwen/Qwen3-TTS-12Hz-1.7B-Base@0123", "someone/speaker-embedder@89ab"},
    },
    "transcribe.py": {
        "paths": {"POST /transcribe"},
        "fields": {"audio_b64"},
        "packages": {"torchaudio==2.11.0", "librosa", "ffmpeg"},
        "models": {"openai/whisper-large-v3-turbo"},
    },
    "edit_picture.py": {
        "paths": {"POST /edit"},
        "packages": {"diffusers==0.36.0", "accelerate"},
        "environment": {"HF_HOME=/cache"},
        "models": {"Qwen/Qwen-Image-Edit-2509@4711"},
    },
    "film.py": {
        "paths": {"POST /generate"},
        "fields": {"first_image_b64", "last_image_b64", "num_inference_steps"},
        "packages": {"imageio==2.37.2", "imageio-ffmpeg==0.6.0"},
        "models": {"Lightricks/LTX-Video@fedc"},
    },
    "documents": {
        "paths": {"POST /documents/read"},
        "fields": {"pdf_b64", "image_b64", "languages"},
        "packages": {"rapidocr-onnxruntime==1.4.4", "pypdfium2", "pages.py"},
    },
    "several.py": {
        "paths": {"POST /embed", "POST /rank", "GET /commits", "POST /warm", "job reindex"},
        "fields": {"texts", "query", "documents", "top_k"},
        "models": {
            "intfloat/multilingual-e5-small@1111",
            "cross-encoder/ms-marco-MiniLM-L6-v2@2222",
        },
    },
    "tell.py": {"paths": {"POST /tell", "POST /tell_plain"}},
    "paint.py": {
        "paths": {"POST /generate"},
        "fields": {"prompt"},
        "packages": {"diffusers"},
        "models": {"stabilityai/stable-diffusion-xl-base-1.0"},
    },
    "relay.py": {
        "paths": {"POST /say", "POST /settings", "cord settings_slash", "GET /languages"},
        "packages": {"the image"},
    },
    "rows.py": {
        "paths": {"POST /predict"},
        "fields": {"train", "labels", "test", "options", "features"},
        "packages": {"tabpfn==6.0.6", "pandas==3.0.1"},
    },
}


@pytest.fixture(scope="module", params=ALL)
def adopted(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    questionnaire: Questionnaire,
) -> Adopted:
    """Each prototype, adopted once for the tests of this module."""
    folder = tmp_path_factory.mktemp("adopted") / "repository"
    return adopt(PROTOTYPES / request.param, folder, questionnaire)


def test_every_statement_is_in_exactly_one_list(adopted: Adopted) -> None:
    """Each belongs to one entry, and what is told is what belongs."""
    ledger = adopted.adoption.ledger
    entries = [ledger.entry_of(node) for node in adopted.statements()]
    assert None not in entries
    told = [entry for fate in Fate for entry in ledger.of(fate)]
    assert all(entry in told for entry in entries)
    assert len(told) == len(set(told))


def test_entries_name_a_line_that_is_there(adopted: Adopted) -> None:
    tree = adopted.adoption.prototype.repository.tree
    for entry in (each for entries in adopted.lists.values() for each in entries):
        if entry["from"].startswith("new "):
            continue  # it is about the new file
        file, _, line = entry["from"].rpartition(":")
        text = tree.text(file)
        assert text is not None, entry
        assert 0 < int(line) <= len(text.splitlines()), entry


def test_every_change_has_its_reason_and_its_check(adopted: Adopted) -> None:
    lists = adopted.lists
    assert [entry for entry in lists["changed"] if entry.get("check") not in checks()] == []
    assert [entry for entry in lists["changed"] if not entry.get("why")] == []
    assert [entry for entry in lists["carried"] if not entry.get("to")] == []
    assert [entry for entry in lists["left"] if not entry.get("why")] == []


@pytest.mark.parametrize("name", WANTED)
def test_every_part_is_accounted_for(
    name: str, tmp_path: Path, questionnaire: Questionnaire
) -> None:
    """Paths, fields, packages, variables and models, as somebody counted them in the source."""
    found = adopt(PROTOTYPES / name, tmp_path / "repository", questionnaire)
    told = [entry["what"] for entries in found.lists.values() for entry in entries]
    # Fields are in the code, and those that were bounded in the lists.
    told += re.findall(r"^    (\w+): ", found.text, re.M)
    missing = {
        part
        for parts in WANTED[name].values()
        for part in parts
        if not any(part in each for each in told)
    }
    assert missing == set()


def test_the_prototypes_are_all_counted() -> None:
    assert {name for name in CUSTOM if name != "classify_text.py"} == set(WANTED)


def test_nothing_is_settled_twice() -> None:
    module = parse("a.py", "x = 1\nif x:\n    y = 2\n")
    assert isinstance(module, Module)
    ledger = Ledger()
    ledger.carried(module.tree.body[0], "x", "there")
    with pytest.raises(ValueError, match="settled twice"):
        ledger.left(module.tree.body[0], "x", "see")


def test_what_nobody_settled_is_left_for_the_owner() -> None:
    module = parse("a.py", "x = 1\nif x:\n    y = 2\n")
    assert isinstance(module, Module)
    ledger = Ledger()
    ledger.carried(module.tree.body[0], "x", "there")
    ledger.close([module])
    assert [(entry["what"], entry["from"]) for entry in ledger.as_json()["left"]] == [
        ("if x:", "a.py:2")
    ]
