"""What stands in for the model on a laptop and in tests; never part of the container image."""
