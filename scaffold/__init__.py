"""chute-new: start production applications on Chutes."""

__version__ = "0.10.0"
