"""Make tiny models with random weights that give scores or labels, and tell what they give.

Run with an interpreter that has torch, transformers and tokenizers, as `tiny_llm` is:
`python tests/support/tiny_scores.py make KIND CACHE MODEL REVISION` writes one into a cache of the
hub, and `python tests/support/tiny_scores.py tell KIND FOLDER TEXTS` prints, as JSON, what
transformers computes for these texts (a JSON list). KIND is `judge` (a Qwen3 that says yes or no)
or `classifier` (a BERT of three labels).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

CONTEXT = 512
LABELS = ("calm", "urgent", "rude")
#: A judge's answers must be one token each.
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "<|im_start|>", "<|im_end|>", "no", "yes"]
# Random weights of the usual size would give all texts the same score, larger ones nearly none.
SPREAD = 0.1


def environment(cache: Path, python: str, kind: str, model: str, revision: str) -> dict[str, str]:
    """Make the model below `cache`; returns what lets a chute serve it with this vLLM."""
    from support import tiny_llm

    made = tiny_llm.environment(cache, python)
    subprocess.run([python, __file__, "make", kind, str(cache), model, revision], check=True)
    return made


def told(cache: Path, python: str, kind: str, model: str, revision: str, texts: list[str]) -> Any:
    """What transformers computes for these texts: a score, or probabilities, for each."""
    command = [
        python,
        __file__,
        "tell",
        kind,
        str(_folder(cache, model, revision)),
        json.dumps(texts),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _folder(cache: Path, model: str, revision: str) -> Path:
    return cache / "hub" / f"models--{model.replace('/', '--')}" / "snapshots" / revision


def _tokenizer(kind: str) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = [chr(code) for code in range(32, 127)]
    vocabulary = {word: place for place, word in enumerate([*WORDS, *letters, "\n"])}
    tokenizer = Tokenizer(
        models.WordPiece(vocabulary, unk_token="[UNK]", continuing_subword_prefix="")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "isolated")
    tokenizer.add_special_tokens(WORDS[4:])
    if kind == "classifier":
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]",
            special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        eos_token="<|im_end|>",
        model_max_length=CONTEXT,
    )


def make(kind: str, folder: Path) -> None:
    """Write the model's snapshot into the folder."""
    import torch
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        Qwen3Config,
        Qwen3ForCausalLM,
    )

    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(kind)
    tokenizer.save_pretrained(folder)
    shape: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": CONTEXT,
        "initializer_range": SPREAD,
        "pad_token_id": 0,
    }
    if kind == "judge":
        config = Qwen3Config(**shape, num_key_value_heads=1, head_dim=64, tie_word_embeddings=True)
        Qwen3ForCausalLM(config).save_pretrained(folder)
    else:
        labels = dict(enumerate(LABELS))
        BertForSequenceClassification(BertConfig(**shape, id2label=labels)).save_pretrained(folder)


def tell(kind: str, folder: Path, texts: list[str]) -> list[Any]:
    """What the model gives for each text, without any engine."""
    import torch
    from transformers import (
        AutoModelForCausalLM,
        AutoModelForSequenceClassification,
        AutoTokenizer,
    )

    tokenizer = AutoTokenizer.from_pretrained(folder)
    loads: Any = AutoModelForCausalLM if kind == "judge" else AutoModelForSequenceClassification
    model = loads.from_pretrained(folder, dtype=torch.float32).eval()
    found = []
    for text in texts:
        with torch.no_grad():
            logits = model(**tokenizer(text, return_tensors="pt")).logits
        if kind == "judge":
            places = tokenizer.convert_tokens_to_ids(["no", "yes"])
            found.append(logits[0, -1, places].softmax(-1)[1].item())
        else:
            found.append(logits[0].softmax(-1).tolist())
    return found


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], _folder(Path(sys.argv[3]), *sys.argv[4:6]))
    else:
        print(json.dumps(tell(sys.argv[2], Path(sys.argv[3]), json.loads(sys.argv[4]))))
