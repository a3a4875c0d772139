"""What a school sets for its mail, and what is said of each mistake before anything is sent."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import psysafe_email
from psysafe import Plugins
from psysafe.contracts.channel import Message, ResultClass, Secret, Trust
from psysafe_email import open_email

GOOD: dict[str, Any] = {
    "use": "email",
    "host": "smtp.school.example",
    "from": "psysafe@school.example",
}


def fields(**other: Any) -> set[str]:
    table = {**GOOD, **other}
    kept = {key.rstrip("_"): value for key, value in table.items() if value is not None}
    return {problem.field for problem in open_email(kept).validate()}


def test_host_and_sender_are_enough_and_encryption_is_required() -> None:
    channel = open_email(GOOD)
    assert channel.validate() == ()
    assert (channel._settings.tls, channel._settings.port) == ("required", 587)
    assert channel.capabilities.trust is Trust.PERSONAL
    assert not channel.capabilities.idempotent


@pytest.mark.parametrize(
    ("tls", "port"), [("required", 587), ("implicit", 465), ("off-for-tests", 25)]
)
def test_each_way_to_encrypt_has_its_usual_port(tls: str, port: int) -> None:
    channel = open_email({**GOOD, "host": "127.0.0.1", "tls": tls})
    assert channel.validate() == ()
    assert channel._settings.port == port


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"host": None}, "host"),
        ({"host": ""}, "host"),
        ({"host": "smtp.school.example\r\nX"}, "host"),
        ({"host": 7}, "host"),
        ({"port": 0}, "port"),
        ({"port": "587"}, "port"),
        ({"port": True}, "port"),
        ({"port": 65536}, "port"),
        ({"tls": "off"}, "tls"),
        ({"tls": "opportunistic"}, "tls"),
        ({"tls": ["required"]}, "tls"),
        ({"tls": "off-for-tests"}, "tls"),
        ({"from": None}, "from"),
        ({"from": "psysafe"}, "from"),
        ({"from": "a@school.example, b@school.example"}, "from"),
        ({"from": "a@school.example\r\nBcc: b@school.example"}, "from"),
        ({"user": "psysafe"}, "password"),
        ({"password": Secret("x")}, "user"),
        ({"user": "psysafe", "password": "in the clear"}, "password"),
        ({"user": "psysafe", "password": Secret("密码")}, "password"),
        ({"user": "two words", "password": Secret("x")}, "user"),
        ({"ca": "ca.pem"}, "ca"),
        ({"ca": Secret("no certificate")}, "ca"),
        ({"ca": Secret("")}, "ca"),
        ({"trust": "sealed"}, "trust"),
        ({"trust": ["shared"]}, "trust"),
        ({"prot": 587}, "prot"),
        ({"lines": 0}, "lines"),
        ({"lines": 9}, "lines"),
        ({"lines": "4"}, "lines"),
    ],
)
def test_each_mistake_is_named_by_its_field(
    wrong: dict[str, Any], field: str, message: Message
) -> None:
    assert field in fields(**wrong)
    kept = {k: v for k, v in {**GOOD, **wrong}.items() if v is not None}
    result = open_email(kept).send(message, "wang@school.example", 1)
    assert (result.cls, result.provider_code) == (ResultClass.MISCONFIGURED, "SETTINGS")


def test_a_school_may_trust_its_mail_less_and_never_more() -> None:
    assert open_email({**GOOD, "trust": "shared"}).capabilities.trust is Trust.SHARED
    assert open_email({**GOOD, "trust": "sealed"}).capabilities.trust is Trust.SHARED


def test_the_plugin_gives_one_channel_with_its_own_version() -> None:
    plugins = Plugins.of(psysafe_email)
    record = plugins.channel("email")
    assert record.version.count(".") == 2
    assert [report.state.value for report in plugins.report] == ["ok"]


def test_mail_costs_nothing_before_a_channel_is_opened() -> None:
    program = (
        "import sys, psysafe_email; psysafe_email.psysafe_channels()\n"
        "heavy = {'smtplib', 'ssl', 'socket', 'email.message', 'email.policy'}\n"
        "before = {m for m in heavy if m in sys.modules}\n"
        "psysafe_email.open_email({})\n"
        "print(sorted(before), 'smtplib' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "'smtplib'" not in answer.stdout.partition("]")[0]
    assert "'ssl'" not in answer.stdout.partition("]")[0]
    assert answer.stdout.strip().endswith("True")
