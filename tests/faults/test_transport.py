"""The HTTP transport on this machine: what it refuses to call, and what a broken line comes to."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import httpcore2
import pytest
import trustme

from psysafe.contracts.http import HttpAnswer, HttpCall
from psysafe.engine.transport import Broken, HttpTransport, allowed, refused
from psysafe.testing.channel_contract import SILENT, TAKES, TAKES_AND_CUTS, Taken
from psysafe.testing.providers import ENDLESS, REDIRECT, Called, HttpProvider, Reply

SECRET = "CANARY-SECRET-77aa"


class Echo(HttpProvider):
    """Takes everything and answers ok."""

    def taking(self, call: Called) -> Reply:
        return Reply(b"ok", 200, {"x-answer": SECRET})

    def read(self, call: Called) -> Taken | None:
        return Taken(key=call.path, address="", shown="", text=call.body.decode())


@pytest.fixture
def echo() -> Iterator[Echo]:
    provider = Echo()
    yield provider
    provider.stop()


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    with closing(HttpTransport()) as one:
        yield one


def post(url: str, body: bytes = b"hello") -> HttpCall:
    return HttpCall(url=url, body=body, headers={"authorization": f"Bearer {SECRET}"})


def test_a_call_goes_out_whole_and_its_answer_comes_back(
    echo: Echo, transport: HttpTransport
) -> None:
    found = transport.exchange(post(f"{echo.base}/a?key=1"), 2, "this-machine")
    assert isinstance(found, HttpAnswer)
    assert (found.status, found.body, found.headers["x-answer"]) == (200, b"ok", SECRET)
    (call,) = echo.called
    assert (call.method, call.path, call.query, call.body) == ("POST", "/a", {"key": "1"}, b"hello")
    assert call.headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("reach", ["public", "private"])
@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"]
)
def test_this_machine_is_not_called_unless_the_school_says_so(
    reach: str, host: str, transport: HttpTransport
) -> None:
    found = transport.exchange(post(f"https://{host}:9/x"), 2, reach)  # type: ignore[arg-type]
    assert isinstance(found, Broken)
    assert found.ours
    assert not found.taken


@pytest.mark.parametrize(
    ("address", "reaches"),
    [
        ("8.8.8.8", {"public", "private", "this-machine"}),
        ("2606:4700::1111", {"public", "private", "this-machine"}),
        ("10.1.2.3", {"private", "this-machine"}),
        ("192.168.1.1", {"private", "this-machine"}),
        ("172.16.0.9", {"private", "this-machine"}),
        ("fd00::1", {"private", "this-machine"}),
        ("::ffff:10.1.2.3", {"private", "this-machine"}),
        ("127.0.0.1", {"this-machine"}),
        ("::1", {"this-machine"}),
        ("169.254.169.254", set()),
        ("fe80::1%eth0", set()),
        ("0.0.0.0", set()),
        ("224.0.0.1", set()),
        ("255.255.255.255", set()),
        ("100.64.0.1", set()),
    ],
)
def test_which_addresses_each_reach_may_connect_to(address: str, reaches: set[str]) -> None:
    for reach in ("public", "private", "this-machine"):
        assert allowed(address, reach) is (reach in reaches), reach


@pytest.mark.parametrize(
    "url",
    [
        "http://provider.example/x",
        "http://localhost/x",
        "ftp://provider.example/x",
        "https:///x",
        "https://user:pass@provider.example/x",
        "https://provider.example:99999/x",
        "https://provider.example/x\r\nHost: other",
        "https://provider.example/二",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_is_not_encrypted_or_not_one_is_never_called(url: str) -> None:
    for reach in ("public", "private", "this-machine"):
        assert refused(url, reach) is not None


def test_a_name_that_is_known_nowhere_is_tried_again_later(transport: HttpTransport) -> None:
    found = transport.exchange(post("https://nowhere.invalid/x"), 2, "public")
    assert found == Broken("no_line")


def test_a_redirect_is_an_answer_and_is_not_followed(echo: Echo, transport: HttpTransport) -> None:
    echo.behave(REDIRECT)
    found = transport.exchange(post(f"{echo.base}/a"), 2, "this-machine")
    assert isinstance(found, HttpAnswer)
    assert found.status == 302
    assert len(echo.called) == 1


def test_an_answer_that_does_not_end_is_cut_off_and_leaves_doubt(
    echo: Echo, transport: HttpTransport
) -> None:
    echo.behave(ENDLESS)
    found = transport.exchange(post(f"{echo.base}/a"), 2, "this-machine")
    assert found == Broken("too_much", taken=True)


def test_a_line_that_breaks_or_is_silent_leaves_doubt(echo: Echo, transport: HttpTransport) -> None:
    echo.behave(TAKES_AND_CUTS)
    assert transport.exchange(post(f"{echo.base}/a"), 2, "this-machine") == Broken(
        "cut", taken=True
    )
    echo.behave(SILENT)
    begin = time.monotonic()
    found = transport.exchange(post(f"{echo.base}/a"), 0.2, "this-machine")
    assert found == Broken("timeout", taken=True)
    assert time.monotonic() - begin < 1


def test_an_answer_that_drips_costs_no_more_than_its_time(transport: HttpTransport) -> None:
    """Each byte comes in time, and all of them never."""
    stop = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def drip() -> None:
            line, _ = server.accept()
            with closing(line):
                line.recv(65536)
                line.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
                while not stop.wait(0.05):
                    line.sendall(b"x")

        threading.Thread(target=drip, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        begin = time.monotonic()
        found = transport.exchange(post(url), 0.3, "this-machine")
        stop.set()
    assert found == Broken("timeout", taken=True)
    assert time.monotonic() - begin < 1


def test_nobody_listening_means_that_nothing_was_taken(transport: HttpTransport) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    found = transport.exchange(post(f"http://127.0.0.1:{port}/x"), 2, "this-machine")
    assert found == Broken("no_line")


def test_a_certificate_that_nobody_vouches_for_is_refused_and_the_schools_own_is_taken() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            for _ in range(2):
                line, _ = server.accept()
                try:
                    with context.wrap_socket(line, server_side=True) as safe:
                        safe.recv(65536)
                        safe.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                        # A line closed on words that nobody has read yet would be cut, not ended.
                        while safe.recv(65536):
                            pass
                except OSError:
                    continue

        threading.Thread(target=serve, daemon=True).start()
        call = post(f"https://127.0.0.1:{server.getsockname()[1]}/x")
        with closing(HttpTransport()) as stranger:
            assert stranger.exchange(call, 2, "this-machine") == Broken("tls", ours=True)
        pem = authority.cert_pem.bytes().decode()
        with closing(HttpTransport(pem)) as own:
            found = own.exchange(call, 2, "this-machine")
    assert isinstance(found, HttpAnswer)
    assert found.status == 204


def test_two_calls_use_one_connection(echo: Echo, transport: HttpTransport) -> None:
    opened = 0
    real = socket.create_connection

    def counted(*given: object, **named: object) -> socket.socket:
        nonlocal opened
        opened += 1
        return real(*given, **named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", counted)
        for _ in range(3):
            transport.exchange(post(f"{echo.base}/a"), 2, "this-machine")
    assert opened == 1
    assert len(echo.called) == 3


def test_no_log_line_at_any_level_tells_an_address_or_a_header(
    echo: Echo, transport: HttpTransport, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"{echo.base}/send?access_token={SECRET}"
    with caplog.at_level(logging.DEBUG):
        for how in (TAKES, TAKES_AND_CUTS, ENDLESS):
            echo.behave(how)
            transport.exchange(post(url, SECRET.encode()), 2, "this-machine")
        assert SECRET not in caplog.text
        # The scan sees what it looks for: the library itself does write such lines.
        echo.behave(TAKES)
        with httpcore2.ConnectionPool() as pool:
            pool.request("POST", url, headers=[(b"host", b"x")])
    assert SECRET in caplog.text
