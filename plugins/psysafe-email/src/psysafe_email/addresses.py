"""One address of one mailbox, in its one form; lists, names and comments are refused.

The form is narrower than RFC 5321 allows: no quoted local part, no address literal. Whatever a
school's mail server gives out fits, and nothing that could become a second receiver or a second
line of the conversation does.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from psysafe.contracts.channel import Problem

#: RFC 5321, 4.5.3.1: a path has at most 256 octets with its angle brackets, a local part 64.
LONGEST: Final = 254
LONGEST_LOCAL: Final = 64

_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def parse_address(text: str, field: str = "address") -> str | Problem:
    """`local@domain` with the domain in lower case and in its ASCII form, or what is wrong.

    Full-width letters, as Chinese input methods write them, become plain ones. A problem never
    repeats the text.
    """

    def wrong(problem: str) -> Problem:
        return Problem(field=field, problem=problem)

    if len(text) > LONGEST * 2 or any(unicodedata.category(c)[0] == "C" for c in text):
        return wrong("too long, or with control characters in it")
    plain = unicodedata.normalize("NFKC", text).strip(" ")
    local, at, domain = plain.rpartition("@")
    if not at or "@" in local:
        return wrong("one address is expected: name@domain")
    if not local.isascii():
        return wrong("the part before @ must be plain letters, digits and signs")
    # What looks like an encoded word would be decoded where a header is read.
    if len(local) > LONGEST_LOCAL or not _LOCAL.fullmatch(local) or "=?" in local:
        return wrong("the part before @ is not in the usual form")
    ascii_domain = _ascii(domain.rstrip(".") if domain.isascii() else domain)
    if ascii_domain is None:
        return wrong("the part after @ is no domain name")
    whole = f"{local}@{ascii_domain}"
    return whole if len(whole) <= LONGEST else wrong("longer than an address may be")


def _ascii(domain: str) -> str | None:
    """A domain in lower case and ASCII, `xn--` where it needs that; None where it is none."""
    try:
        plain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    labels = plain.lower().split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    # A last label of digits only would be an IPv4 address.
    return None if labels[-1].isdigit() else ".".join(labels)
