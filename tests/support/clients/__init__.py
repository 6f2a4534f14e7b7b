"""The clients that people use, each in an environment of its own, in front of generated chutes."""
