"""What the pinned engines do not serve is refused in a sentence; parsers are ones they have."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import engines as source
from scaffold import memory
from scaffold.models import engines, weights
from scaffold.models.config import Config
from scaffold.models.entry import Source, learned
from scaffold.models.parsers import ENGINES, KINDS, parsers, rules
from support import model_configs as known
from support.model_configs import quantised


@pytest.mark.parametrize("engine", engines.NAMES)
def test_what_is_known_is_of_the_pinned_version(engine: str) -> None:
    """Run hooks/engines.py after another engine was pinned."""
    assert engines.version(engine) == source.pinned(engine)


@pytest.mark.parametrize("engine", engines.NAMES)
@pytest.mark.parametrize(
    "config",
    [
        known.LLAMA_70B,
        known.QWEN3_30B_A3B,
        known.QWEN35_27B,
        known.GPT_OSS_20B,
        known.GEMMA4_31B,
        known.DEEPSEEK_V32,
        known.NEMOTRON_3_NANO,
        known.KIMI_K25,
        quantised(known.QWEN3_8B, quant_method="awq", bits=4),
        quantised(known.QWEN3_8B, quant_method="compressed_tensors"),
        quantised(
            known.QWEN3_8B, producer={"name": "modelopt"}, quantization={"quant_algo": "NVFP4"}
        ),
    ],
)
def test_what_an_engine_serves_is_not_refused(engine: str, config: dict[str, Any]) -> None:
    assert engines.refusal(engine, Config(config), "chat") == ""


@pytest.mark.parametrize(
    ("config", "task", "says"),
    [
        (known.WHISPER, "chat", "it writes down speech (WhisperForConditionalGeneration)"),
        (known.RERANKER, "chat", "(XLMRobertaForSequenceClassification): its task is rerank"),
        (known.RERANKER, "embed", "its task is rerank, not embed"),
        (known.CLASSIFIER, "chat", "(BertForSequenceClassification): its task is classify"),
        (known.QWEN3_8B, "classify", "it does not classify or rank (Qwen3ForCausalLM)"),
        (known.BGE_M3, "classify", "it does not classify or rank (XLMRobertaModel)"),
        (known.DRAFT, "chat", "drafts for another model (LlamaForCausalLMEagle3)"),
        (known.DRAFT, "classify", "drafts for another model"),
        (known.BGE_M3, "chat", "it turns texts into vectors (XLMRobertaModel): its task is embed"),
        (known.PICTURES, "chat", "does not know UNet2DConditionModel"),
        (known.PICTURES, "embed", "does not know UNet2DConditionModel"),
        (known.OF_ITS_OWN, "chat", "code of its own repository, which is never run"),
        ({**known.QWEN3_8B, "model_type": "brand_new"}, "chat", "model type brand_new"),
        ({**known.QWEN3_8B, "architectures": []}, "chat", "names no architecture"),
        (quantised(known.QWEN3_8B, quant_method="brand_new"), "chat", "quantised by brand_new"),
    ],
)
@pytest.mark.parametrize("engine", engines.NAMES)
def test_what_no_engine_serves_is_refused(
    engine: str, config: dict[str, Any], task: str, says: str
) -> None:
    assert says in engines.refusal(engine, Config(config), task)


@pytest.mark.parametrize("engine", engines.NAMES)
def test_what_gives_labels_is_served(engine: str) -> None:
    for config in (known.CLASSIFIER, known.RERANKER, known.QWEN3_CLASSIFIER):
        assert engines.refusal(engine, Config(config), "classify") == ""


def test_what_gives_one_score_ranks_with_vllm_alone() -> None:
    reranker, several, chat = (
        Config(each) for each in (known.RERANKER, known.CLASSIFIER, known.QWEN3_8B)
    )
    assert engines.refusal("vllm", reranker, "rerank") == ""
    assert "it tells 3 labels apart" in engines.refusal("vllm", several, "rerank")
    assert "does not classify or rank" in engines.refusal("vllm", chat, "rerank")
    assert engines.refusal("vllm", chat, "rerank", judge="QWEN3") == ""
    assert "its task is rerank" in engines.refusal("vllm", chat, "chat", judge="QWEN3")
    assert "in a way of its own" in engines.refusal("sglang", reranker, "rerank")


@pytest.mark.parametrize(
    ("config", "task"),
    [
        (known.RERANKER, "rerank"),
        (known.CLASSIFIER, "classify"),
        (known.QWEN3_CLASSIFIER, "classify"),
        (known.QWEN3_8B, ""),
        (known.BGE_M3, ""),
    ],
)
def test_the_task_follows_from_class_and_labels(config: dict[str, Any], task: str) -> None:
    assert engines.scores(Config(config)) == task


def test_a_language_model_ranks_by_its_name() -> None:
    found = learned("someone/Qwen3-Reranker-tuned", Source(Config(known.QWEN3_8B)))
    assert found.entry
    assert (found.entry["task"], found.entry["judge"]) == ("rerank", "QWEN3")
    assert "vllm serves it" in found.refusals["sglang"]
    assert "`judge=QWEN3`" in found.entry["notes"][0]


def test_an_encoder_is_as_large_as_its_files_and_keeps_nothing() -> None:
    shape = weights.shape(Config(known.RERANKER))
    # 567,755,777 by its layers, one by one; norms and the head are left out.
    assert shape.parameters == pytest.approx(567_755_777, rel=0.01)
    assert (shape.context, shape.kv_bytes_per_token) == (8192, 0)
    assert memory.sequences(shape, 24, 1, 8192) == memory.MOST_AT_ONCE
    assert memory.sequences(shape, 4, 1, 8192) == 0


def test_engines_differ() -> None:
    bits = Config(quantised(known.QWEN3_8B, quant_method="bitsandbytes", load_in_4bit=True))
    assert "quantised by bitsandbytes" in engines.refusal("vllm", bits, "chat")
    assert engines.refusal("sglang", bits, "chat") == ""
    gone = Config({**known.QWEN3_8B, "architectures": ["BaichuanForCausalLM"]})
    assert "not serve BaichuanForCausalLM any more" in engines.refusal("vllm", gone, "chat")
    assert engines.refusal("sglang", gone, "chat") == ""


def test_a_generator_can_make_vectors_and_a_body_is_found_by_its_head() -> None:
    for name in ("Qwen3ForCausalLM", "Qwen3Model"):
        config = Config({**known.QWEN3_8B, "architectures": [name]})
        assert engines.refusal("vllm", config, "embed") == ""
    assert engines.embeds_only(Config(known.BGE_M3))
    assert not engines.embeds_only(Config(known.QWEN3_8B))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_names_a_parser_that_the_engine_has(engine: str, kind: str) -> None:
    table = yaml.safe_load(source.PARSERS.read_bytes())["parsers"]["default"][engine][kind]
    named = {rule[engine] for rule in rules()[kind] if engine in rule}
    assert named - set(table) == set()


def test_the_rules_choose_what_the_catalog_has() -> None:
    """Without a template, as offline, except where the name does not tell."""
    catalog = yaml.safe_load((source.ROOT / "template/data/models.yml").read_bytes())
    for entry in catalog["catalog"]["default"]["llm"]:
        if "Qwen3-" in entry["id"] and "parsers" in entry:
            template = TEMPLATES["reasoning" in entry["parsers"]["vllm"]]
            found = parsers(entry["id"], ["qwen3"], template)
            assert found == entry["parsers"], entry["id"]


HERMES = '<tool_call>\n{"name": <function-name>}\n</tool_call>'
TEMPLATES = {True: f"{HERMES} enable_thinking <think>", False: HERMES}


@pytest.mark.parametrize(
    ("name", "types", "template", "vllm", "sglang"),
    [
        (
            "openai/gpt-oss-20b",
            ["gpt_oss"],
            None,
            ("openai", "openai_gptoss"),
            ("gpt-oss", "gpt-oss"),
        ),
        (
            "Qwen/Qwen3.5-27B",
            ["qwen3_5", "qwen3_5_text"],
            None,
            ("qwen3_coder", "qwen3"),
            ("qwen3_coder", "qwen3"),
        ),
        (
            "Qwen/Qwen3-Coder-30B-A3B-Instruct",
            ["qwen3_moe"],
            None,
            ("qwen3_coder", None),
            ("qwen3_coder", None),
        ),
        (
            "Qwen/Qwen3-30B-A3B-Thinking-2507",
            ["qwen3_moe"],
            HERMES,
            ("hermes", "qwen3"),
            ("qwen25", "qwen3-thinking"),
        ),
        (
            "meta-llama/Llama-3.3-70B-Instruct",
            ["llama"],
            '{"name": function name, "parameters"',
            ("llama3_json", None),
            ("llama3", None),
        ),
        (
            "NousResearch/Hermes-3-Llama-3.1-8B",
            ["llama"],
            HERMES,
            ("hermes", None),
            ("hermes", None),
        ),
        (
            "mistralai/Magistral-Small-2509",
            ["mistral3"],
            "[TOOL_CALLS] [THINK]",
            ("mistral", "mistral"),
            ("mistral", "mistral"),
        ),
        (
            "deepseek-ai/DeepSeek-R1-Distill-Llama-70B",
            ["llama"],
            "<｜Assistant｜><think>",
            (None, "deepseek_r1"),
            (None, "deepseek-r1"),
        ),
        (
            "deepseek-ai/DeepSeek-V3.2",
            ["deepseek_v32"],
            "",
            ("deepseek_v32", "deepseek_v3"),
            ("deepseekv32", "deepseek-v3"),
        ),
        ("someone/llama-tune", ["llama"], None, (None, None), (None, None)),
        ("someone/llama-tune", ["llama"], "{{ messages }}", (None, None), (None, None)),
    ],
)
def test_parsers_follow_the_chat_template(
    name: str, types: list[str], template: str | None, vllm: Any, sglang: Any
) -> None:
    found = parsers(name, types, template)
    assert (found["vllm"].get("tools"), found["vllm"].get("reasoning")) == vllm
    assert (found["sglang"].get("tools"), found["sglang"].get("reasoning")) == sglang


@pytest.mark.heavy
def test_what_is_known_is_what_the_installed_engines_say() -> None:
    from support.serving import sglang, vllm

    packages = next(Path(vllm()).parent.parent.glob("lib/python3*/site-packages"))
    found = source.files(packages / "vllm", sglang(), packages / "transformers")
    stale = [path.name for path, text in found.items() if path.read_text() != text]
    assert stale == []
