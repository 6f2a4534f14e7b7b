"""What the pinned engines know: architectures, parsers and formats of weights, from their sources.

    python hooks/engines.py --vllm FOLDER --sglang FOLDER --transformers FOLDER [--check]

Each FOLDER is that package as it is installed or unpacked, of the version that the template's locks
pin. Nothing of it is imported: SGLang's needs a GPU's libraries. It writes what a config.json is
compared with, scaffold/models/engines.json, and the values of two answers,
template/data/parsers.yml. tests/models/test_engines.py holds both against the installed engines.
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
KNOWN = ROOT / "scaffold" / "models" / "engines.json"
PARSERS = ROOT / "template" / "data" / "parsers.yml"
LOCKS = {
    engine: ROOT / "template" / "project" / f"{{{{ layer.{engine} }}}}" / "requirements"
    for engine in ("vllm", "sglang")
}
HEADER = """\
# Written by hooks/engines.py from the sources of the pinned engines: what each calls its parsers of
# tool calls and of reasoning. Do not edit.
"""
#: Classes of SGLang that turn texts into something else than text, by the function that says so.
_GENERATES = "is_generation_model"


def known(vllm: Path, sglang: Path, transformers: Path) -> dict[str, Any]:
    """Everything, by engine; `transformers` is what both serve through that library."""
    return {
        "vllm": {"version": pinned("vllm"), **_vllm(vllm, transformers)},
        "sglang": {"version": pinned("sglang"), **_sglang(sglang, transformers)},
        "transformers": {
            "version": pinned("vllm", "transformers"),
            "generate": sorted(_backed(transformers)),
        },
    }


def pinned(engine: str, package: str = "") -> str:
    """The version that the engine's lock has of it, or of another package."""
    text = (LOCKS[engine] / "image.lock").read_text(encoding="utf-8")
    found = re.search(rf"^{package or engine}==(\S+)", text, re.MULTILINE)
    assert found, f"{engine}'s lock has no {package or engine}"
    return found[1]


def files(vllm: Path, sglang: Path, transformers: Path) -> dict[Path, str]:
    """The text of both files."""
    found = known(vllm, sglang, transformers)
    parsers = {
        engine: {kind: found[engine].pop(kind) for kind in ("tools", "reasoning")}
        for engine in LOCKS
    }
    wrapper = {"parsers": {"type": "yaml", "when": False, "default": parsers}}
    text = yaml.safe_dump(wrapper, sort_keys=False, default_flow_style=None, width=100, indent=2)
    return {KNOWN: json.dumps(found, indent=1, sort_keys=True) + "\n", PARSERS: HEADER + text}


def _vllm(folder: Path, transformers: Path) -> dict[str, list[str]]:
    tables = _tables(folder / "model_executor" / "models" / "registry.py")
    generate = {**tables["_TEXT_GENERATION_MODELS"], **tables["_MULTIMODAL_MODELS"]}
    generate |= tables["_TRANSFORMERS_SUPPORTED_MODELS"]
    heard = _only_hears(folder / "model_executor" / "models")
    other = [
        name
        for table in (
            "_LATE_INTERACTION_MODELS",
            "_REWARD_MODELS",
            "_TOKEN_CLASSIFICATION_MODELS",
            "_SEQUENCE_CLASSIFICATION_MODELS",
            "_SPECULATIVE_DECODING_MODELS",
        )
        for name in tables[table]
    ]
    classify = {name for name in tables["_SEQUENCE_CLASSIFICATION_MODELS"] if "VL" not in name}
    return {
        "generate": sorted(name for name, (_, kind) in generate.items() if kind not in heard),
        "hear": sorted(name for name, (_, kind) in generate.items() if kind in heard),
        "embed": sorted(tables["_EMBEDDING_MODELS"]),
        "classify": sorted(classify),
        "other": sorted({*other} - {*tables["_EMBEDDING_MODELS"]} - classify),
        "gone": sorted({*tables["_PREVIOUSLY_SUPPORTED_MODELS"], *tables["_OOT_SUPPORTED_MODELS"]}),
        "types": sorted({*_config_types(transformers), *_own_types(folder)}),
        "latent": sorted(_latent(folder / "transformers_utils" / "model_arch_config_convertor.py")),
        "quantization": sorted(
            _literal(
                folder / "model_executor" / "layers" / "quantization" / "__init__.py",
                "QuantizationMethods",
            )
        ),
        "tools": sorted(
            _table(folder / "tool_parsers" / "__init__.py", "_TOOL_PARSERS_TO_REGISTER")
        ),
        "reasoning": sorted(
            _table(folder / "reasoning" / "__init__.py", "_REASONING_PARSERS_TO_REGISTER")
        ),
    }


def _sglang(folder: Path, transformers: Path) -> dict[str, list[str]]:
    runtime = folder / "srt"
    entries = {name for file in _python(runtime / "models") for name in _entry_classes(file)}
    model_config = runtime / "configs" / "model_config.py"
    no_text = {name for name in _strings(_function(model_config, _GENERATES)) if name in entries}
    drafts = {name for name in entries if re.search(r"NextN|MTP|Eagle|DSpark|DFlash|Draft", name)}
    classifiers = {name for name in entries if re.search(r"Classification|Reward", name)}
    classify = {name for name in no_text if name.endswith("ForSequenceClassification")}
    heard = {name for name in entries if re.search(r"Whisper|ASR|Asr", name)}
    common = runtime / "utils" / "hf_transformers" / "common.py"
    return {
        "generate": sorted(entries - no_text - drafts - classifiers - heard),
        "hear": sorted(heard),
        "embed": sorted(no_text - classifiers),
        "classify": sorted(classify),
        "other": sorted((drafts | classifiers) - classify),
        "gone": [],
        "latent": [],
        "types": sorted({*_config_types(transformers), *_registered(common, runtime / "configs")}),
        "quantization": sorted(
            {
                *_strings(_assigned(runtime / "arg_groups" / "choices.py", "QUANTIZATION_CHOICES")),
                *_literal_keys(
                    runtime / "layers" / "quantization" / "__init__.py", "BASE_QUANTIZATION_METHODS"
                ),
            }
        ),
        "tools": _literal_keys(
            runtime / "function_call" / "function_call_parser.py", "ToolCallParserEnum"
        ),
        "reasoning": _literal_keys(runtime / "parser" / "reasoning_parser.py", "DetectorMap"),
    }


def _latent(file: Path) -> list[str]:
    """The model types for which vLLM keeps a latent instead of keys and values."""
    compared = next(
        node for node in ast.walk(_function(file, "is_deepseek_mla")) if isinstance(node, ast.Tuple)
    )
    return _strings(compared)


# --- reading sources ------------------------------------------------------------------------------


def _python(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("*.py"))


def _assigned(file: Path, name: str) -> ast.expr:
    """What a module, or a class in it, assigns to a name first."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign) and node.value
            else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            assert node.value is not None
            return node.value
    raise LookupError(f"{file} assigns nothing to {name}")


def _function(file: Path, name: str) -> ast.AST:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise LookupError(f"{file} has no function {name}")


def _strings(node: ast.AST) -> list[str]:
    """Every text constant in it."""
    return [
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]


def _literal_keys(file: Path, name: str) -> list[str]:
    value = _assigned(file, name)
    assert isinstance(value, ast.Dict)
    return sorted(ast.literal_eval(key) for key in value.keys if isinstance(key, ast.Constant))


def _literal(file: Path, name: str) -> list[str]:
    """The texts of `NAME = Literal[...]`."""
    return _strings(_assigned(file, name))


def _table(file: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = ast.literal_eval(_assigned(file, name))
    return found


def _tables(file: Path) -> dict[str, Any]:
    """vLLM's tables of models, of which one is computed from another."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    tables = [
        node
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and re.fullmatch(r"_[A-Z_]+_MODELS", node.targets[0].id)
    ]
    found: dict[str, Any] = {}
    exec(compile(ast.Module(body=list(tables), type_ignores=[]), str(file), "exec"), found)
    return found


def _only_hears(folder: Path) -> set[str]:
    """Classes of vLLM that write down speech and do nothing else."""
    return {
        node.name
        for file in _python(folder)
        if "supports_transcription_only = True" in (text := file.read_text(encoding="utf-8"))
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
        and "supports_transcription_only = True" in ast.unparse(node)
    }


def _entry_classes(file: Path) -> list[str]:
    """The classes that a module of SGLang offers: a name, or a list of names."""
    try:
        value = _assigned(file, "EntryClass")
    except LookupError:
        return []
    return [node.id for node in ast.walk(value) if isinstance(node, ast.Name)]


def _config_types(transformers: Path) -> Iterable[str]:
    """The model types for which transformers has a configuration of its own."""
    pairs = _assigned(transformers / "models" / "auto" / "auto_mappings.py", "CONFIG_MAPPING_NAMES")
    assert isinstance(pairs, ast.Call)
    return [name for name, _ in ast.literal_eval(pairs.args[0])]


def _own_types(vllm: Path) -> Iterator[str]:
    call = _assigned(vllm / "transformers_utils" / "config.py", "_CONFIG_REGISTRY")
    assert isinstance(call, ast.Call)
    for keyword in call.keywords:
        yield from [keyword.arg] if keyword.arg else ast.literal_eval(keyword.value)


def _registered(common: Path, configs: Path) -> Iterator[str]:
    """The model types of the configurations that SGLang brings, by their classes."""
    text = common.read_text(encoding="utf-8")
    yield from re.findall(r'_CONFIG_REGISTRY\["([\w-]+)"\]', text)
    yield from _strings(_assigned(common, "_CONFIG_REGISTRY"))
    for file in _python(configs):
        yield from re.findall(
            r'^    model_type(?:: \w+)? = "([\w-]+)"', file.read_text("utf-8"), re.MULTILINE
        )


def _backed(transformers: Path) -> Iterator[str]:
    """Text generators whose attention an engine may replace, encoders left out."""
    for file in sorted((transformers / "models").glob("*/modeling_*.py")):
        text = file.read_text(encoding="utf-8")
        if "_supports_attention_backend = True" in text and "ForMaskedLM(" not in text:
            yield from re.findall(r"^class (\w+ForCausalLM)\(", text, re.MULTILINE)


def main(arguments: list[str] | None = None) -> int:
    """Write both files, or check them; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    for package in ("vllm", "sglang", "transformers"):
        parser.add_argument(f"--{package}", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when stale")
    options = parser.parse_args(arguments)
    status = 0
    for path, text in files(options.vllm, options.sglang, options.transformers).items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        print(f"{path.relative_to(ROOT)} {'is out of date' if options.check else 'changed'}")
        if options.check:
            status = 1
        else:
            path.write_text(text, encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
