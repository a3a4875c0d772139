"""The one place that opens an HTTP connection.

One attempt, a limited time, a limited answer. Nothing is followed, nothing is stored, no proxy or
password is taken from the environment, and no address is called that the school did not allow: a
name is resolved here, each of its addresses is looked at, and exactly that address is connected
to, so a name that answers differently the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol
from urllib.parse import urlsplit

import attrs

from psysafe.contracts.http import HttpAnswer, HttpCall
from psysafe.errors import PluginError

if TYPE_CHECKING:
    import httpcore2

#: Which addresses may be called: any of the internet's; besides, those of the school's own
#: network; besides, unencrypted, this machine (for tests and for a gateway beside the program).
Reach = Literal["public", "private", "this-machine"]
REACHES: Final[tuple[Reach, ...]] = ("public", "private", "this-machine")

#: An answer to one message is a few hundred bytes; a page of HTML tells nothing more.
MOST_BYTES: Final = 256 * 1024
_MOST_CALL: Final = 1024 * 1024
_CONNECTIONS: Final = 32
_IDLE_SECONDS: Final = 20.0
#: Provider's loggers: at DEBUG they write addresses and headers, in which secrets stand.
_TALKATIVE: Final = ("connection", "http11", "http2", "proxy", "socks")

_calling: ContextVar[bool] = ContextVar("psysafe_calling", default=False)


@attrs.frozen
class Broken:
    """No answer. `taken` says whether the request may have been taken before the line broke."""

    code: str
    taken: bool = False
    ours: bool = False
    """nothing but a change of settings will mend it"""


class Transport(Protocol):
    """Carries one call out; a host that has an HTTP client of its own may bring it."""

    def exchange(self, call: HttpCall, seconds: float, reach: Reach) -> HttpAnswer | Broken:
        """Never raises, follows nothing, takes no longer than `seconds`."""
        ...

    def close(self) -> None: ...


class _Silence(logging.Filter):
    """Drops what an HTTP library says of our own calls; a host's own calls are not touched."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not _calling.get()


_SILENCE: Final = _Silence()


def refused(url: str, reach: Reach) -> str | None:
    """Why an address may not be called, by its text alone; None where it may be tried."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "bad_url"
    host = parts.hostname
    if not host or port == 0 or parts.username is not None or not url.isascii():
        return "bad_url"
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        return "bad_url"
    if parts.scheme == "https":
        return None
    if parts.scheme == "http" and reach == "this-machine" and host in ("127.0.0.1", "::1"):
        return None
    return "not_encrypted"


def allowed(address: str, reach: Reach) -> bool:
    """Whether an address that a name came to may be connected to."""
    found = ipaddress.ip_address(address.partition("%")[0])
    embedded = getattr(found, "ipv4_mapped", None)
    if embedded is not None:
        found = embedded
    if found.is_loopback:
        return reach == "this-machine"
    if found.is_multicast or found.is_unspecified or found.is_link_local:
        return False
    if found.is_global:
        return True
    return reach != "public" and found.is_private and not found.is_reserved


class NotAllowedError(OSError):
    """The name came to an address that may not be called."""


class HttpTransport:
    """The transport that psysafe brings (extra `http`). Keeps connections; threads may share it."""

    def __init__(self, authorities: str | None = None) -> None:
        """`authorities` in PEM form are the school's own. Raises PSY513 without the extra."""
        try:
            import httpcore2
        except ImportError:
            raise PluginError("PSY513", extra="http") from None
        for name in _TALKATIVE:
            logging.getLogger(f"{httpcore2.__name__}.{name}").addFilter(_SILENCE)
        self._authorities = authorities
        self._pools: dict[Reach, httpcore2.ConnectionPool] = {}
        self._lock = threading.Lock()

    def exchange(self, call: HttpCall, seconds: float, reach: Reach) -> HttpAnswer | Broken:
        why = refused(call.url, reach)
        if why is not None:
            return Broken(why, ours=True)
        if len(call.body) > _MOST_CALL:
            return Broken("too_long", ours=True)
        token = _calling.set(True)
        try:
            return self._exchange(self._pool(reach), call, seconds)
        finally:
            _calling.reset(token)

    def close(self) -> None:
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()

    def _pool(self, reach: Reach) -> httpcore2.ConnectionPool:
        with self._lock:
            if reach not in self._pools:
                self._pools[reach] = _opened(reach, self._authorities)
            return self._pools[reach]

    def _exchange(
        self, pool: httpcore2.ConnectionPool, call: HttpCall, seconds: float
    ) -> HttpAnswer | Broken:
        import httpcore2

        until = time.monotonic() + seconds
        limits = dict.fromkeys(("connect", "read", "write", "pool"), max(seconds, 0.001))
        headers = {"user-agent": "psysafe", "accept": "*/*", **call.headers}
        if call.method != "GET":
            headers["content-length"] = str(len(call.body))
        lines = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        host = urlsplit(call.url)
        if not any(name.lower() == b"host" for name, _ in lines):
            lines.insert(0, (b"host", host.netloc.encode("ascii")))
        try:
            with pool.stream(
                call.method,
                call.url,
                headers=lines,
                content=call.body or None,
                extensions={"timeout": limits},
            ) as answer:
                body = bytearray()
                for chunk in answer.iter_stream():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        return Broken("too_much", taken=True)
                    if time.monotonic() > until:
                        return Broken("timeout", taken=True)
                return HttpAnswer(status=answer.status, headers=_headers(answer), body=bytes(body))
        except NotAllowedError:
            return Broken("address_not_allowed", ours=True)
        except ssl.SSLError:
            return Broken("tls", ours=True)
        except httpcore2.PoolTimeout:
            return Broken("busy")
        except httpcore2.ConnectTimeout:
            return Broken("timeout")
        except httpcore2.ConnectError as error:
            return Broken("tls", ours=True) if _about_tls(error) else Broken("no_line")
        except httpcore2.TimeoutException:
            return Broken("timeout", taken=True)
        except httpcore2.LocalProtocolError:
            return Broken("bad_call", ours=True)
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError):
            return Broken("cut", taken=True)


def _headers(answer: Any) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers
    }


def _about_tls(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _opened(reach: Reach, authorities: str | None) -> httpcore2.ConnectionPool:
    import httpcore2

    class Guarded(httpcore2.SyncBackend):
        """Connects to an address that was looked at, never to a name."""

        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore2.NetworkStream:
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except OSError:
                raise httpcore2.ConnectError("the name is not known") from None
            addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
            # One forbidden address among them and none is called: nobody honest mixes them.
            if not all(allowed(address, reach) for address in addresses):
                raise NotAllowedError
            last: httpcore2.ConnectError | None = None
            for address in addresses:
                try:
                    return super().connect_tcp(
                        address, port, timeout, local_address, socket_options
                    )
                except httpcore2.ConnectError as error:
                    last = error
            raise last or httpcore2.ConnectError("the name has no address")

    return httpcore2.ConnectionPool(
        ssl_context=ssl.create_default_context(cadata=authorities),
        max_connections=_CONNECTIONS,
        max_keepalive_connections=_CONNECTIONS,
        keepalive_expiry=_IDLE_SECONDS,
        network_backend=Guarded(),
    )
