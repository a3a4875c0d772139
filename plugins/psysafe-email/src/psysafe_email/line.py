"""One conversation with a mail server, every wait of it bounded by what is left of the attempt.

smtplib speaks the protocol. Here is what it leaves open: a total limit instead of one for each
wait, TLS that is never silently left out, and a data phase in which it is known at any moment
whether the server may have the message.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, Final

from psysafe.contracts.channel import SendResult
from psysafe_email.replies import Stage, broken, ours, refused
from psysafe_email.settings import MailSettings

#: Octets of one reply; a server that says more says nothing that is needed.
LONGEST_REPLY: Final = 64 * 1024
#: Mechanisms in the order in which they are tried; the line is encrypted, so a digest adds nothing.
MECHANISMS: Final = ("PLAIN", "LOGIN")
_DOT_FIRST: Final = re.compile(rb"^\.", re.M)


class EndedError(Exception):
    """The attempt is over before its end. Holds a result: a class and codes, never a text."""

    def __init__(self, result: SendResult) -> None:
        super().__init__(result.provider_code)
        self.result = result


class _Replies:
    """A server's lines, read with a limit on the whole reply and on the whole wait."""

    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        self._sock, self._left = sock, left
        self._held = b""
        self._read = 0

    def begin(self) -> None:
        """A new reply is to be read."""
        self._read = 0

    @property
    def unread(self) -> bool:
        return bool(self._held)

    def readline(self, limit: int = -1) -> bytes:
        while b"\n" not in self._held:
            self._sock.settimeout(self._left())
            more = self._sock.recv(4096)
            if not more:
                break
            self._read += len(more)
            if self._read > LONGEST_REPLY:
                raise OSError("the reply has no end")
            self._held += more
        line, end, self._held = self._held.partition(b"\n")
        return line + end

    def close(self) -> None:
        self._held = b""


class Line(smtplib.SMTP):
    """An open line. `allow` says how long the next exchange may take in all."""

    def __init__(self, settings: MailSettings, context: ssl.SSLContext | None) -> None:
        # A name must be given, or smtplib asks the network for one.
        super().__init__(local_hostname="[127.0.0.1]")
        self._settings, self._context = settings, context
        self._until = 0.0
        self.stage = Stage.CONNECT
        self.sent = 0
        """letters over this line so far"""

    def allow(self, until: float) -> None:
        """By when (`time.monotonic`) everything that follows must be over."""
        self._until = until

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError where none are."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    # -- what smtplib does without a limit ----------------------------------------------------

    def send(self, s: Any) -> None:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("no line")
        self.sock.settimeout(self.left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("no line")
        if self.file is None:
            self.file = _Replies(self.sock, self.left)
        self.file.begin()
        return super().getreply()

    # -- the stages ---------------------------------------------------------------------------

    def open(self) -> None:
        """Connect, encrypt, log in. Raises EndedError."""
        self.stage = Stage.CONNECT
        self.sock = self._connected()
        if self._settings.tls == "implicit":
            self._encrypt()
        self.stage = Stage.CONNECT
        self._say(self.getreply, good=(220,))
        self._greet()
        if self._settings.tls == "required":
            self._start_tls()
            self._greet()
        if self._settings.user:
            self._log_in()

    def _connected(self) -> socket.socket:
        host, port = self._settings.host, self._settings.port
        try:
            places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise EndedError(broken(self.stage, "name")) from None
        how = "name"
        for number, (family, kind, protocol, _, place) in enumerate(places):
            sock = socket.socket(family, kind, protocol)
            try:
                # One address that does not answer leaves time for the next.
                sock.settimeout(self.left() / (len(places) - number))
                sock.connect(place)
            except OSError as error:
                sock.close()
                how = _how(error)
            else:
                # The final dot is a small packet behind a large one: it must not wait for an ack.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                here = sock.getsockname()[0]
                self.local_hostname = f"[IPv6:{here}]" if ":" in here else f"[{here}]"
                return sock
        raise EndedError(broken(self.stage, how))

    def _greet(self) -> None:
        self.stage = Stage.EHLO
        self._say(self.ehlo, good=(250,))

    def _start_tls(self) -> None:
        self.stage = Stage.STARTTLS
        if not self.has_extn("starttls"):
            raise EndedError(ours(self.stage, "missing"))
        self._say(self.docmd, "STARTTLS", good=(220,))
        if self.file is not None and self.file.unread:
            # Whoever sits in between may have put words into the server's mouth (RFC 3207, 6).
            raise EndedError(ours(self.stage, "injected"))
        self._encrypt()
        # What was said in clear text counts for nothing any more.
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def _encrypt(self) -> None:
        self.stage = Stage.TLS
        if self._context is None or self.sock is None:
            raise EndedError(ours(self.stage, "missing"))
        try:
            self.sock.settimeout(self.left())
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self._settings.host)
        except ssl.SSLCertVerificationError as error:
            raise EndedError(ours(self.stage, f"certificate {error.verify_code}")) from None
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            raise EndedError(broken(self.stage, "cut")) from None
        except ssl.SSLError:
            raise EndedError(ours(self.stage, "handshake")) from None
        except (OSError, ValueError) as error:
            raise EndedError(broken(self.stage, _how(error))) from None

    def _log_in(self) -> None:
        self.stage = Stage.AUTH
        password = self._settings.password
        offered = self.esmtp_features.get("auth", "").upper().split()
        chosen = next((m for m in MECHANISMS if m in offered), None)
        if chosen is None or password is None:
            raise EndedError(ours(self.stage, "missing"))
        self.user, self.password = self._settings.user, password.reveal()
        by = {"PLAIN": self.auth_plain, "LOGIN": self.auth_login}[chosen]
        try:
            # One mechanism and one try: a wrong password must not lock the account.
            self._say(self.auth, chosen, by, good=(235, 503))
        except smtplib.SMTPAuthenticationError as error:
            text = error.smtp_error
            said = text if isinstance(text, bytes) else text.encode("ascii", "replace")
            raise EndedError(refused(self.stage, error.smtp_code, said)) from None
        finally:
            self.user = self.password = ""

    def still_open(self) -> bool:
        """Whether a line that lay idle still carries; clears what was said on it before."""
        self.stage = Stage.RSET
        try:
            self._say(self.docmd, "RSET", good=(250,))
        except EndedError:
            return False
        return True

    def hand_over(self, sender: str, address: str, letter: bytes, name: str) -> SendResult | None:
        """Hand over one letter. None: the server took it. Raises EndedError.

        `name` is the letter's own, for the delivery report (RFC 3461).
        """
        self.stage = Stage.MAIL
        reports = self.has_extn("dsn")
        options = [f"SIZE={len(letter)}"] if self.has_extn("size") else []
        options += [] if letter.isascii() else ["BODY=8BITMIME"]
        options += ["RET=HDRS", f"ENVID={name}"] if reports else []
        self._say(self.mail, sender, options, good=(250,))
        self.stage = Stage.RCPT
        wanted = ["NOTIFY=SUCCESS,FAILURE,DELAY"] if reports else []
        self._say(self.rcpt, address, wanted, good=(250, 251, 252))
        self.stage = Stage.DATA
        self._say(self.docmd, "DATA", good=(354,))
        quoted = _DOT_FIRST.sub(b"..", letter)
        self._say(self._pour, quoted, good=(0,))
        # Once the final dot may be on its way, a line that breaks leaves us in doubt.
        self.stage = Stage.DOT
        self.sent += 1
        self._say(self._end, good=(250,))
        return None

    def _pour(self, content: bytes) -> tuple[int, bytes]:
        self.send(content)
        return 0, b""

    def _end(self) -> tuple[int, bytes]:
        self.send(b".\r\n")
        return self.getreply()

    def _say(self, call: Callable[..., tuple[int, bytes]], *words: Any, good: Any) -> None:
        """One exchange; anything but a good reply ends the attempt."""
        try:
            code, text = call(*words)
        except smtplib.SMTPAuthenticationError:
            raise
        except OSError as error:
            # smtplib's own exceptions are among these; their texts are the server's.
            raise EndedError(broken(self.stage, _how(error))) from None
        if code not in good:
            raise EndedError(refused(self.stage, code, text))

    def drop(self) -> None:
        """Let go of the line without a word: whoever is at its other end may not be listening."""
        try:
            self.close()
        except OSError:
            self.sock = None


def _how(error: BaseException) -> str:
    """How a line broke, in one word."""
    while error.__context__ is not None and isinstance(error, smtplib.SMTPServerDisconnected):
        error = error.__context__
    if isinstance(error, TimeoutError):
        return "timeout"
    return "refused" if isinstance(error, ConnectionRefusedError) else "cut"
