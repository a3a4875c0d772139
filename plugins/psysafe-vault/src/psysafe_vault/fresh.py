"""The one place of this plugin where dice are thrown: keys, salts, nonces."""

from __future__ import annotations

import secrets


def some_bytes(count: int) -> bytes:
    """Bytes that nobody can guess, from the machine's own source."""
    return secrets.token_bytes(count)
