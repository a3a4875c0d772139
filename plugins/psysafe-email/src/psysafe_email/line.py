"""One conversation with a mail server, every wait of it bounded by what is left of the attempt.

smtplib speaks the protocol. Here is what it leaves open: a total limit instead of one for each
wait, TLS that is never silently left out, and a data phase in which it is known at any moment
whether the server may have the message.
"""

from __future__ import annotations

import contextlib
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
#: The server closes the line (RFC 5321, 3.8).
_CLOSING: Final = 421
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
        self._is_cut = False
        self.carries = False
        """whether it is open, and nothing on it has broken"""
        self.clean = False
        """whether the last letter over it was taken, so that nothing of it stands on the line"""
        self.stage = Stage.CONNECT
        self.sent = 0
        """letters over this line so far"""

    def allow(self, until: float) -> None:
        """By when (`time.monotonic`) everything that follows must be over."""
        self._until = until

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError where none are, an OSError for a cut line."""
        if self._is_cut:
            raise ConnectionAbortedError
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
        self._connect_to_one()
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
        self.carries = True

    def _connect_to_one(self) -> None:
        host, port = self._settings.host, self._settings.port
        try:
            places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise EndedError(broken(self.stage, "name")) from None
        how = "name"
        for number, (family, kind, protocol, _, place) in enumerate(places):
            # It is the line's own from the start, so that it can be cut.
            sock = self.sock = socket.socket(family, kind, protocol)
            try:
                # One address that does not answer leaves time for the next.
                sock.settimeout(self.left() / (len(places) - number))
                sock.connect(place)
            except OSError as error:
                self.sock = None
                sock.close()
                how = _how(error)
            else:
                # The final dot is a small packet behind a large one: it must not wait for an ack.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                here = sock.getsockname()[0]
                self.local_hostname = f"[IPv6:{here}]" if ":" in here else f"[{here}]"
                return
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
            # In two steps, so that it can be cut while they shake hands.
            self.sock = sealed = self._context.wrap_socket(
                self.sock,
                server_hostname=self._settings.host,
                do_handshake_on_connect=False,
            )
            sealed.settimeout(self.left())
            sealed.do_handshake()
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
            self.carries = False
        return self.carries

    def hand_over(self, sender: str, address: str, letter: bytes, name: str) -> SendResult | None:
        """Hand over one letter. None: the server took it. Raises EndedError.

        `name` is the letter's own, for the delivery report (RFC 3461).
        """
        self.clean = False
        reports = self.has_extn("dsn")
        options = [f"SIZE={len(letter)}"] if self.has_extn("size") else []
        options += [] if letter.isascii() else ["BODY=8BITMIME"]
        options += ["RET=HDRS", f"ENVID={name}"] if reports else []
        wanted = ["NOTIFY=SUCCESS,FAILURE,DELAY"] if reports else []
        self._address(
            " ".join([f"MAIL FROM:<{sender}>", *options]),
            " ".join([f"RCPT TO:<{address}>", *wanted]),
        )
        quoted = _DOT_FIRST.sub(b"..", letter)
        self._say(self._pour, quoted, good=(0,))
        # Once the final dot may be on its way, a line that breaks leaves us in doubt.
        self.stage = Stage.DOT
        self.sent += 1
        self._say(self._end, good=(250,))
        self.clean = True
        return None

    def _address(self, mail: str, rcpt: str) -> None:
        """From whom, to whom, and that the letter follows: in one go where the server takes that
        (RFC 2920), else one after the other."""
        stages = (
            (Stage.MAIL, mail, (250,)),
            (Stage.RCPT, rcpt, (250, 251, 252)),
            (Stage.DATA, "DATA", (354,)),
        )
        if not self.has_extn("pipelining"):
            for stage, said, good in stages:
                self.stage = stage
                self._say(self.docmd, said, good=good)
            return
        self.stage = Stage.MAIL
        self._say(self._all, "".join(f"{said}\r\n" for _, said, _ in stages), good=(0,))
        refusal: EndedError | None = None
        for stage, _, good in stages:
            self.stage = stage
            try:
                self._say(self.getreply, good=good)
            except EndedError as ended:
                refusal = refusal or ended
                if not self.carries:
                    break
            else:
                if refusal is not None and stage is Stage.DATA:
                    # It waits for a letter that it was not to get: the line is not used again.
                    self.carries = False
        if refusal is not None:
            raise refusal

    def _all(self, said: str) -> tuple[int, bytes]:
        self.send(said)
        return 0, b""

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
            self.carries = False
            raise EndedError(broken(self.stage, _how(error))) from None
        if code not in good:
            # What nobody can read, and a server that closes, leave nothing to go on with.
            self.carries = self.carries and code // 100 in (4, 5) and code != _CLOSING
            raise EndedError(refused(self.stage, code, text))

    def cut(self) -> None:
        """End the line from another thread; whoever speaks over it lets go of it at once."""
        self._is_cut = True
        sock = self.sock
        if sock is not None:
            # The socket's own, also below TLS: no farewell, which would wait for the other end.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def drop(self) -> None:
        """Let go of the line without a word: whoever is at its other end may not be listening."""
        self.carries = False
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
