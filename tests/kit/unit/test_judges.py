"""What a language model that ranks is asked, and what vLLM is told of it."""

import itertools
import json

import jinja2
from chutekit.engines.engine import EngineSettings
from chutekit.engines.judges import QWEN3
from chutekit.engines.vllm.launch import arguments

SETTINGS = {"gpu_count": 1, "context_length": 512, "max_sequences": 8}


def prompt(**more: str) -> str:
    """What vLLM 0.32 makes of a pair: a message for each text."""
    messages = [{"role": "query", "content": "ferry?"}, {"role": "document", "content": "At nine."}]
    return jinja2.Template(QWEN3.template).render(messages=messages, **more)


def test_the_prompt_is_that_of_the_model_card() -> None:
    assert prompt() == (
        "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query "
        'and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n'
        "<|im_start|>user\n<Instruct>: Given a web search query, retrieve relevant passages that "
        "answer the query\n<Query>: ferry?\n<Document>: At nine.<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    )
    assert "<Instruct>: Find timetables.\n<Query>" in prompt(instruction="Find timetables.")


def test_vllm_is_told_how_to_read_its_answers() -> None:
    line = arguments(EngineSettings(**SETTINGS, ranking=True, judge=QWEN3))
    told = dict(itertools.pairwise(line))
    assert (told["--runner"], told["--convert"]) == ("pooling", "classify")
    assert told["--chat-template"] == QWEN3.template
    assert json.loads(told["--hf-overrides"]) == {
        "architectures": ["Qwen3ForSequenceClassification"],
        "classifier_from_token": ["no", "yes"],
        "is_original_qwen3_reranker": True,
    }
    plain = arguments(EngineSettings(**SETTINGS, ranking=True))
    assert not {"--chat-template", "--hf-overrides"} & set(plain)
