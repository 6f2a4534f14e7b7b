"""chute-new: start production applications on Chutes."""

__version__ = "0.11.0"
