"""The signature of Standard Webhooks, version v1: HMAC-SHA256 over id, time and body.

By the published specification (standardwebhooks.com): the secret is `whsec_` and 24 to 64 random
bytes in base64; what is signed is `id.timestamp.body`; the header is `v1,` and base64.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

PREFIX: Final = "whsec_"
SHORTEST: Final = 24
LONGEST: Final = 64


def key_of(secret: str) -> bytes | None:
    """The key in a secret's text; None where it is none."""
    text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if SHORTEST <= len(key) <= LONGEST else None


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header `webhook-signature`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
