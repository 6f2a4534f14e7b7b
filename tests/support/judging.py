"""A judge of documents by a JSON Schema, at hand sooner than the package for it imports."""

import sys
from functools import cache
from typing import Any
from unittest import mock


def judge(schema: dict[str, Any]) -> Any:
    """What says whether a document follows `schema`, of the dialect of 2020-12."""
    return _kind()(schema)


@cache
def _kind() -> Any:
    """jsonschema's, without the grammars it compiles for formats that no schema of ours names.

    They come from a package that another tool here brings along, and take most of the import.
    """
    with mock.patch.dict(sys.modules, {"rfc3987_syntax": None}):
        import jsonschema

    return jsonschema.Draft202012Validator
