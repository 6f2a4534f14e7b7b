"""Leaves to test_together.py what needs a repository."""

collect_ignore = ["every", "image", "llm", "chat", "embed", "custom", "pictures", "rerank", "edit"]
