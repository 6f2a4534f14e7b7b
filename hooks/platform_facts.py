"""Compare what is known of the platform with the installed SDK.

    python hooks/platform_facts.py [--table FILE]

docs/platform.yml is the table: each fact with where it is known from. Those of the SDK have a
probe, which asks the installed one. Says which no longer hold, and exits 1 when there is one.
docs/platform.md is the table in words.
"""

import argparse
import importlib
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "docs" / "platform.yml"
PAGE = ROOT / "docs" / "platform.md"


@dataclass(frozen=True)
class Fact:
    """One thing that is known; `value` is what `probe` returns while it holds."""

    id: str
    what: str
    known: str
    source: str
    date: str
    probe: str = ""
    value: Any = None


@dataclass(frozen=True)
class Table:
    """All facts by their heading, what the words for how they are known mean, and what is open."""

    known: dict[str, str]
    areas: dict[str, list[Fact]]
    unseen: list[str]

    @property
    def facts(self) -> list[Fact]:
        """All of them."""
        return [fact for facts in self.areas.values() for fact in facts]


def read(path: Path = TABLE) -> Table:
    """The table as it stands in a file."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    areas = {
        area: [Fact(**{**fact, "date": str(fact["date"])}) for fact in facts]
        for area, facts in content["areas"].items()
    }
    return Table(content["known"], areas, content["unseen"])


def broken(table: Table) -> Iterator[tuple[Fact, Any]]:
    """Each fact that does not hold for the installed SDK, and what was found instead."""
    probes = importlib.import_module("sdk_probes").PROBES
    for fact in table.facts:
        if not fact.probe:
            continue
        try:
            found = probes[fact.probe]()
        except (Exception, SystemExit) as error:
            found = f"could not be asked: {type(error).__name__}: {error}"
        # As they would be read back from the table: a tuple is a list there.
        if json.loads(json.dumps(found, default=repr)) != fact.value:
            yield fact, found


def compare(table: Table) -> int:
    """Say which facts do not hold; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHUTES_CONFIG_PATH"] = f"{folder}/config.ini"
        os.environ["CHUTES_ALLOW_MISSING"] = "true"
        version = importlib.import_module("sdk_probes").version()
        importlib.import_module("loguru").logger.remove()
        warnings.simplefilter("ignore")
        wrong = list(broken(table))
    for fact, found in wrong:
        print(f"{fact.id} does not hold with chutes {version}: {fact.what}")
        print(f"  known: {json.dumps(fact.value)}\n  found: {json.dumps(found, default=repr)}")
    asked = sum(bool(fact.probe) for fact in table.facts)
    print(f"{asked - len(wrong)} of {asked} facts about the SDK hold with chutes {version}.")
    return 1 if wrong else 0


def page(table: Table) -> str:
    """The table as Markdown."""
    lines = [
        "# What is known of the platform",
        "",
        "Written by `hooks/refresh.py` from [platform.yml](platform.yml), where "
        "each fact has a name and, if it can be asked of the SDK, its value. The last column says "
        "what the [weekly workflow](../.github/workflows/newest-sdk.yml) asks the newest public "
        "SDK.",
        "",
        "| Known | means |",
        "| --- | --- |",
        *(f"| {word} | {meaning} |" for word, meaning in table.known.items()),
        "",
        "## What nobody could run",
        "",
        *(f"- {text}" for text in table.unseen),
        *(f"- Assumed: {fact.what}" for fact in table.facts if fact.known == "assumed"),
    ]
    for area, facts in table.areas.items():
        lines += ["", f"## {area}", "", "| Fact | Known | From | As of | Asked |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        lines += [
            f"| {fact.what} | {fact.known} | {fact.source} | {fact.date} "
            f"| {'weekly' if fact.probe else ''} |"
            for fact in facts
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Compare; return the exit status."""
    parser = argparse.ArgumentParser(description="What is known of the platform, and the SDK.")
    parser.add_argument("--table", type=Path, default=TABLE, help="another table to compare with")
    return compare(read(parser.parse_args().table))


if __name__ == "__main__":
    sys.exit(main())
