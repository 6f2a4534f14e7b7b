"""The interactive way to a set of answers. Only `prompts` knows the library that asks."""

from scaffold.wizard.interview import Agreed, ask_only, run

__all__ = ["Agreed", "ask_only", "run"]
