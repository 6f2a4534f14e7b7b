"""An account whose requests the SDK signs, and the check of such signatures."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from substrateinterface import Keypair

#: How far the clock of a client may be off.
TOLERANCE_SECONDS = 600


@dataclass(frozen=True)
class Identity:
    """A user with the key that signs requests."""

    username: str
    user_id: str
    seed: str
    address: str

    @classmethod
    def new(cls, username: str) -> Identity:
        """Make up a user."""
        seed = secrets.token_hex(32)
        address = Keypair.create_from_seed(seed_hex=seed).ss58_address
        return cls(username, f"{username}-id", seed, address)

    def configuration(self) -> str:
        """The text of the SDK's configuration file."""
        return (
            "[auth]\n"
            f"user_id = {self.user_id}\n"
            f"username = {self.username}\n"
            f"hotkey_seed = {self.seed}\n"
            "hotkey_name = default\n"
            f"hotkey_ss58address = {self.address}\n"
        )

    def write(self, path: Path) -> Path:
        """Write the SDK's configuration file."""
        path.write_text(self.configuration())
        return path


async def signed_by(request: web.Request, identity: Identity, purpose: str) -> str:
    """Return why a request is not this user's, nothing when it is.

    It is signed for its purpose or, where there is none, for its body. The signature's age is
    measured by the machine's clock, as the SDK does, not by the platform's.
    """
    address = request.headers["X-Chutes-Hotkey"]
    nonce = request.headers["X-Chutes-Nonce"]
    if not nonce.isdigit() or abs(time.time() - int(nonce)) >= TOLERANCE_SECONDS:
        return "Invalid nonce!"
    subject = purpose or hashlib.sha256(await request.read()).hexdigest()
    message = f"{address}:{nonce}:{subject}"
    signature = request.headers["X-Chutes-Signature"]
    try:
        valid = Keypair(ss58_address=address).verify(message.encode(), bytes.fromhex(signature))
    except ValueError:
        valid = False
    if not valid:
        return f"Invalid request signature for hotkey {address}. Message: {message}"
    return "" if address == identity.address else f"Could not find user with hotkey: {address}"
