"""The fixtures of chutekit, for all tests."""

pytest_plugins = ["chutekit.testing.fixtures"]
