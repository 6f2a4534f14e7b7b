"""Makes the template's chutekit importable; leaves to test_together.py what needs a repository."""

import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "template" / "project"
sys.path.insert(0, str(PROJECT))
collect_ignore = ["every", "image", "llm", "chat", "embed"]
