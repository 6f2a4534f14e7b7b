"""Addresses on the model hub, pasted where a name or a commit is wanted."""

import re

_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/"
    r"(?P<model>[^/\s?#]+/[^/\s?#]+)"
    r"(?:/(?:tree|commit|blob|resolve)/(?P<revision>[^/\s?#]+))?"
    r"(?:[/?#]\S*)?"
)


def named(key: str, text: str) -> str:
    """What an address says about the answer `key`, `model` or `revision`; any other text as is."""
    found = _ADDRESS.fullmatch(text.strip())
    return (found and found.groupdict().get(key)) or text
