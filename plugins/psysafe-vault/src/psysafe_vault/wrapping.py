"""How a data key is wrapped: AES-256-GCM under a key made of the key-encryption key and the group.

Keys are made from keys by HKDF (RFC 5869), names by HMAC; the cryptography package has the rest.

Nonces are 96 random bits (NIST SP 800-38D, 8.2.2). Its 8.3 allows 2^32 of them under one key; a
key-encryption key wraps two keys a subject once, so a school stays below 2^15.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from psysafe_vault.fresh import some_bytes
from psysafe_vault.store import Key

KEY_BYTES: Final = 32
_NONCE: Final = 12


def short_name(key: bytes) -> str:
    """A name for a key-encryption key that tells nothing of it."""
    return hmac.digest(key, b"psysafe vault: name of a key", "sha256")[:8].hex()


def about(subject: str) -> str:
    """Under which a subject's keys are found. Subjects are opaque ids; this hides nothing."""
    return hashlib.sha256(b"psysafe vault: subject\0" + subject.encode()).hexdigest()[:32]


def pseudonym(secret: bytes, found_by: str) -> str:
    """The subject's name in the store, made with the subject's own key and gone with it."""
    made = hmac.digest(secret, b"psysafe vault: pseudonym\0" + found_by.encode(), "sha256")
    return "p-" + base64.b32encode(made).decode("ascii")[:26].lower()


def bound(*parts: str) -> bytes:
    """Texts as one byte string that no other texts give."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(each).to_bytes(4, "big") + each for each in encoded)


def cipher(key: bytes, label: bytes, salt: bytes | None = None) -> AESGCM:
    """The cipher of a key that is made from another for one use."""
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, label).derive(key))


def _wrapping(key: bytes, group: str) -> AESGCM:
    return cipher(key, b"psysafe vault: wrap\0" + group.encode())


def _associated(about_: str, name: str, group: str, id_: str, under: str) -> bytes:
    return bound("psysafe vault 1", about_, name, group, id_, under)


def wrap(
    key: bytes, secret: bytes, *, about: str, name: str, group: str, id: str, under: str
) -> Key:
    """A data key as the store keeps it."""
    nonce = some_bytes(_NONCE)
    associated = _associated(about, name, group, id, under)
    sealed = nonce + _wrapping(key, group).encrypt(nonce, secret, associated)
    text = base64.b64encode(sealed).decode("ascii")
    return Key(about=about, name=name, group=group, id=id, under=under, sealed=text)


def unwrap(key: bytes, kept: Key) -> bytes | None:
    """The data key again; None where what is kept was changed, or another key wrapped it."""
    associated = _associated(kept.about, kept.name, kept.group, kept.id, kept.under)
    try:
        sealed = base64.b64decode(kept.sealed, validate=True)
        found = _wrapping(key, kept.group).decrypt(sealed[:_NONCE], sealed[_NONCE:], associated)
    except (InvalidTag, ValueError, binascii.Error):
        return None
    return found if len(found) == KEY_BYTES else None
