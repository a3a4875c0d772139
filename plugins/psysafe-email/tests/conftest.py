"""A certificate authority of the test's own, and a mail server that does what it is told."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import trustme

from psysafe.contracts.channel import ContentClass, Message, Secret
from psysafe_email import open_email
from psysafe_email.channel import EmailChannel
from psysafe_email.testing import OFFERS, MailServer

USER, PASSWORD = "psysafe", "CANARY-PASSWORD-1"
ADDRESS = "wang@school.example"


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """An authority that nobody trusts but who is told to."""
    return trustme.CA()


@pytest.fixture(scope="session")
def pem(authority: trustme.CA) -> Secret:
    """Its certificate, as a school's settings give it."""
    return Secret(authority.cert_pem.bytes().decode())


@pytest.fixture(scope="session")
def server_side(authority: trustme.CA) -> Callable[..., ssl.SSLContext]:
    """The server's side of TLS, with a certificate for these names."""

    def made(*names: str, by: trustme.CA = authority) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        by.issue_cert(*names).configure_cert(context)
        return context

    return made


@pytest.fixture
def server(
    server_side: Callable[..., ssl.SSLContext], request: pytest.FixtureRequest
) -> Iterator[MailServer]:
    """A server with a good certificate that knows one user. Its parameter is what it offers."""
    offers: tuple[str, ...] = getattr(request, "param", OFFERS)
    with MailServer(server_side("127.0.0.1"), login=(USER, PASSWORD), offers=offers) as running:
        yield running


@pytest.fixture
def settings(server: MailServer, pem: Secret) -> dict[str, Any]:
    """What a school sets for that server."""
    return {
        "host": "127.0.0.1",
        "port": server.port,
        "tls": "required",
        "ca": pem,
        "user": USER,
        "password": Secret(PASSWORD),
        "from": "psysafe@school.example",
    }


@pytest.fixture
def channel(settings: dict[str, Any]) -> Iterator[EmailChannel]:
    opened = open_email(settings)
    assert opened.validate() == ()
    yield opened
    opened.close()


@pytest.fixture
def message() -> Message:
    """A message that names a student."""
    return Message(
        key="notice-000000000001/mail",
        content=ContentClass.K1,
        text="有一份关于学生的报告需要有人接手。学生：林小满。班级：高一(1)班。",
        neutral="有紧急事项需要您处理。请在 2026-11-02 08:42 之前回应。请拨打 12356。",
        queued=datetime(2026, 11, 2, 0, 30, tzinfo=UTC),
        urgent=True,
        answer_by=datetime(2026, 11, 2, 0, 42, tzinfo=UTC),
        step=0,
        language="zh",
    )
