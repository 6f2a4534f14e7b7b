"""Addresses on the model hub, pasted where a name or a commit is wanted."""

import re
from typing import Any

HUB = "https://huggingface.co"
_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/"
    r"(?P<model>[^/\s?#]+/[^/\s?#]+)"
    r"(?:/(?:tree|commit|blob|resolve)/(?P<revision>[^/\s?#]+))?"
    r"(?:[/?#]\S*)?"
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
# What is newest, on the hub.
_BRANCH = "main"


def named(key: str, text: str) -> str:
    """What an address says about the answer `key`, `model` or `revision`; any other text as is."""
    found = _ADDRESS.fullmatch(text.strip())
    return (found and found.groupdict().get(key)) or text


def pinned(item: Any) -> Any:
    """An address as one of `models`, `owner/name@commit` or `owner/name`; all else as it is."""
    found = _ADDRESS.fullmatch(item.strip()) if isinstance(item, str) else None
    if found is None:
        return item
    model, revision = found["model"], found["revision"]
    return model if revision in (None, _BRANCH) else f"{model}@{revision}"


def without_commit(item: Any) -> bool:
    """Is it a model as the hub names it, with no commit behind?"""
    return isinstance(item, str) and _NAME.fullmatch(item) is not None
