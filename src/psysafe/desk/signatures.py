"""Ed25519: pairs of keys, signatures and whether they fit, of the `cryptography` package.

Only who signs or checks a signature needs it (extra `psysafe[heads]`); nothing else imports it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final

from psysafe.errors import PlanError

KEY_BYTES: Final = 32


def text_of(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def new_pair() -> tuple[bytes, bytes]:
    private = _ed25519().Ed25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def signer(private: bytes) -> tuple[Callable[[bytes], bytes], bytes]:
    key = _ed25519().Ed25519PrivateKey.from_private_bytes(private)
    return key.sign, key.public_key().public_bytes_raw()


def verifies(public: bytes, signature: bytes, said: bytes) -> bool:
    try:
        _ed25519().Ed25519PublicKey.from_public_bytes(public).verify(signature, said)
    except PlanError:
        raise
    except Exception:  # cryptography's InvalidSignature, or a key that is no point of the curve
        return False
    return True


def _ed25519() -> Any:
    """Signatures of the `cryptography` package, which only those need who sign.

    Raises PlanError PSY732 without it.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise PlanError("PSY732", problem="it needs psysafe[heads]") from None
    return ed25519
