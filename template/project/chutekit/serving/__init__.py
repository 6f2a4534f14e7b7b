"""Support code of the chute, baked into its container image below /app."""
