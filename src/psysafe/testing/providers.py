"""Stand-ins for the services behind HTTP channels: real servers on this machine, with faults.

A stand-in answers as its provider does, refuses as it refuses (mostly within a 200), and can do
what no provider does on purpose: answer nonsense, take a message and cut the line, say nothing,
answer too slowly, or send somebody elsewhere. What was taken is kept for a test to look at.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

import attrs

from psysafe.clock import SystemClock
from psysafe.testing.channel_contract import NONSENSE, SILENT, TAKES, TAKES_AND_CUTS, Taken

#: Faults of any HTTP service, besides those of `channel_contract`.
HTML: Final = "an error page"
EMPTY: Final = "an empty 200"
NO_CONTENT: Final = "204"
TRUNCATED: Final = "half an answer"
REDIRECT: Final = "a redirect"
SERVER_ERROR: Final = "500"
ENDLESS: Final = "an endless answer"
#: What a provider that is asked later says of the messages that it took: it knows nothing, they
#: arrived, they were read, they failed, or it tells of somebody else's.
UNKNOWN: Final = "unknown"
DELIVERED: Final = "delivered"
READ: Final = "read"
FAILED: Final = "failed"
OF_OTHERS: Final = "of others"
HTTP_FAULTS: Final = (HTML, EMPTY, NO_CONTENT, TRUNCATED, REDIRECT, SERVER_ERROR, ENDLESS)

_PAGE: Final = b"<html><body><h1>502 Bad Gateway</h1>ok success errcode</body></html>"


@attrs.frozen(kw_only=True)
class Called:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    raw_query: str
    """the query as it stood in the address"""
    headers: Mapping[str, str]
    """names in lower case"""
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)


@attrs.frozen
class Reply:
    """An answer: JSON where `body` is no bytes."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)

    def encoded(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False).encode()


@attrs.frozen(kw_only=True)
class CallBack:
    """What a provider calls back, as a host gets it: hand it to `net.acknowledgements.called`.

    Given twice it is a duplicate; providers repeat themselves.
    """

    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = b""
    query: Mapping[str, str] = attrs.field(factory=dict)


class HttpProvider:
    """A provider on loopback. Subclass it: `taking` says what a good answer is, `REFUSALS` the
    others by name, `read` what a taken request said.

    `called` holds every request, also the refused ones.
    """

    REFUSALS: ClassVar[Mapping[str, Reply]] = {}

    def __init__(self) -> None:
        self.called: list[Called] = []
        self._how = TAKES
        self._later = DELIVERED
        self.questions = 0
        """how often it was asked what became of a message"""
        self._taken: list[Taken] = []
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.tokens_given = 0
        self._age = 0
        self.ahead = timedelta()
        """how far the provider's clock is ahead of this machine's"""
        self._server = _serve(self)

    @property
    def base(self) -> str:
        """The address that stands for the provider's host."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def now(self) -> datetime:
        """The time as the provider has it."""
        return SystemClock().now() + self.ahead

    def dated(self, body: Any, status: int = 200) -> Reply:
        """An answer that says what time it is here."""
        return Reply(body, status, {"date": format_datetime(self.now(), usegmt=True)})

    def behave(self, how: str) -> None:
        """From now on: TAKES, a fault of HTTP_FAULTS or of the kit, or one of REFUSALS."""
        self._how = how

    def later(self, how: str) -> None:
        """From now on, whoever asks what became of a message hears: UNKNOWN, DELIVERED, READ,
        FAILED, OF_OTHERS, a fault of HTTP_FAULTS, NONSENSE, or nothing at all (SILENT)."""
        self._later = how

    def taken(self) -> Sequence[Taken]:
        return tuple(self._taken)

    def stop(self) -> None:
        """End the server. Twice does no harm."""
        if not self._stopped.is_set():
            self._stopped.set()
            self._server.shutdown()
            self._server.server_close()

    def give_token(self) -> str:
        """A new token, the only good one from now on."""
        with self._lock:
            self.tokens_given += 1
            return self.token

    @property
    def token(self) -> str:
        """The token that is good now."""
        return f"token-{self.tokens_given}-{self._age}"

    def expire_tokens(self) -> None:
        """Whatever token was given is good no more."""
        with self._lock:
            self._age += 1

    # -- what a subclass says -------------------------------------------------------------------

    def beside(self, call: Called) -> Reply | None:
        """The answer to a request that carries no message, such as one for a token."""
        return None

    def is_question(self, call: Called) -> bool:
        """Whether a request asks what became of a message."""
        return False

    def told(self, call: Called, how: str) -> Reply:
        """What a provider that can be asked answers: UNKNOWN to OF_OTHERS."""
        raise NotImplementedError("say what this provider tells: override told")

    def taking(self, call: Called) -> Reply:
        """The answer to a message that is taken; a Reply of refusal where it may not be."""
        raise NotImplementedError("say how this provider answers: override taking")

    def read(self, call: Called) -> Taken | None:
        """What a request said; None where the provider would refuse it."""
        raise NotImplementedError("say what a request says: override read")

    # -- the server -----------------------------------------------------------------------------

    def answered(self, call: Called) -> Reply | None:
        """What happens to a request. None: the line is cut."""
        if self._stopped.is_set():
            return None
        with self._lock:
            self.called.append(call)
        beside = self.beside(call)
        if beside is not None:
            return beside
        if self.is_question(call):
            return self._answer(call)
        how = self._how
        if how in (TAKES, TAKES_AND_CUTS):
            taken = self.read(call)
            if taken is None:
                return self.taking(call)
            with self._lock:
                self._taken.append(taken)
            return None if how == TAKES_AND_CUTS else self.taking(call)
        if how == SILENT:
            self._stopped.wait(30)
            return None
        refusal = self.REFUSALS.get(how)
        return refusal if refusal is not None else _ODD[how]

    def _answer(self, call: Called) -> Reply | None:
        with self._lock:
            self.questions += 1
        how = self._later
        if how == SILENT:
            self._stopped.wait(30)
            return None
        odd = _ODD.get(how)
        return odd if odd is not None else self.told(call, how)


_ODD: Final[Mapping[str, Reply]] = {
    NONSENSE: Reply(b'{"result": "all is well", "ok": true}'),
    HTML: Reply(_PAGE),
    EMPTY: Reply(b""),
    NO_CONTENT: Reply(b"", 204),
    TRUNCATED: Reply(b'{"errcode": 0, "errmsg": "o'),
    REDIRECT: Reply(b"", 302, {"location": "http://127.0.0.1:9/elsewhere"}),
    SERVER_ERROR: Reply(_PAGE, 500),
    ENDLESS: Reply(b"0" * 400_000),
}


def _serve(provider: HttpProvider) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            parts = urlsplit(self.path)
            call = Called(
                method=self.command,
                path=parts.path,
                raw_query=parts.query,
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            reply = provider.answered(call)
            if reply is None:
                self.close_connection = True
                return
            body = reply.encoded()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = _any

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: an address may hold a secret."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A caller that hung up is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
