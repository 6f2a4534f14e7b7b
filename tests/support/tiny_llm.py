"""Make a tiny language model with random weights in a Hugging Face cache, without any network.

Run with an interpreter that has torch, transformers and tokenizers:
`python tests/support/tiny_llm.py CACHE`. The head size is 64, the smallest that vLLM's attention
for CPUs accepts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

MODEL = "example/tiny-llama"
REVISION = "0123456789abcdef0123456789abcdef01234567"
CONTEXT = 1024

TEXT = "The quick brown fox jumps over the lazy dog. Hello, how are you today? " * 20
TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


# On CPUs vLLM hands work to a process of its own, waiting in a loop of sched_yield. Linux since 6.6
# may keep other processes waiting for seconds because of it. With one GPU there is no such process.
PATIENT = """\
import os, time
os.sched_yield = lambda: time.sleep(50e-6)
"""


ON_CPU = {
    "CHUTE_ENGINE_ARGS": "--enforce-eager --dtype float32",
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
}
# Hardly any of the GPU's memory: the cache's blocks are objects of Python, and would be millions.
ON_GPU = {
    "CHUTE_ENGINE_ARGS": "--enforce-eager --gpu-memory-utilization 0.2 "
    "--num-gpu-blocks-override 8192"
}


def environment(cache: Path, python: str, shape: dict[str, Any] | None = None) -> dict[str, str]:
    """Make the model below `cache`; returns what lets a chute serve it with the vLLM of `python`.

    The result is for `chutes run --dev`. `shape` is as for `make`; on a GPU it may use all memory.
    """
    command = [python, __file__, str(cache), *([json.dumps(shape)] if shape else [])]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    if made.stdout.split()[-1] == "cuda":
        own = {"CHUTE_ENGINE_ARGS": ""} if shape else dict(ON_GPU)
    else:
        patient = cache / "patient"
        patient.mkdir(exist_ok=True)
        (patient / "sitecustomize.py").write_text(PATIENT)
        own = ON_CPU | {"PYTHONPATH": str(patient)}
    if shape:
        own["CHUTE_ENGINE_ARGS"] += " --load-format dummy"
    return own | {
        "CHUTE_BACKEND": "",
        "CHUTE_ENGINE_PYTHON": python,
        "HF_HOME": str(cache),
        "HF_HUB_OFFLINE": "1",
    }


def make(cache: Path, shape: dict[str, Any] | None = None) -> None:
    """Write the model's snapshot below `cache`, which is to become HF_HOME.

    With a config.json as `shape` it is a model of that size, for an engine that makes weights of
    its own (`--load-format dummy`). Prints where PyTorch would run it: cpu or cuda.
    """
    import torch
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = cache / "hub" / f"models--{MODEL.replace('/', '--')}" / "snapshots" / REVISION
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator([TEXT], trainer)
    if shape:
        known = tokenizer.get_vocab_size()
        tokenizer.add_tokens([f"<{number}>" for number in range(known, shape["vocab_size"])])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", model_max_length=CONTEXT
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    print("cuda" if torch.cuda.is_available() else "cpu")
    if shape:
        (folder / "config.json").write_text(json.dumps(shape))
        save_file({"nothing": torch.zeros(1)}, folder / "model.safetensors")
        return
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        bos_token_id=fast.bos_token_id,
        eos_token_id=fast.eos_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]), *map(json.loads, sys.argv[2:]))
