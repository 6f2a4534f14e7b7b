"""Writes a random Whisper of a megabyte into a Hugging Face cache.

Run by the interpreter that has transformers: `python tiny_whisper.py HF_HOME MODEL REVISION`.
"""

import sys
from pathlib import Path
from typing import get_args

import tiny  # type: ignore[import-not-found]
import torch
from transformers import (
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperProcessor,
    WhisperTokenizer,
)

sys.path.insert(0, str(Path(__file__).parents[2] / "template" / "project"))
from chutekit.speech.said import Language

WIDTH, LAYERS, HEADS, MELS = 32, 2, 2, 128
#: Tokens of an answer: random weights write as many as they may.
LONGEST = 24
#: Tokens of time: 30 s in steps of 0.02 s.
TIMES = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]


def special() -> list[str]:
    """What is no text, in the order in which Whisper's tokenizer has it."""
    languages = [f"<|{language}|>" for language in get_args(Language)]
    ends = ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"]
    return ["<|endoftext|>", "<|startoftranscript|>", *languages, *ends, "<|notimestamps|>"]


def tokenizer() -> WhisperTokenizer:
    """One that knows single bytes only."""
    made = WhisperTokenizer(
        vocab={word: number for number, word in enumerate(tiny.letters())},
        merges=[],
        unk_token="<|endoftext|>",
        bos_token="<|endoftext|>",
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
    )
    made.add_special_tokens({"additional_special_tokens": special()[1:]})
    made.add_tokens(TIMES)
    return made


def main() -> None:
    """Write the model as the snapshot of one commit."""
    snapshot = tiny.snapshot(tiny.parser(__doc__).parse_args())
    torch.manual_seed(0)
    words = tokenizer()
    numbers = words.convert_tokens_to_ids
    end, start = numbers("<|endoftext|>"), numbers("<|startoftranscript|>")
    config = WhisperConfig(
        vocab_size=len(words),
        d_model=WIDTH,
        encoder_layers=LAYERS,
        decoder_layers=LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=2 * WIDTH,
        decoder_ffn_dim=2 * WIDTH,
        num_mel_bins=MELS,
        decoder_start_token_id=start,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        max_target_positions=LONGEST,
    )
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        decoder_start_token_id=start,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        is_multilingual=True,
        max_length=LONGEST,
        return_timestamps=False,
        max_initial_timestamp_index=50,
        prev_sot_token_id=numbers("<|startofprev|>"),
        no_timestamps_token_id=numbers("<|notimestamps|>"),
        lang_to_id={f"<|{each}|>": numbers(f"<|{each}|>") for each in get_args(Language)},
        task_to_id={each: numbers(f"<|{each}|>") for each in ("transcribe", "translate")},
        alignment_heads=[[1, 0], [1, 1]],
        suppress_tokens=[],
        begin_suppress_tokens=[end],
    )
    model.save_pretrained(snapshot)
    WhisperProcessor(WhisperFeatureExtractor(feature_size=MELS), words).save_pretrained(snapshot)


if __name__ == "__main__":
    main()
