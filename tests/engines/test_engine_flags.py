"""vLLM and SGLang know every flag and variable that generated repositories give them."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.serving import (
    rendered,
    sglang,
    vllm,
)

SETTINGS_FOR_FLAGS = """
import json
from chutekit.engines.engine import EngineSettings, Judge
from chutekit.engines.{engine}.launch import arguments
print(json.dumps(arguments(EngineSettings(
    gpu_count=2, context_length=4096, max_sequences=64, quantization="fp8",
    tool_parser={tools!r}, reasoning_parser="qwen3", shorter_vectors=True,
    {more}
    model_path="/weights", served_name="mine",
))))
"""
PARSE_WITH_VLLM = """
import json, sys
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser
parsed = make_arg_parser(FlexibleArgumentParser()).parse_args(json.loads(sys.argv[1]))
print(json.dumps([
    parsed.model, parsed.tensor_parallel_size, parsed.max_num_seqs, parsed.runner, parsed.convert,
    parsed.hf_overrides, parsed.allowed_media_domains, parsed.allowed_local_media_path,
    parsed.limit_mm_per_prompt, parsed.language_model_only, parsed.chat_template,
], default=vars))
"""


def emitted(repository: Path, engine: str, tools: str, more: str) -> list[str]:
    """The command line that a repository's engine gets, with more settings as in chute.py."""
    program = SETTINGS_FOR_FLAGS.format(engine=engine, tools=tools, more=more)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=repository,
        check=True,
        capture_output=True,
        text=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


#: What vLLM takes a line for: runner, conversion, overrides, media of a request, template.
Parsed = tuple[str, str, dict[str, Any], dict[str, int], str | None]
JUDGED = {
    "architectures": ["X"],
    "classifier_from_token": ["no", "yes"],
    "is_original_qwen3_reranker": True,
}
CHAT: Parsed = ("auto", "auto", {}, {}, None)
SEEING: Parsed = ("auto", "auto", {}, {"image": 3, "video": 0, "audio": 0}, None)
VECTORS: Parsed = ("pooling", "embed", {}, {}, None)
LABELS: Parsed = ("pooling", "classify", {}, {}, None)
SCORES: Parsed = ("pooling", "classify", JUDGED, {}, "{{ messages }}")


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("more", "parsed"),
    [
        ("", CHAT),
        ("pictures=3,", SEEING),
        ("embedding=True,", VECTORS),
        ("classifying=True,", LABELS),
        ("ranking=True, judge=Judge('X', ('no', 'yes'), '{{ messages }}'),", SCORES),
    ],
    ids=["chat", "pictures", "embedding", "classifying", "ranking"],
)
def test_vllm_knows_every_flag(tmp_path: Path, more: str, parsed: Parsed) -> None:
    line = emitted(rendered(tmp_path / "repository"), "vllm", "hermes", more)
    done = subprocess.run(
        [vllm(), "-c", PARSE_WITH_VLLM, json.dumps(line)],
        check=True,
        capture_output=True,
        text=True,
    )
    runner, convert, overrides, pictures, template = parsed
    assert json.loads(done.stdout.splitlines()[-1]) == [
        *["/weights", 2, 64, runner, convert, {"is_matryoshka": True} | overrides],
        *[["none.invalid"], "", pictures, not pictures, template],
    ]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("engine", "prefix", "text"),
    [
        ("vllm", "VLLM_", lambda: _source(vllm(), "vllm") / "envs.py"),
        ("sglang", "SGLANG_", lambda: sglang() / "srt" / "environ.py"),
    ],
    ids=["vllm", "sglang"],
)
def test_the_engine_knows_every_variable(
    engine: str, prefix: str, text: Callable[[], Path], tmp_path: Path
) -> None:
    repository = rendered(tmp_path / "repository", engine=engine)
    program = f"from chutekit.engines.{engine}.launch import ENVIRONMENT; print(*ENVIRONMENT)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=repository,
        check=True,
        capture_output=True,
        text=True,
    )
    own = [name for name in done.stdout.split() if name.startswith(prefix)]
    assert own
    known = text().read_text()
    assert [name for name in own if not re.search(rf"\b{name}\b", known)] == []


def _source(python: str, package: str) -> Path:
    """Where an interpreter has a package, which is not imported."""
    find = f"from importlib.util import find_spec; print(find_spec({package!r}).origin)"
    done = subprocess.run([python, "-c", find], check=True, capture_output=True, text=True)
    return Path(done.stdout.strip()).parent


@pytest.mark.heavy
def test_sglang_knows_every_flag(tmp_path: Path) -> None:
    folder = sglang() / "srt"
    fields = re.findall(
        r"^    (\w+): A\[",
        "".join(file.read_text() for file in (folder / "arg_groups" / "fields").glob("*.py")),
        re.MULTILINE,
    )
    known = {f"--{name.replace('_', '-')}" for name in fields}
    known |= set(re.findall(r'"(--[\w-]+)"', (folder / "server_args.py").read_text()))
    repository = rendered(tmp_path / "repository", engine="sglang")
    line = emitted(repository, "sglang", "qwen25", "classifying=True, pictures=3,")
    assert {word for word in line if word.startswith("--")} <= known
