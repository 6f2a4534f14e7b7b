"""Tests of the chute on the real SDK, with a stub in place of the model."""
