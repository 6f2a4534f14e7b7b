"""The edge."""

LIMIT = 2
