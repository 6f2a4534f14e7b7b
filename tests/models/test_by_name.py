"""`create` with a model that is in no catalog: by its name, or by its config.json."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import model_configs as known
from support.command import Run
from support.model_hub import CHAT, COMMIT, Repository, model_hub

MODEL = "somebody/some-model"
SEVERAL = {
    MODEL: Repository.of(
        known.QWEN3_8B,
        weights={
            "model-00001-of-00002.safetensors": 10_000_000_000,
            "model-00002-of-00002.safetensors": 6_381_470_720,
            "consolidated.safetensors": 16_381_470_720,
            "original/model.pth": 16_381_470_720,
        },
        facts={"gated": "auto", "cardData": {"license": "apache-2.0"}},
    ),
    "somebody/large": Repository.of(
        known.LLAMA_70B, chat='{"name": function name}', weights={"a.safetensors": 141_107_412_992}
    ),
    "somebody/vectors": Repository.of(
        {**known.QWEN3_8B, "architectures": ["Qwen3Model"]}, files={"modules.json": b"[]"}
    ),
    "somebody/speech": Repository.of(known.WHISPER),
    "somebody/ranks": Repository.of(known.RERANKER, chat=None),
    "somebody/labels": Repository.of(known.CLASSIFIER, chat=None),
    "somebody/qwen3-reranker": Repository.of(known.QWEN3_8B),
    "somebody/whisper-of-llama": Repository.of(known.QWEN3_8B),
    "somebody/new": Repository.of(known.OF_ITS_OWN),
    "somebody/base": Repository.of(known.QWEN3_8B, chat=None),
    "somebody/pickled": Repository.of(known.QWEN3_8B, weights={"pytorch_model.bin": 1}),
    "somebody/consolidated": Repository.of(
        known.QWEN3_8B, weights={"consolidated.safetensors": 1, "adapter/model.safetensors": 1}
    ),
    "somebody/scholar": Repository.of(
        known.QWEN3_8B, facts={"cardData": {"license": "cc-by-nc-4.0"}}
    ),
    "somebody/licensed": Repository.of(
        known.QWEN3_8B,
        facts={"cardData": {"license": "other", "license_name": "Some Research License"}},
    ),
    "somebody/bits": Repository.of(
        known.quantised(known.QWEN3_8B, quant_method="bitsandbytes", load_in_4bit=True)
    ),
    "somebody/hostile": Repository.of(b"[" * 100_000),
    "somebody/pictures": Repository(
        {"model_index.json": b"{}"}, facts={"library_name": "diffusers"}
    ),
    "somebody/closed": Repository.of(known.QWEN3_8B, facts={"gated": "manual"}, closed=True),
    "somebody/huge": Repository.of(known.KIMI_K25, weights={"a.safetensors": 2**41}),
}


def made(chute_new: Run, *settings: str, hub: str = "", options: tuple[str, ...] = ()) -> Any:
    """What a rehearsal of `create --json` says, and its exit code."""
    given = ("workload=llm", "username=alice", "name=my-chute", *settings)
    run = chute_new(
        "out",
        "--defaults",
        "--dry-run",
        "--json",
        *options,
        *(part for setting in given for part in ("--set", setting)),
        env={"HF_ENDPOINT": hub or "http://127.0.0.1:9"},
    )
    document = json.loads(run.stdout)
    if run.returncode:
        return run.returncode, {p["key"]: p["message"] for p in document["error"]["problems"]}
    return run.returncode, document


@pytest.mark.path
def test_a_name_is_enough(chute_new: Run) -> None:
    with model_hub(SEVERAL) as (url, asked):
        code, document = made(chute_new, f"model={MODEL}", hub=url)
    assert code == 0
    answers = document["answers"]
    expected = {
        "revision": COMMIT,
        "gated": True,
        "task": "chat",
        "context_length": 8192,
        "tool_parser": "hermes",
        "reasoning_parser": "",
        "gpu_count": 1,
        # 15.3 GiB of weights, 1.1 of cache and 2.5 besides, of which 0.84 can be used.
        "min_vram_gb_per_gpu": 23,
    }
    assert {key: answers[key] for key in expected} == expected
    assert document["origins"]["revision"] == "the model hub"
    assert not any("not in the catalog" in warning for warning in document["warnings"])
    assert asked == [
        f"/api/models/{MODEL}/revision/main?blobs=true",
        f"/{MODEL}/resolve/{COMMIT}/config.json",
        f"/{MODEL}/resolve/{COMMIT}/tokenizer_config.json",
    ]


@pytest.mark.path
def test_answers_that_were_given_win(chute_new: Run) -> None:
    with model_hub(SEVERAL) as (url, _):
        settings = (
            f"model={MODEL}",
            f"revision={COMMIT}",
            "engine=sglang",
            "gated=false",
            "tool_parser=",
            "context_length=32768",
        )
        _, document = made(chute_new, *settings, hub=url)
    answers = document["answers"]
    kept = {"gated": False, "tool_parser": "", "context_length": 32768, "engine": "sglang"}
    assert {key: answers[key] for key in kept} == kept
    assert any("No tool_parser" in warning for warning in document["warnings"])


@pytest.mark.path
def test_what_does_not_fit_one_gpu_gets_more(chute_new: Run) -> None:
    with model_hub(SEVERAL) as (url, _):
        _, document = made(chute_new, "model=somebody/large", hub=url)
        code, problems = made(chute_new, "model=somebody/large", "gpu_count=1", hub=url)
    assert document["answers"]["gpu_count"] == 2
    assert document["answers"]["tool_parser"] == "llama3_json"
    assert code == 2
    assert "needs 163 GB" in problems["include"]


@pytest.mark.path
@pytest.mark.parametrize(
    ("model", "license"),
    [("scholar", "cc-by-nc-4.0"), ("licensed", "Some Research License")],
)
def test_a_license_that_forbids_commerce_is_said(model: str, license: str, chute_new: Run) -> None:
    with model_hub(SEVERAL) as (url, _):
        _, document = made(chute_new, f"model=somebody/{model}", hub=url)
        _, free = made(chute_new, f"model={MODEL}", hub=url)
    warning = f"somebody/{model} has a non-commercial license ({license})."
    assert warning in document["warnings"]
    assert not any("license" in warning for warning in free["warnings"])


@pytest.mark.path
def test_a_model_for_vectors(chute_new: Run) -> None:
    with model_hub(SEVERAL) as (url, _):
        _, document = made(chute_new, "model=somebody/vectors", hub=url)
    answers = document["answers"]
    assert (answers["task"], answers["tool_parser"]) == ("embed", "")


@pytest.mark.path
def test_a_model_for_scores_or_labels(chute_new: Run) -> None:
    with model_hub(SEVERAL) as (url, _):
        for model, task in (
            ("ranks", "rerank"),
            ("labels", "classify"),
            ("qwen3-reranker", "rerank"),
        ):
            _, document = made(chute_new, f"model=somebody/{model}", hub=url)
            assert document["answers"]["task"] == task
        code, problems = made(chute_new, "model=somebody/labels", "task=rerank", hub=url)
        assert code == 2
        assert "it tells 3 labels apart" in problems["model"]
        _, problems = made(chute_new, "model=somebody/ranks", "task=chat", hub=url)
        assert "its task is rerank, not chat" in problems["model"]


@pytest.mark.path
def test_a_name_counts_only_where_nobody_can_be_asked(chute_new: Run) -> None:
    model = "model=somebody/whisper-of-llama"
    with model_hub(SEVERAL) as (url, _):
        code, document = made(chute_new, model, hub=url)
    assert (code, document["answers"]["task"]) == (0, "chat")
    code, problems = made(chute_new, model, options=("--offline",))
    assert (code, list(problems)) == (2, ["model"])
    assert problems["model"].endswith("by its name somebody/whisper-of-llama writes down speech")
    _, document = made(
        chute_new, "model=a/b-reranker", f"revision={COMMIT}", options=("--offline",)
    )
    assert document["answers"]["task"] == "rerank"
    assert document["origins"]["task"] == "the model's name"


@pytest.mark.path
@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("speech", "it writes down speech (WhisperForConditionalGeneration)"),
        ("new", "code of its own repository, which is never run"),
        ("base", "is no chat model: its repository has no chat template"),
        ("pickled", "has no weights in safetensors"),
        ("consolidated", "has no weights in safetensors"),
        ("bits", "does not load weights quantised by bitsandbytes; engine sglang serves it"),
        ("hostile", "it is no config.json"),
        ("pictures", "it has no config.json: it is made for diffusers"),
        ("huge", "is too large: its weights take 2,048 GiB"),
        ("nobody", "is not on the hub, or needs an HF_TOKEN"),
    ],
)
def test_what_cannot_be_served_is_refused_in_a_sentence(
    model: str, says: str, chute_new: Run
) -> None:
    with model_hub(SEVERAL) as (url, _):
        code, problems = made(chute_new, f"model=somebody/{model}", hub=url)
    assert code == 2
    assert list(problems) == ["model"]
    assert says in problems["model"]


@pytest.mark.path
def test_a_model_of_speech(chute_new: Run) -> None:
    speech = "workload=speech"
    with model_hub(SEVERAL) as (url, _):
        _, document = made(chute_new, speech, "model=somebody/speech", hub=url)
        assert document["answers"]["revision"] == COMMIT
        for model, says in (
            ("scholar", "is no model that writes down speech"),
            ("pictures", "it has no config.json"),
            ("nobody", "is not on the hub"),
        ):
            code, problems = made(chute_new, speech, f"model=somebody/{model}", hub=url)
            assert (code, says in problems["model"]) == (2, True)


@pytest.mark.path
def test_a_closed_model_comes_with_its_commit(chute_new: Run) -> None:
    with model_hub(SEVERAL) as (url, _):
        _, document = made(chute_new, "model=somebody/closed", hub=url)
    assert (document["answers"]["revision"], document["answers"]["gated"]) == (COMMIT, True)
    assert any("was not looked into" in warning for warning in document["warnings"])
    assert document["origins"]["revision"] == "the model hub"


@pytest.mark.path
def test_a_hub_that_does_not_answer(chute_new: Run) -> None:
    run = chute_new(
        "out",
        "--defaults",
        "--dry-run",
        "--set",
        "workload=llm",
        "--set",
        "username=alice",
        "--set",
        "name=my-chute",
        "--set",
        f"model={MODEL}",
        env={"HF_ENDPOINT": "http://127.0.0.1:9"},
    )
    assert run.returncode == 4
    assert "The hub did not answer about somebody/some-model" in run.stderr
    assert "--model-config FILE" in run.stderr
    code, document = made(chute_new, f"model={MODEL}", f"revision={COMMIT}")
    assert code == 0
    assert any("The hub did not answer" in warning for warning in document["warnings"])
    assert any("not in the catalog" in warning for warning in document["warnings"])


def tree(folder: Path) -> dict[str, bytes]:
    """Every file's bytes by its path in the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def files(folder: Path, config: dict[str, Any], **more: Any) -> Path:
    """A model's small files on the disk; the path of its config.json."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    for name, content in more.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder / "config.json"


def test_a_config_on_the_disk_needs_no_network(chute_new: Run, tmp_path: Path) -> None:
    file = files(tmp_path / "model", known.QWEN35_27B)
    options = ("--offline", "--model-config", str(file))
    code, document = made(chute_new, f"model={MODEL}", f"revision={COMMIT}", options=options)
    assert code == 0
    answers = document["answers"]
    expected = {
        "min_vram_gb_per_gpu": 67,
        "tool_parser": "qwen3_coder",
        "reasoning_parser": "qwen3",
        "context_length": 32768,
        "pictures": 4,
        "gpu_count": 1,
    }
    assert {key: answers[key] for key in expected} == expected
    assert any("was estimated from its config.json" in warning for warning in document["warnings"])


def test_what_lies_beside_it_is_read_too(chute_new: Run, tmp_path: Path) -> None:
    file = files(
        tmp_path / "model",
        known.QWEN3_8B,
        tokenizer_config={"chat_template": CHAT},
        **{"model.safetensors.index": {"metadata": {"total_size": 40 * 2**30}}},
    )
    options = ("--offline", "--model-config", str(file))
    _, document = made(chute_new, f"model={MODEL}", f"revision={COMMIT}", options=options)
    assert document["answers"]["min_vram_gb_per_gpu"] == 52
    assert not any("estimated" in warning for warning in document["warnings"])


def test_a_config_without_a_commit_says_that_it_is_needed(chute_new: Run, tmp_path: Path) -> None:
    file = files(tmp_path / "model", known.QWEN3_8B)
    options = ("--offline", "--model-config", str(file))
    code, problems = made(chute_new, f"model={MODEL}", options=options)
    assert code == 2
    assert list(problems) == ["revision"]


@pytest.mark.parametrize(
    ("settings", "key", "says"),
    [
        (("model=Qwen/Qwen3-8B",), "--model-config", "is for a model that is not in the catalog"),
        (("workload=image",), "--model-config", "is for workload llm, not image"),
    ],
)
def test_a_config_that_nobody_would_read(
    chute_new: Run, tmp_path: Path, settings: tuple[str, ...], key: str, says: str
) -> None:
    file = files(tmp_path / "model", known.QWEN3_8B)
    options = ("--offline", "--model-config", str(file))
    code, problems = made(chute_new, *settings, options=options)
    assert code == 2
    assert says in problems[key]


def test_a_config_that_is_none(chute_new: Run, tmp_path: Path) -> None:
    options = ("--offline", "--model-config", str(tmp_path / "missing.json"))
    code, problems = made(chute_new, f"model={MODEL}", f"revision={COMMIT}", options=options)
    assert (code, list(problems)) == (2, ["model"])
    assert "it is no config.json" in problems["model"]


@pytest.mark.path
def test_what_was_found_out_stays_in_the_repository(chute_new: Run, tmp_path: Path) -> None:
    """Its answers alone give the same files but for the list of weights, and hold no token."""
    token = "hf_" + "Aa1" * 12
    with model_hub(SEVERAL) as (url, _):
        run = chute_new(
            "out",
            "--defaults",
            "--no-git",
            "--set",
            "workload=llm",
            "--set",
            "username=alice",
            "--set",
            "name=my-chute",
            "--set",
            f"model={MODEL}",
            env={"HF_ENDPOINT": url, "HF_TOKEN": token},
        )
    assert run.returncode == 0, run.stderr
    text = (tmp_path / "out" / "chute.py").read_text()
    assert 'tool_parser="hermes"' in text
    assert f'REVISION = "{COMMIT}"' in text
    stored = yaml.safe_load((tmp_path / "out" / ".copier-answers.yml").read_text())
    assert (stored["tool_parser"], stored["gated"]) == ("hermes", True)
    assert [
        name for name, content in tree(tmp_path / "out").items() if token.encode() in content
    ] == []
    answers = {key: value for key, value in stored.items() if not key.startswith("_")}
    (tmp_path / "answers.yml").write_text(yaml.safe_dump(answers))
    again = chute_new("again", "--answers", "answers.yml", "--no-git", "--no-verify", "--offline")
    assert again.returncode == 0, again.stderr
    listed = re.compile(r'WEIGHTS = """\n[0-9a-f]{64} \d+ \S+\.safetensors\n[^"]*"""  # noqa: E501')
    text, count = listed.subn('WEIGHTS = ""', text)
    assert count == 1
    (tmp_path / "out" / "chute.py").write_text(text)
    assert tree(tmp_path / "again") == tree(tmp_path / "out")
