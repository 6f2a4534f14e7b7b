"""Where things are in this checkout."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
TEMPLATE = ROOT / "template"
