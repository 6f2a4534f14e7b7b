"""The edge."""

LIMIT = 1
