"""Memory: against public configs, the catalog, the template's own rule, and a running vLLM."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from scaffold import memory
from scaffold.answers.questions import Questionnaire
from scaffold.errors import BadUsage
from scaffold.plan import models
from scaffold.plan.planner import Planner
from scaffold.plan.planning import make
from scaffold.plan.request import Request
from support import tiny_llm
from support.answers import REQUIRED
from support.harness import free_port
from support.plan_configs import CATALOG, OTHERS

QUESTIONNAIRE = Questionnaire()
CONTEXT = QUESTIONNAIRE.resolve({**REQUIRED, "workload": "llm"}).context
ENTRIES = {entry["id"]: entry for entry in CONTEXT["catalog"]["llm"]}
# In the catalog since before a model had to bring its config; this only gets shorter.
UNCOMPARED = {
    "BAAI/bge-reranker-v2-m3",
    "Qwen/Qwen2.5-72B-Instruct",
    "Qwen/Qwen3-1.7B",
    "Qwen/Qwen3-4B-Instruct-2507",
    "Qwen/Qwen3-Embedding-4B",
    "Qwen/Qwen3-Embedding-8B",
    "Qwen/Qwen3-Reranker-0.6B",
    "Qwen/Qwen3-Reranker-4B",
    "Qwen/Qwen3-Reranker-8B",
    "Qwen/Qwen3-VL-32B-Instruct",
    "Qwen/Qwen3-VL-8B-Instruct",
    "Qwen/Qwen3.6-27B",
    "Qwen/Qwen3.8-27B",
    "Qwen/Qwen3Guard-Gen-0.6B",
    "Qwen/Qwen3Guard-Gen-8B",
    "google/gemma-4-31B-it",
    "meta-llama/Llama-3.1-8B-Instruct",
    "meta-llama/Llama-3.2-1B-Instruct",
    "meta-llama/Llama-3.3-70B-Instruct",
}


@pytest.mark.parametrize("model", CATALOG)
def test_the_catalog_says_what_follows_from_the_public_config(model: str) -> None:
    entry, found = ENTRIES[model], models.from_config(CATALOG[model])
    listed = memory.Shape.of_entry(entry)
    assert found.parameters == pytest.approx(listed.parameters, rel=1e-6)
    assert found.kv_bytes_per_token == listed.kv_bytes_per_token
    assert (found.heads, found.context) == (listed.heads, listed.context)


def test_a_model_brings_what_its_config_says() -> None:
    """Its figures cannot be compared otherwise; an FP8 model has the config of the plain one."""
    without = {id for id in ENTRIES if id.removesuffix("-FP8") not in CATALOG}
    told = f"CATALOG in tests/support/plan_configs.py has no {sorted(without - UNCOMPARED)}"
    assert not without - UNCOMPARED, told
    assert not UNCOMPARED - without, f"no longer uncompared: {sorted(UNCOMPARED - without)}"


@pytest.mark.parametrize("model", OTHERS)
def test_parameters_follow_from_the_config(model: str) -> None:
    config, parameters = OTHERS[model]
    assert models.from_config(config).parameters == pytest.approx(parameters, rel=2e-5)


def test_a_model_of_known_size_on_disk() -> None:
    """The files of Qwen3-32B are 65,540,298,478 bytes, headers and tokenizer included."""
    weights = models.from_config(CATALOG["Qwen/Qwen3-32B"], "bf16").weights_gib * memory.GIB
    assert weights == pytest.approx(65_540_298_478, rel=1e-3)


@pytest.mark.parametrize("plain", ["Qwen/Qwen3-8B", "Qwen/Qwen3-32B"])
def test_quantised_weights_keep_embeddings_in_16_bits(plain: str) -> None:
    model = f"{plain}-FP8"
    found = models.from_config(CATALOG[plain], "fp8").bytes_per_parameter
    assert found == pytest.approx(ENTRIES[model]["bytes_per_parameter"], abs=0.015)


def test_a_latent_cache_is_kept_once_per_layer_and_by_every_gpu() -> None:
    shape = models.from_config(OTHERS["DeepSeek-V2-Lite"][0])
    assert shape.kv_bytes_per_token == 27 * (512 + 64) * 2
    assert shape.kv_gib_per_gpu(1000, 4) == shape.kv_gib_per_gpu(1000, 1)


@pytest.mark.parametrize("tokens", [512, 8192, 32768])
@pytest.mark.parametrize("model", ENTRIES)
def test_the_templates_rule_is_the_same_arithmetic(model: str, tokens: int) -> None:
    entry = ENTRIES[model]
    shape = memory.Shape.of_entry(entry)
    for gpu_count in (1, 2, 4):
        if entry["heads"] % gpu_count or tokens > entry["context"]:
            continue
        answers = {
            "workload": "llm",
            "model": model,
            "gpu_count": gpu_count,
            "context_length": tokens,
        }
        needed = QUESTIONNAIRE.resolve({**REQUIRED, **answers}).derived["needed_gb"]
        assert needed - 1 < memory.needed_gb(shape, gpu_count, tokens) <= needed


def test_what_is_needed_is_exactly_what_lets_one_request_fit() -> None:
    for entry in ENTRIES.values():
        shape = memory.Shape.of_entry(entry)
        needed = memory.needed_gb(shape, 1, 4096)
        least = 1 if shape.kv_bytes_per_token else memory.MOST_AT_ONCE
        assert memory.sequences(shape, needed * 1.0001, 1, 4096) == least
        assert memory.sequences(shape, needed * 0.9999, 1, 4096) == 0


def test_more_gpus_than_kv_heads_do_not_split_the_cache_further() -> None:
    shape = models.from_config(CATALOG["Qwen/Qwen2.5-7B-Instruct"])
    assert shape.kv_gib_per_gpu(1000, 4) == shape.kv_gib_per_gpu(1000, 1) / 4
    assert shape.kv_gib_per_gpu(1000, 8) == shape.kv_gib_per_gpu(1000, 4)


def test_parallel_sizes_divide_the_heads_and_every_assumption_has_an_option() -> None:
    model = {"workload": "llm", "model": "Qwen/Qwen2.5-7B-Instruct"}
    context = QUESTIONNAIRE.resolve({**REQUIRED, **model}).context
    plan = make(Planner(context, Request(rps=0.1, hours=0.2, search=False)))
    assert {fit.gpu_count for fit in plan.sizing.fits} == {1, 2, 4}
    assert {fit.gpu for fit in plan.sizing.fits} == {gpu["id"] for gpu in context["gpus"]}
    for assumption in plan.sizing.assumptions:
        assert assumption.source
        assert assumption.option.startswith("--")


@pytest.mark.parametrize(
    ("config", "says"),
    [("not json", "config.json"), ("[]", "not a JSON object"), ("{}", "num_attention_heads")],
)
def test_a_config_that_is_none_is_refused(tmp_path: Path, config: str, says: str) -> None:
    file = tmp_path / "config.json"
    file.write_text(config)
    with pytest.raises(BadUsage, match=re.escape(says)):
        models.shape(CONTEXT, Request(rps=1, model_config=file))


@pytest.mark.heavy
def test_vllm_reports_the_cache_size_that_was_computed(tmp_path: Path) -> None:
    python = os.environ.get("TEST_VLLM_PYTHON") or pytest.skip("no TEST_VLLM_PYTHON")
    subprocess.run([python, tiny_llm.__file__, str(tmp_path)], check=True, timeout=300)
    (snapshot,) = tmp_path.glob("hub/models--*/snapshots/*")
    shape = models.from_config(json.loads((snapshot / "config.json").read_text()))
    command = [
        python,
        "-m",
        "vllm.entrypoints.openai.api_server",
        "--model",
        str(snapshot),
        "--port",
        str(free_port()),
        "--max-model-len",
        "512",
        "--enforce-eager",
        "--dtype",
        "bfloat16",
    ]
    log = tmp_path / "log"
    settings = {"HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1"}
    with log.open("w") as file:
        server = subprocess.Popen(
            command,
            env={**os.environ, **settings},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + 300
            pattern = r"KV cache size: ([\d,]+) tokens"
            while not (found := re.search(pattern, log.read_text())):
                assert server.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() < deadline
                time.sleep(0.5)
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
    tokens = int(found[1].replace(",", ""))
    assert tokens == pytest.approx(memory.GIB / shape.kv_bytes_per_token, rel=0.001)
