"""E-mail keeps the contract that every channel must keep."""

from __future__ import annotations

import email
import email.policy
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from psysafe.contracts.channel import Channel, ResultClass, Secret
from psysafe.testing import ChannelContract
from psysafe.testing.channel_contract import (
    NONSENSE,
    SECRET,
    SILENT,
    TAKES,
    TAKES_AND_CUTS,
    Provider,
    Taken,
)
from psysafe_email import open_email
from psysafe_email import testing as fake
from psysafe_email.testing import MailServer

#: Letters of a text that a phone may show on its locked screen.
PREVIEW = 150


class MailProvider:
    """The mail server as the kit wants to tell it how to behave."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    def behave(self, how: str) -> None:
        self.server.behave()
        told = {
            TAKES: ("DOT", "250 2.0.0 taken"),
            NONSENSE: ("DOT", "299 oki doki"),
            TAKES_AND_CUTS: ("DOT", fake.TAKE_AND_CUT),
            SILENT: ("DOT", fake.SILENT),
        }
        stage, _, reply = how.partition(": ")
        self.server.answer(*told.get(how, (stage, reply)))

    def taken(self) -> Sequence[Taken]:
        return [_taken(letter.content, letter.receivers) for letter in self.server.taken]

    def stop(self) -> None:
        self.server.stop()


def _taken(content: bytes, receivers: tuple[str, ...]) -> Taken:
    mail = email.message_from_bytes(content, policy=email.policy.default)
    body = mail.get_body()
    assert body is not None
    text = str(body.get_content())
    headers = "\n".join(f"{name}: {value}" for name, value in mail.items())
    (address,) = receivers
    return Taken(
        key=str(mail["Message-ID"]),
        address=address,
        shown=f"{headers}\n{text[:PREVIEW]}",
        text=text,
    )


class TestEmail(ChannelContract):
    address = "wang@school.example"
    needed = ("host", "from")
    refusals: Mapping[str, ResultClass] = {
        "RCPT: 550 5.1.1 nobody here": ResultClass.PERMANENT_RECIPIENT,
        "RCPT: 451 4.7.1 come back later": ResultClass.TRANSIENT,
        "DOT: 552 5.3.4 too large": ResultClass.PERMANENT_CONTENT,
        "MAIL: 530 5.7.0 log in first": ResultClass.MISCONFIGURED,
    }

    @pytest.fixture(autouse=True)
    def _on_this_machine(self, server_side: Callable[..., ssl.SSLContext], pem: Secret) -> None:
        self.context, self.pem = server_side("127.0.0.1"), pem

    def start_provider(self) -> Provider:
        return MailProvider(MailServer(self.context, login=("psysafe", SECRET)))

    def settings(self, provider: Provider) -> dict[str, Any]:
        assert isinstance(provider, MailProvider)
        return {
            "use": "email",
            "host": "127.0.0.1",
            "port": provider.server.port,
            "ca": self.pem,
            "user": "psysafe",
            "password": Secret(SECRET),
            "from": "psysafe@school.example",
        }

    def open_channel(self, settings: Mapping[str, Any]) -> Channel:
        return open_email(settings)
