"""The questions, and answers to them from files, habits and `--set`."""
