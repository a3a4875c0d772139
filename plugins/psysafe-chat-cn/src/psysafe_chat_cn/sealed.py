"""Callbacks of WeCom and WeChat: who signed them, and what is in them.

Both sign with SHA-1 over sorted strings and seal with AES-256-CBC; the provider chose these, and
they are read here and never written. A call that does not verify is nothing at all.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

#: How far a callback's time may be from ours. A repeat of a true one changes nothing anyway.
FRESH: Final = timedelta(minutes=10)
_MOST: Final = 64 * 1024
_ELEMENT: Final = r"<{0}>(?:<!\[CDATA\[(.*?)\]\]>|([^<>&]*))</{0}>"


def element(xml: str, name: str) -> str | None:
    """The text of an element in the providers' flat XML; None where it is not there.

    No parser: there is nothing to expand, nothing to include and nothing to nest.
    """
    found = re.search(_ELEMENT.format(re.escape(name)), xml, re.S)
    if found is None:
        return None
    return found[1] if found[1] is not None else found[2]


def signed(token: str, *parts: str) -> str:
    """The signature over the callback's own token and its parts."""
    text = "".join(sorted((token, *parts)))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


@attrs.frozen
class Callback:
    """The two words that a school and its provider share for callbacks, and whose they are."""

    token: str = attrs.field(repr=False)
    key: bytes = attrs.field(repr=False)
    owner: str = attrs.field(repr=False)
    """the corp id or app id that stands at the end of what is sealed"""

    def opened(self, query: Mapping[str, str], sealed: str, moment: datetime) -> str | None:
        """What was sealed; None where signature, time, seal or owner is not right."""
        when, nonce = query.get("timestamp", ""), query.get("nonce", "")
        given = query.get("msg_signature", "")
        good = signed(self.token, when, nonce, sealed)
        if not hmac.compare_digest(good.encode(), given.encode("utf-8", "replace")):
            return None
        if not fresh(when, moment):
            return None
        return self._unsealed(sealed)

    def _unsealed(self, sealed: str) -> str | None:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        try:
            body = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError):
            return None
        if not body or len(body) % 16 or len(body) > _MOST:
            return None
        cipher = Cipher(algorithms.AES(self.key), modes.CBC(self.key[:16])).decryptor()
        plain = cipher.update(body) + cipher.finalize()
        padding = plain[-1]
        if not 1 <= padding <= 32:
            return None
        plain = plain[:-padding]
        length = int.from_bytes(plain[16:20], "big")
        text, owner = plain[20 : 20 + length], plain[20 + length :]
        if len(text) != length or owner != self.owner.encode():
            return None
        try:
            return text.decode()
        except UnicodeDecodeError:
            return None


def fresh(when: str, moment: datetime) -> bool:
    """Whether a callback's time, in seconds since 1970, is about now."""
    if not re.fullmatch(r"[0-9]{9,11}", when, re.ASCII):
        return False
    return abs(moment.timestamp() - int(when)) <= FRESH.total_seconds()


def callback_key(text: str) -> bytes | None:
    """The key in the 43 signs that the provider's page shows; None where they are none."""
    if not re.fullmatch(r"[A-Za-z0-9+/]{43}", text, re.ASCII):
        return None
    try:
        return base64.b64decode(text + "=")
    except binascii.Error:
        return None
