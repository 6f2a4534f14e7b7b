"""Any config.json: what it comes to in memory, and that a hostile one harms nobody."""

import json
from typing import Any

import pytest

from scaffold import memory
from scaffold.answers.questions import Questionnaire
from scaffold.errors import BadUsage
from scaffold.models import attention, weights
from scaffold.models.config import MAX_BYTES, Config, parse
from support import model_configs as known
from support.answers import REQUIRED
from support.model_configs import quantised

KIB = 2**10
DECODERS = (
    "LLAMA_70B",
    "QWEN3_30B_A3B",
    "QWEN35_27B",
    "GPT_OSS_20B",
    "GEMMA4_31B",
    "DEEPSEEK_V32",
    "NEMOTRON_3_NANO",
    "KIMI_K25",
    "MISTRAL_7B_V01",
)


def shape(config: dict[str, Any], **more: Any) -> memory.Shape:
    return weights.shape(Config(config), **more)


@pytest.mark.parametrize(
    ("config", "billions", "tolerance"),
    [
        (known.LLAMA_70B, 70.55, 0.001),
        (known.QWEN3_30B_A3B, 30.53, 0.001),
        # Files of the hub besides: 0.4 B that look at pictures, 0.4 B that guess ahead.
        (known.QWEN35_27B, 27.3, 0.02),
        (known.GPT_OSS_20B, 20.9, 0.01),
        (known.GEMMA4_31B, 31.3, 0.02),
        (known.DEEPSEEK_V32, 671.0, 0.01),
        (known.NEMOTRON_3_NANO, 31.6, 0.02),
        (known.KIMI_K25, 1027.0, 0.01),
    ],
    ids=["llama", "mixture", "hybrid", "mxfp4", "windows", "latent", "mamba", "vision and latent"],
)
def test_parameters_are_those_of_the_models_card(
    config: dict[str, Any], billions: float, tolerance: float
) -> None:
    assert shape(config).parameters / 1e9 == pytest.approx(billions, rel=tolerance)


@pytest.mark.parametrize(
    ("config", "each"),
    [
        (known.LLAMA_70B, 320 * KIB),
        (known.QWEN3_8B, 144 * KIB),
        (known.QWEN3_30B_A3B, 96 * KIB),
        (known.QWEN35_27B, 64 * KIB),
        (known.GPT_OSS_20B, 24 * KIB),
        (known.GEMMA4_31B, 80 * KIB),
        (known.NEMOTRON_3_NANO, 6 * KIB),
        (known.KIMI_K25, 61 * (512 + 64) * 2),
        # A latent, and for each token an index of 128 bytes with its scale.
        (known.DEEPSEEK_V32, 61 * ((512 + 64) * 2 + 132)),
        (known.MISTRAL_7B_V01, 0),
    ],
)
def test_what_each_further_token_takes(config: dict[str, Any], each: float) -> None:
    assert shape(config).kv_bytes_per_token == each


def test_layers_that_are_all_alike_need_nothing_special() -> None:
    for config in (known.LLAMA_70B, known.QWEN3_8B, known.QWEN3_30B_A3B):
        assert attention.is_plain(Config(config))
        assert shape(config).kept is None


def test_a_window_keeps_its_own_tokens_and_those_in_flight() -> None:
    found = shape(known.GEMMA4_31B)
    assert found.kept
    assert found.kept.sliding == 50 * 2 * 16 * 256 * 2
    within, beyond = found.cache_bytes(8192), found.cache_bytes(262144)
    assert within == 8192 * (found.kept.token + found.kept.sliding)
    assert beyond == 262144 * found.kept.token + (1024 + 16384) * found.kept.sliding


def test_a_state_has_one_size_however_long_the_text_is() -> None:
    found = shape(known.QWEN35_27B).kept
    assert found
    # 48 heads of 128 times 128 in 32 bits, and three steps of the convolution in 16.
    assert found.state == 48 * (48 * 128 * 128 * 4 + 3 * (2 * 16 * 128 + 48 * 128) * 2)
    nemotron = shape(known.NEMOTRON_3_NANO).kept
    assert nemotron
    assert nemotron.state == 23 * (64 * 64 * 128 * 4 + 3 * (4096 + 2 * 8 * 128) * 2)


def test_windows_may_be_told_by_letters() -> None:
    letters = {**known.QWEN3_8B, "sliding_window": 4096, "sliding_window_pattern": "LLLG"}
    assert attention.kinds(Config(letters)) == ["sliding", "sliding", "sliding", "full"] * 9


@pytest.mark.parametrize("tokens", [512, 8192, 65536])
@pytest.mark.parametrize("name", DECODERS)
def test_the_templates_rule_is_the_same_arithmetic(name: str, tokens: int) -> None:
    questionnaire = Questionnaire()
    found = shape(getattr(known, name))
    entry = {"id": "a/b", "revision": "0" * 40, "license": "", "gated": False, **found.as_entry()}
    questionnaire.learn("a/b", entry, {})
    for gpu_count in (1, 2, 4, 8):
        if found.heads % gpu_count or tokens > found.context:
            continue
        answers = {
            **REQUIRED,
            "workload": "llm",
            "model": "a/b",
            "gpu_count": gpu_count,
            "context_length": tokens,
        }
        needed = questionnaire.resolve(answers).derived["needed_gb"]
        assert needed - 1 < memory.needed_gb(found, gpu_count, tokens) <= needed


def test_a_latent_is_kept_whole_by_every_gpu() -> None:
    found = shape(known.KIMI_K25)
    assert found.kv_gib_per_gpu(1000, 8) == found.kv_gib_per_gpu(1000, 1)
    plain = shape(known.LLAMA_70B)
    assert plain.kv_gib_per_gpu(1000, 8) == plain.kv_gib_per_gpu(1000, 1) / 8


@pytest.mark.parametrize(
    ("how", "gib"),
    [
        ({"quant_method": "fp8"}, 72.7 / 1.0737),
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, 39.8 / 1.0737),
        ({"quant_method": "gptq", "bits": 4, "group_size": 128}, 39.8 / 1.0737),
        ({"quant_method": "gptq", "bits": 8, "group_size": 128}, 74.0 / 1.0737),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, 42.7 / 1.0737),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "float"}}},
            },
            72.67 / 1.0737,  # RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic has 72,669,954,704 bytes
        ),
    ],
    ids=["fp8", "awq", "gptq", "gptq of 8 bits", "nvfp4", "compressed-tensors"],
)
def test_quantised_weights(how: dict[str, Any], gib: float) -> None:
    found = shape(quantised(known.LLAMA_70B, **how)).weights_gib
    assert found == pytest.approx(gib, rel=0.03)


def test_mixtures_quantised_in_their_experts_only() -> None:
    """gpt-oss-20b has 13.8 GB of files; Kimi-K2.5 about 595."""
    assert shape(known.GPT_OSS_20B).weights_gib == pytest.approx(13.76 / 1.0737, rel=0.03)
    assert shape(known.KIMI_K25).weights_gib == pytest.approx(595 / 1.0737, rel=0.03)


def test_the_sizes_of_files_win_over_an_estimate() -> None:
    found = shape(known.QWEN3_8B, files_bytes=10 * 2**30)
    assert found.weights_gib == pytest.approx(10)
    wide = shape({**known.QWEN3_8B, "torch_dtype": "float32"}, files_bytes=10 * 2**30)
    assert wide.weights_gib == pytest.approx(5)


@pytest.mark.parametrize(
    ("config", "tokens"),
    [
        (known.GPT_OSS_20B, 131072),
        (known.KIMI_K25, 262144),
        (known.QWEN35_27B, 262144),
        (
            {
                **known.QWEN3_8B,
                "rope_scaling": {
                    "type": "yarn",
                    "factor": 4.0,
                    "original_max_position_embeddings": 32768,
                },
            },
            131072,
        ),
        ({**known.LLAMA_70B, "rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, 131072),
        ({**known.QWEN3_8B, "rope_scaling": {"type": "linear", "factor": 2}}, 81920),
        ({**known.QWEN3_8B, "rope_scaling": {"type": "linear", "factor": 1e308}}, 2**28),
        ({**known.QWEN3_8B, "rope_scaling": {"type": "linear", "factor": -1e308}}, 1),
    ],
)
def test_the_context_length(config: dict[str, Any], tokens: int) -> None:
    assert Config(config).context == tokens


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_hidden_layers", 10**9),
        ("num_hidden_layers", "61"),
        ("num_hidden_layers", True),
        ("num_hidden_layers", -1),
        ("num_hidden_layers", 1.5),
        ("num_hidden_layers", [1]),
        ("hidden_size", 10**400),
        ("num_attention_heads", 0),
        ("vocab_size", float("inf")),
        ("vocab_size", float("nan")),
        ("max_position_embeddings", 2**40),
        ("num_experts", {"n": 1}),
    ],
)
def test_a_number_that_is_none_is_named(name: str, value: Any) -> None:
    with pytest.raises(BadUsage, match=rf"config\.json has {name}: .{{0,40}}, not a whole number"):
        shape({**known.QWEN3_8B, name: value})


@pytest.mark.parametrize(
    "odd",
    [
        {"architectures": "Qwen3ForCausalLM"},
        {"architectures": [None, 3, "x" * 1000]},
        {"layer_types": ["full_attention"] * 100_000},
        {"layer_types": [["full_attention"]]},
        {"text_config": [1]},
        {"rope_scaling": "yarn"},
        {"rope_scaling": {"type": ["yarn"], "factor": "4"}},
        {"quantization_config": [1]},
        {"quantization_config": {"quant_method": 4}},
        {"quantization_config": {"quant_method": "compressed-tensors", "config_groups": [1]}},
        {"block_configs": [1, {"attention": 2}]},
        {"vision_config": "yes"},
        {"mlp_only_layers": "none"},
        {"hybrid_layer_pattern": {}},
        {"linear_attn_config": 1},
        {"compress_ratios": "4"},
        {"sliding_window_pattern": "LLLG"},
    ],
)
def test_odd_types_are_passed_over(odd: dict[str, Any]) -> None:
    assert shape({**known.QWEN3_8B, **odd}).parameters > 8e9


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"not json", "it is no config.json"),
        (b"\xff\xfe\x00", "it is no config.json"),
        (b"[" * 200_000, "it is no config.json"),
        (b'{"a":' * 200_000, "it is no config.json"),
        (b'{"a": ' + b"9" * 5000 + b"}", "it is no config.json"),
        (b"[]", "is not a JSON object"),
        (b" " * (MAX_BYTES + 1), "larger than 4 MB"),
    ],
    ids=["text", "bytes", "nested lists", "nested objects", "long number", "list", "large"],
)
def test_what_is_no_config_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(BadUsage, match=says):
        parse(content, "the file")


def test_a_part_with_many_names_is_put_together_once() -> None:
    """It is asked for at each of up to two thousand layers."""
    config = Config(known.KIMI_K25)
    assert config.text is config.text


def test_what_lacks_a_number_says_which() -> None:
    with pytest.raises(BadUsage, match="lacks num_attention_heads"):
        shape({key: value for key, value in known.QWEN3_8B.items() if key != "num_attention_heads"})


def test_reading_is_the_same_from_a_file() -> None:
    assert parse(json.dumps(known.GPT_OSS_20B).encode(), "it").kinds == {"gpt_oss"}
