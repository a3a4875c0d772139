"""Against a mail server that somebody else wrote: encryption, logging in, dots and sizes."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import trustme

from psysafe.contracts.channel import Message, ResultClass, Secret
from psysafe_email import open_email

ADDRESS = "wang@school.example"
PASSWORD = "CANARY-PASSWORD-1"
PROGRAM = Path(__file__).with_name("mail_process.py")


@attrs.frozen
class Running:
    """aiosmtpd in a process of its own."""

    process: subprocess.Popen[str]
    port: int

    def letter(self) -> dict[str, Any]:
        """The next letter that it took."""
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found


@pytest.fixture(scope="module")
def running(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    file = tmp_path_factory.mktemp("mail") / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(file)
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", str(PROGRAM), str(file), PASSWORD],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield Running(process, int(process.stdout.readline()))
        process.terminate()


@pytest.fixture
def settings(running: Running, pem: Secret) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": running.port,
        "ca": pem,
        "user": "psysafe",
        "password": Secret(PASSWORD),
        "from": "psysafe@school.example",
    }


def test_a_letter_arrives_as_it_was_written(
    settings: dict[str, Any], running: Running, message: Message
) -> None:
    channel = open_email(settings)
    text = f"{message.text}\n.\n..\n.一行以点开头\n{'x' * 900}"
    assert channel.send(attrs.evolve(message, text=text), ADDRESS, 10).cls is ResultClass.ACCEPTED
    channel.close()
    letter = running.letter()
    assert (letter["from"], letter["to"]) == ("psysafe@school.example", [ADDRESS])
    content = base64.b64decode(letter["content"])
    mail = email.message_from_bytes(content, policy=email.policy.default)
    body = mail.get_body()
    assert body is not None
    assert text in body.get_content().replace("\r\n", "\n")


def test_one_line_serves_taken_and_refused_letters_alike(
    settings: dict[str, Any], running: Running, message: Message
) -> None:
    channel = open_email(settings)
    found = [channel.send(message, to, 10) for to in (ADDRESS, "gone@school.example", ADDRESS)]
    channel.close()
    assert [r.cls.value for r in found] == ["accepted", "permanent_recipient", "accepted"]
    assert found[1].provider_code == "RCPT 550 5.1.1"
    first, second = running.letter(), running.letter()
    assert first == second, "a repeat is the same letter to the last octet"


def test_a_wrong_password_and_a_letter_that_is_too_large(
    settings: dict[str, Any], message: Message
) -> None:
    wrong = open_email({**settings, "password": Secret("CANARY-WRONG")})
    assert wrong.send(message, ADDRESS, 10).provider_code == "AUTH 535 5.7.8"
    channel = open_email(settings)
    large = attrs.evolve(message, text="很长\n" * 2000)
    result = channel.send(large, ADDRESS, 10)
    channel.close()
    assert (result.cls, result.provider_code) == (ResultClass.PERMANENT_CONTENT, "MAIL 552")
