"""What the tests of a chute stand on; never part of the container image."""
