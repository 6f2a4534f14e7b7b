"""How large a body may become when it is unpacked.

The SDK's middleware unpacks what it has decrypted with `gzip.decompress`, which takes whatever
memory that needs: of 291 kB came 586 MB. It is given another one, under the name it uses.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from types import SimpleNamespace

from chutekit.serving import logs

#: The module of the SDK that unpacks, and what it calls its tool for that.
MODULE, NAME = "chutes.entrypoint.run", "gzip"
#: What the platform's gateway adds to a client's body.
WRAPPING_BYTES = 64 * 1024


def bound(most_bytes: int) -> None:
    """Have the SDK unpack at most `most_bytes` of a body, and refuse what is larger with a 400."""
    module = sys.modules.get(MODULE)
    if module is None:
        return
    if not hasattr(module, NAME):
        logs.event("unpacking_unbounded", "warning", reason="this SDK unpacks in another way")
        return
    limit = most_bytes + WRAPPING_BYTES

    def decompress(data: bytes) -> bytes:
        return unpacked(data, limit)

    vars(module)[NAME] = SimpleNamespace(compress=gzip.compress, decompress=decompress)


def unpacked(data: bytes, limit: int) -> bytes:
    """Like gzip.decompress; ValueError as soon as there are more than `limit` bytes."""
    found = b""
    while data:
        part = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        found += part.decompress(data, limit + 1 - len(found))
        if len(found) > limit:
            raise ValueError(f"the body must be at most {limit} bytes when it is unpacked")
        if not part.eof:
            raise EOFError("the body ends before its end")
        data = part.unused_data.lstrip(b"\0")
    return found
