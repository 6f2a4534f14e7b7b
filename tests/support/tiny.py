"""What the programs that write tiny models share: no library of models is imported here."""

import argparse
import json
from pathlib import Path


def parser(doc: str | None) -> argparse.ArgumentParser:
    """The arguments of such a program: HF_HOME, MODEL and REVISION."""
    made = argparse.ArgumentParser(description=(doc or "").split("\n", maxsplit=1)[0])
    made.add_argument("hf_home", type=Path)
    made.add_argument("model")
    made.add_argument("revision")
    return made


def snapshot(options: argparse.Namespace) -> Path:
    """The folder, made now, of that commit in the cache."""
    name = f"models--{options.model.replace('/', '--')}"
    folder: Path = options.hf_home / "hub" / name / "snapshots" / options.revision
    folder.mkdir(parents=True)
    return folder


def letters() -> list[str]:
    """The 256 printable characters byte-level tokenizers write bytes as, in their usual order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + n) for n in range(len(others))]


def vocabulary(folder: Path, words: list[str]) -> tuple[Path, Path]:
    """The files of a tokenizer that knows these words and merges none."""
    known, merges = folder / "vocab.json", folder / "merges.txt"
    known.write_text(json.dumps({word: number for number, word in enumerate(words)}))
    merges.write_text("#version: 0.2\n")
    return known, merges
