"""A mail server on this machine that does what a test tells it: for this plugin and for hosts.

    with MailServer() as server:
        server.answer("RCPT", "550 5.1.1 nobody here")     # from now on
        server.answer_once("DOT", TAKE_AND_CUT)            # the next time only
        ...
        assert server.taken[0].receivers == ("wang@school.example",)

Stages are those of a conversation: CONNECT, EHLO, STARTTLS, AUTH, RSET, MAIL, RCPT, DATA, DOT.
What a server may do at each of them is a reply, or one of the four ways to fail without one.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections import deque
from types import TracebackType
from typing import Final

import attrs

#: It hangs up without a word.
CUT: Final = "cut"
#: It says nothing any more and keeps the line open.
SILENT: Final = "silent"
#: It sends a reply that never ends, a letter at a time, so that no single wait is long.
DRIBBLE: Final = "dribble"
#: It takes the letter and hangs up before it says so. At DOT only.
TAKE_AND_CUT: Final = "take and cut"

#: What a server offers besides encryption and logging in, as most do.
OFFERS: Final = ("SIZE 1000000", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES")

_GOOD: Final = {
    "CONNECT": "220 mail.school.example ready",
    "STARTTLS": "220 2.0.0 go ahead",
    "RSET": "250 2.0.0 forgotten",
    "MAIL": "250 2.1.0 sender noted",
    "RCPT": "250 2.1.5 receiver noted",
    "DATA": "354 end with a dot",
    "DOT": "250 2.0.0 taken",
}


@attrs.frozen
class Letter:
    """One letter that the server took, and how it came."""

    sender: str
    receivers: tuple[str, ...]
    content: bytes = attrs.field(repr=False)
    encrypted: bool
    user: str
    options: tuple[str, ...] = ()
    """what stood behind the addresses of MAIL and RCPT"""
    line: int = 0
    """the number of the connection, from 1"""


class HungUpError(Exception):
    """The conversation is over."""


class MailServer:
    """Listens on 127.0.0.1 until it is stopped; `port` is where.

    `context` is the server's own TLS side: offered by STARTTLS, or used from the start where
    `implicit`. `login` is the user and password that it knows. `offers` are the lines of its
    EHLO reply besides STARTTLS and AUTH.
    """

    def __init__(
        self,
        context: ssl.SSLContext | None = None,
        *,
        implicit: bool = False,
        login: tuple[str, str] | None = None,
        offers: tuple[str, ...] = OFFERS,
    ) -> None:
        self.context, self.implicit, self.login, self.offers = context, implicit, login, offers
        self.taken: list[Letter] = []
        self.asked: list[str] = []
        """every command that it was sent, without its arguments, in order"""
        self.lines = 0
        """connections so far"""
        self.most_lines = 0
        """the most that were open at once"""
        self.most_at_once: int | None = None
        """how many it takes at once; it has no room for another"""
        self.lenient = False
        """it would take a letter to nobody, as no server should"""
        self._always: dict[str, str] = {}
        self._once: dict[str, deque[str]] = {}
        self._stopped = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen, name="mail server", daemon=True)]
        self._threads[0].start()

    def answer(self, stage: str, answer: str) -> None:
        """Answer like this at a stage from now on: a reply, or one of the ways to fail."""
        self._always[stage] = answer

    def answer_once(self, stage: str, *answers: str) -> None:
        """Answer like this the next times, one after the other, and then as before."""
        self._once.setdefault(stage, deque()).extend(answers)

    def behave(self) -> None:
        """Answer everything well again."""
        self._always.clear()
        self._once.clear()

    def hang_up(self) -> None:
        """Close every line that is open, as a server does with one that lay idle."""
        for sock in list(self._open):
            _close(sock)

    @property
    def open_lines(self) -> tuple[socket.socket, ...]:
        """Its own ends of the lines that are open."""
        return tuple(self._open)

    def stop(self) -> None:
        """Stop listening and close everything. Twice does no harm."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self.hang_up()
        for thread in self._threads:
            thread.join(timeout=5)
        self._listener.close()

    def __enter__(self) -> MailServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # -- one line -----------------------------------------------------------------------------

    def _listen(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._stopped.is_set():
                sock.close()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.lines += 1
            talk = threading.Thread(
                target=self._talk, args=(sock, self.lines), name="mail line", daemon=True
            )
            self._threads.append(talk)
            talk.start()

    def _talk(self, sock: socket.socket, number: int) -> None:
        self._open.add(sock)
        self.most_lines = max(self.most_lines, len(self._open))
        talk = _Conversation(self, sock, number)
        try:
            talk.run()
        except (HungUpError, OSError, ValueError):
            _close(talk.sock)
        finally:
            self._open.discard(talk.sock)

    def next_answer(self, stage: str) -> str | None:
        """What a test wants at this stage; None: nothing special."""
        waiting = self._once.get(stage)
        return waiting.popleft() if waiting else self._always.get(stage)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the server is stopped, `seconds` at most; whether it was."""
        return self._stopped.wait(seconds)

    def secured(self, sock: socket.socket) -> socket.socket:
        """The server's side of TLS on a line."""
        if self.context is None:
            raise HungUpError
        self._open.discard(sock)
        sealed = self.context.wrap_socket(sock, server_side=True)
        self._open.add(sealed)
        return sealed


class _Conversation:
    def __init__(self, server: MailServer, sock: socket.socket, number: int) -> None:
        self.server, self.sock, self.number = server, sock, number
        self.encrypted = False
        self.user = ""
        self._held = b""
        self._forget()

    def _forget(self) -> None:
        self.sender = ""
        self.receivers: tuple[str, ...] = ()
        self.options: tuple[str, ...] = ()

    def run(self) -> None:
        if self.server.implicit:
            self._encrypt()
        most = self.server.most_at_once
        if most is not None and len(self.server.open_lines) > most:
            self._send("421 4.7.0 too many lines")
            raise HungUpError
        self._say("CONNECT")
        while True:
            line = self._line().decode("utf-8", "replace")
            word, _, rest = line.partition(" ")
            self.server.asked.append(word.upper())
            step = getattr(self, f"_{word.lower()}", None)
            if step is None:
                self._send("500 5.5.1 no such command")
            else:
                step(rest)

    def _ehlo(self, rest: str) -> None:
        offers = list(self.server.offers)
        if self.server.context is not None and not self.encrypted:
            offers.append("STARTTLS")
        if self.server.login is not None:
            offers.append("AUTH PLAIN LOGIN")
        whole = ["mail.school.example", *offers]
        last = len(whole) - 1
        good = [f"250{' ' if i == last else '-'}{offer}" for i, offer in enumerate(whole)]
        self._forget()
        self._say("EHLO", "\r\n".join(good))

    def _starttls(self, rest: str) -> None:
        if self._say("STARTTLS"):
            self._encrypt()

    def _encrypt(self) -> None:
        self.sock = self.server.secured(self.sock)
        self.encrypted = True

    def _auth(self, rest: str) -> None:
        mechanism, _, first = rest.partition(" ")
        if mechanism == "PLAIN":
            _, user, password = base64.b64decode(first or self._asked("")).split(b"\0")
        else:
            user = base64.b64decode(first or self._asked("Username:"))
            password = base64.b64decode(self._asked("Password:"))
        known = (user.decode(), password.decode()) == self.server.login
        good = "235 2.7.0 welcome" if known else "535 5.7.8 wrong password for that user"
        if self._say("AUTH", good):
            self.user = user.decode()

    def _asked(self, what: str) -> bytes:
        self._send("334 " + base64.b64encode(what.encode()).decode())
        return self._line()

    def _rset(self, rest: str) -> None:
        self._forget()
        self._say("RSET")

    def _mail(self, rest: str) -> None:
        address, _, options = rest.removeprefix("FROM:").partition(" ")
        if self._say("MAIL"):
            self.sender = address.strip("<>")
            self.options += tuple(options.split())

    def _rcpt(self, rest: str) -> None:
        address, _, options = rest.removeprefix("TO:").partition(" ")
        if self._say("RCPT"):
            self.receivers += (address.strip("<>"),)
            self.options += tuple(options.split())

    def _data(self, rest: str) -> None:
        if not self.server.lenient and not (self.sender and self.receivers):
            self._send("503 5.5.1 nobody to take it to")
            return
        if not self._say("DATA"):
            return
        lines = []
        while (line := self._line()) != b".":
            lines.append(line.removeprefix(b".") + b"\r\n")
        letter = Letter(
            self.sender,
            self.receivers,
            b"".join(lines),
            self.encrypted,
            self.user,
            self.options,
            self.number,
        )
        told = self.server.next_answer("DOT")
        wanted = _GOOD["DOT"] if told is None else told
        if wanted == TAKE_AND_CUT or wanted.startswith("2"):
            self.server.taken.append(letter)
        self._forget()
        self._do("cut" if wanted == TAKE_AND_CUT else wanted)

    def _quit(self, rest: str) -> None:
        self._send("221 2.0.0 bye")
        raise HungUpError

    # -- bytes --------------------------------------------------------------------------------

    def _say(self, stage: str, good: str = "") -> bool:
        """Answer a stage; whether well."""
        usual = good or _GOOD[stage]
        told = self.server.next_answer(stage)
        said = usual if told is None else told
        self._do(said)
        return said[:1] == usual[:1]

    def _do(self, answer: str) -> None:
        if answer == CUT:
            raise HungUpError
        if answer == SILENT:
            self.server.wait()
            raise HungUpError
        while answer == DRIBBLE:
            self.sock.sendall(b"2")
            if self.server.wait(0.05):
                raise HungUpError
        self._send(answer)

    def _send(self, reply: str) -> None:
        self.sock.sendall(reply.encode() + b"\r\n")

    def _line(self) -> bytes:
        while b"\r\n" not in self._held:
            more = self.sock.recv(65536)
            if not more:
                raise HungUpError
            self._held += more
        line, _, self._held = self._held.partition(b"\r\n")
        return line


def _close(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
