"""The interactive way to a set of answers. Only `prompts` knows the library that asks."""

from scaffold.wizard.interview import Agreed, run

__all__ = ["Agreed", "run"]
