"""What the smoke test sends, for each kind of API."""
