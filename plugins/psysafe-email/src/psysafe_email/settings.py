"""What a school sets for its mail, and everything that can be wrong with it without a network."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, Final, Literal

import attrs

from psysafe.contracts.channel import Problem, Secret, Trust
from psysafe_email.addresses import parse_address

Tls = Literal["required", "implicit", "off-for-tests"]

#: The port where none is set: submission, submission over TLS from the start (RFC 8314), relay.
PORTS: Final[Mapping[Tls, int]] = {"required": 587, "implicit": 465, "off-for-tests": 25}
#: Where unencrypted mail may go: to this machine, for a test, and nowhere else.
THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
TRUSTS: Final = {"personal": Trust.PERSONAL, "shared": Trust.SHARED}
KEYS: Final = frozenset(
    {"use", "host", "port", "tls", "user", "password", "from", "ca", "trust", "lines"}
)
LONGEST: Final = 255
#: Lines to the server at once: usually, and at most.
LINES: Final = 4
MOST_LINES: Final = 8


@attrs.frozen(kw_only=True)
class MailSettings:
    """One `[channels.NAME]` table, read."""

    host: str = ""
    port: int = 0
    tls: Tls = "required"
    user: str = attrs.field(default="", repr=False)
    password: Secret | None = None
    sender: str = ""
    ca: str | None = attrs.field(default=None, repr=False)
    trust: Trust = Trust.PERSONAL
    lines: int = LINES


def read(table: Mapping[str, Any]) -> tuple[MailSettings, tuple[Problem, ...]]:
    """The settings, and what is wrong with them. A problem never repeats a value."""
    found: list[Problem] = []

    def wrong(field: str, problem: str) -> None:
        found.append(Problem(field=field, problem=problem))

    for key in sorted(set(table) - KEYS):
        wrong(str(key)[:40], "e-mail has no such setting")
    tls = _tls(table, wrong)
    host = _line(table, "host", wrong, needed=True)
    if tls == "off-for-tests" and host and host not in THIS_MACHINE:
        wrong("tls", "unencrypted mail goes to this machine only (127.0.0.1): use required")
    port = table.get("port", PORTS[tls])
    if type(port) is not int or not 0 < port < 65536:
        wrong("port", "a number from 1 to 65535 is expected")
        port = PORTS[tls]
    trust = table.get("trust", "personal")
    if not isinstance(trust, str) or trust not in TRUSTS:
        wrong("trust", "personal or shared is expected; more than personal e-mail is not")
        trust = "shared"
    lines = table.get("lines", LINES)
    if type(lines) is not int or not 0 < lines <= MOST_LINES:
        wrong("lines", f"a number from 1 to {MOST_LINES} is expected")
        lines = 1
    user, password = _login(table, wrong)
    return MailSettings(
        host=host,
        port=port,
        tls=tls,
        user=user,
        password=password,
        sender=_sender(table, wrong),
        ca=_authorities(table, wrong),
        trust=TRUSTS[trust],
        lines=lines,
    ), tuple(found)


def _tls(table: Mapping[str, Any], wrong: Any) -> Tls:
    tls = table.get("tls", "required")
    for known in PORTS:
        if tls == known:
            return known
    wrong("tls", "one of these is expected: " + ", ".join(PORTS))
    return "required"


def _line(table: Mapping[str, Any], key: str, wrong: Any, *, needed: bool) -> str:
    text = table.get(key, "")
    fits = isinstance(text, str) and len(text) <= LONGEST and text.isascii() and text.isprintable()
    if not fits or " " in text:
        wrong(key, "plain letters in one line, without spaces, are expected")
        return ""
    if needed and not text:
        wrong(key, "it is missing")
    return str(text)


def _login(table: Mapping[str, Any], wrong: Any) -> tuple[str, Secret | None]:
    user = _line(table, "user", wrong, needed=False)
    password = table.get("password")
    if password is None:
        if user:
            wrong("password", "a user is set and no password")
        return user, None
    if not isinstance(password, Secret):
        wrong("password", 'a reference is expected: { env = "NAME" } or { file = "PATH" }')
        return user, None
    if not user:
        wrong("user", "a password is set and no user")
    said = password.reveal()
    if not said.isascii() or not said.isprintable():
        wrong("password", "only plain letters, digits and signs can be sent to a mail server")
        return user, None
    return user, password


def _sender(table: Mapping[str, Any], wrong: Any) -> str:
    text = table.get("from", "")
    if not isinstance(text, str) or not text:
        wrong("from", "the address that the mail comes from is missing")
        return ""
    sender = parse_address(text, "from")
    if isinstance(sender, Problem):
        wrong("from", sender.problem)
        return ""
    return sender


def _authorities(table: Mapping[str, Any], wrong: Any) -> str | None:
    """The school's own certificate authorities, given as `ca = { file = "PATH" }`."""
    given = table.get("ca")
    if given is None:
        return None
    text = given.reveal() if isinstance(given, Secret) else ""
    try:
        ssl.create_default_context(cadata=text)
        good = "BEGIN CERTIFICATE" in text
    except (ssl.SSLError, ValueError, OSError):
        good = False
    if not good:
        wrong("ca", '{ file = "PATH" } with certificates in PEM form is expected')
        return None
    return text
