"""Two recovery shares of a key: one is random, the other is the key XORed with it.

Each is 32 random bytes by itself: for every key there is a second share that fits the first, so
one alone says nothing, whatever anybody computes. Both together are the key.
"""

from __future__ import annotations

import hashlib
from typing import Final

from psysafe import StorageError
from psysafe_vault.fresh import some_bytes
from psysafe_vault.wrapping import KEY_BYTES, short_name

_VERSION: Final = 1
_PAIR: Final = 4
_NAME: Final = 8
_CHECK: Final = 4
#: Crockford's letters: what looks alike is read alike.
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_ALIKE: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None, "\n": None})
_LENGTH: Final = 2 + _PAIR + _NAME + KEY_BYTES + _CHECK
_GROUP: Final = 5


def split(key: bytes) -> tuple[str, str]:
    """Two texts to be written down, each by somebody else."""
    first = some_bytes(KEY_BYTES)
    second = bytes(a ^ b for a, b in zip(key, first, strict=True))
    pair, name = some_bytes(_PAIR), bytes.fromhex(short_name(key))
    return _text(1, pair, name, first), _text(2, pair, name, second)


def joined(first: str, second: str) -> bytes:
    """The key of two shares. Raises StorageError PSY717 where they are not two of one pair."""
    one, other = _parts(first), _parts(second)
    if one[1:3] != other[1:3]:
        raise StorageError("PSY717", problem="they are of different pairs")
    if one[0] == other[0]:
        raise StorageError("PSY717", problem="it is the same share twice")
    key = bytes(a ^ b for a, b in zip(one[3], other[3], strict=True))
    if short_name(key) != one[2].hex():
        raise StorageError("PSY717", problem="together they are not the key that was split")
    return key


def _text(which: int, pair: bytes, name: bytes, share: bytes) -> str:
    body = bytes((_VERSION, which)) + pair + name + share
    number = int.from_bytes(body + _sum(body), "big")
    count = _LENGTH * 8 // 5
    letters = "".join(_LETTERS[number >> 5 * at & 31] for at in reversed(range(count)))
    return "-".join(letters[at : at + _GROUP] for at in range(0, count, _GROUP))


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(b"psysafe vault: share" + body).digest()[:_CHECK]


def _parts(text: str) -> tuple[int, bytes, bytes, bytes]:
    letters = text.strip().lower().translate(_ALIKE)
    wrong = StorageError("PSY717", problem="a letter is wrong or missing")
    if len(letters) != _LENGTH * 8 // 5 or not set(letters) <= set(_LETTERS):
        raise wrong
    number = 0
    for letter in letters:
        number = number << 5 | _LETTERS.index(letter)
    whole = number.to_bytes(_LENGTH, "big")
    body, check = whole[:-_CHECK], whole[-_CHECK:]
    if _sum(body) != check or body[0] != _VERSION or body[1] not in (1, 2):
        raise wrong
    at = 2 + _PAIR
    return body[1], body[2:at], body[at : at + _NAME], body[at + _NAME :]
