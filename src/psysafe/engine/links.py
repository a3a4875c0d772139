"""Links, codes and forms of one person: signed, running out, good for whoever they are for.

A link says which notice it is about and until when it is good, and nothing else. A code is worked
out from the same keys, so none is stored anywhere: it is compared with those of the notices that
wait for whoever enters it. Neither acknowledges anything by itself; that takes the receiver,
logged in. A form that somebody fills in bears a mark of the same make, so that it is entered once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from datetime import UTC, datetime
from typing import Final

import attrs

from psysafe.domain.calendar import Within
from psysafe.ids import Actor, CommandId, NoticeId, Part

#: Bytes of a link: which key, which notice, until when, and the signature over the three. A
#: multiple of three, so that one link has one spelling.
_NOTICE: Final = 12
_UNTIL: Final = 5
_MAC: Final = 18
_LINK: Final = re.compile(r"[A-Za-z0-9_-]{48}")
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
#: Letters of a code: 80 bits, more than anybody guesses, few enough to type.
CODE_LETTERS: Final = 16
_TYPED: Final = str.maketrans("oil", "011")


@attrs.frozen
class LinkKeys:
    """The school's keys by number, 0 to 255. The first signs, all are believed."""

    keys: tuple[tuple[int, bytes], ...] = attrs.field(repr=False)

    @classmethod
    def derived(cls, part_key: bytes) -> LinkKeys:
        """The key of a school that has renewed none yet."""
        return cls(((0, hmac.digest(part_key, b"psysafe links", hashlib.sha256)),))


@attrs.frozen(kw_only=True)
class Answering:
    """How this school's people answer from outside. Without `url` no message holds a link."""

    keys: LinkKeys
    url: str = ""
    """an address of the host's with `{token}` in it"""
    valid: Within | None = None
    """for how long a link and a code are good, from when the notice was queued"""


@attrs.frozen(kw_only=True)
class Link:
    """What a link says, once its signature was found good."""

    notice: NoticeId
    until: datetime


def signed_link(keys: LinkKeys, part: Part, notice: NoticeId, until: datetime) -> str:
    """The link to a notice, as it stands in the address: 48 signs."""
    number, key = keys.keys[0]
    said = bytes([number]) + notice.removeprefix("notice-").encode("ascii")
    said += int(until.timestamp()).to_bytes(_UNTIL, "big")
    return base64.urlsafe_b64encode(said + _mac(key, part, said)).decode("ascii")


def read_link(keys: LinkKeys, part: Part, token: str) -> Link | None:
    """What a link says; None where this school did not sign it. Never raises."""
    if not _LINK.fullmatch(token):
        return None
    whole = base64.urlsafe_b64decode(token)
    said, mac = whole[:-_MAC], whole[-_MAC:]
    for number, key in keys.keys:
        if said[0] == number and hmac.compare_digest(mac, _mac(key, part, said)):
            name = said[1 : 1 + _NOTICE].decode("ascii")
            until = datetime.fromtimestamp(int.from_bytes(said[-_UNTIL:], "big"), UTC)
            return Link(notice=NoticeId(f"notice-{name}"), until=until)
    return None


def signed_form(
    keys: LinkKeys, part: Part, command: CommandId, actor: Actor, until: datetime
) -> str:
    """The mark of a form that was shown to somebody: 48 signs."""
    number, key = keys.keys[0]
    said = bytes([number]) + command.removeprefix("cmd-").encode("ascii")
    said += int(until.timestamp()).to_bytes(_UNTIL, "big")
    return base64.urlsafe_b64encode(said + _form(key, part, said, actor)).decode("ascii")


def read_form(
    keys: LinkKeys, part: Part, actor: Actor, mark: str, now: datetime
) -> CommandId | None:
    """Which form it was; None where this person was shown no such form, or it has run out."""
    if not _LINK.fullmatch(mark):
        return None
    whole = base64.urlsafe_b64decode(mark)
    said, mac = whole[:-_MAC], whole[-_MAC:]
    until = int.from_bytes(said[-_UNTIL:], "big")
    for number, key in keys.keys:
        if said[0] == number and hmac.compare_digest(mac, _form(key, part, said, actor)):
            good = until >= now.timestamp()
            return CommandId(f"cmd-{said[1 : 1 + _NOTICE].decode('ascii')}") if good else None
    return None


def code_of(keys: LinkKeys, part: Part, notice: NoticeId, receiver: str) -> str:
    """The code of a notice for its receiver, as a person reads it: `k7mw-2h3f-9xq4-tz8v`."""
    letters = _code(keys.keys[0][1], part, notice, receiver)
    return "-".join(letters[at : at + 4] for at in range(0, CODE_LETTERS, 4))


def is_code_of(keys: LinkKeys, part: Part, notice: NoticeId, receiver: str, typed: str) -> bool:
    """Whether what somebody typed is that code; spaces, dashes and capitals mean nothing."""
    plain = unicodedata.normalize("NFKC", typed[:100]).lower()
    given = re.sub(r"[\s-]", "", plain).translate(_TYPED).encode("utf-8", "replace")
    found = False
    for _, key in keys.keys:
        wanted = _code(key, part, notice, receiver).encode()
        found |= hmac.compare_digest(given, wanted)
    return found


def _mac(key: bytes, part: Part, said: bytes) -> bytes:
    whole = b"\0".join((b"link 1", part.encode(), said))
    return hmac.digest(key, whole, hashlib.sha256)[:_MAC]


def _form(key: bytes, part: Part, said: bytes, actor: Actor) -> bytes:
    whole = b"\0".join((b"form 1", part.encode(), actor.encode(), said))
    return hmac.digest(key, whole, hashlib.sha256)[:_MAC]


def _code(key: bytes, part: Part, notice: NoticeId, receiver: str) -> str:
    whole = "\0".join(("code 1", part, notice, receiver)).encode()
    number = int.from_bytes(hmac.digest(key, whole, hashlib.sha256)[:10], "big")
    return "".join(_LETTERS[number >> shift & 31] for shift in range(75, -1, -5))
