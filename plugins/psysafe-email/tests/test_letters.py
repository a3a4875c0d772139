"""A letter: headers that tell nothing, one name for every retry, and text that arrives whole."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.contracts.channel import ContentClass, Message
from psysafe_email.letters import WORDS, letter, message_id, subject

SENDER, ADDRESS = "psysafe@school.example", "wang@school.example"


def read(content: bytes) -> EmailMessage:
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def made(message: Message, *, eight_bit: bool = True, **other: Any) -> bytes:
    return letter(attrs.evolve(message, **other), SENDER, ADDRESS, eight_bit=eight_bit)


def test_the_headers_are_these_and_no_others(message: Message) -> None:
    mail = read(made(message))
    assert list(mail.keys()) == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    ]
    assert (mail["From"], mail["To"]) == (SENDER, ADDRESS)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Mon, 02 Nov 2026 00:30:00 +0000"


def test_every_subject_is_one_of_four_sentences_with_time_and_step(message: Message) -> None:
    for language, (urgent, other, _) in WORDS.items():
        for is_urgent, sentence in ((True, urgent), (False, other)):
            one = attrs.evolve(message, language=language, urgent=is_urgent, step=2)
            assert subject(one) == sentence.format(at="2026-11-02 00:30", step=3)
    assert subject(attrs.evolve(message, language="fr")) == subject(message)


def test_a_reminder_has_another_subject_and_a_retry_the_very_same_letter(message: Message) -> None:
    later = attrs.evolve(message, queued=message.queued + timedelta(minutes=10), step=1)
    assert subject(later) != subject(message)
    assert made(message) == made(message)


@given(key=st.text(max_size=60), other=st.text(max_size=60))
def test_the_name_of_a_letter_follows_from_its_key_alone_and_tells_nothing_of_it(
    key: str, other: str
) -> None:
    name = message_id(key, SENDER)
    assert re.fullmatch(r"<[0-9a-f]{32}@school\.example>", name)
    assert (name == message_id(other, SENDER)) == (key == other)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_names_somebody_stands_behind_more_than_a_preview_shows(
    language: str, message: Message
) -> None:
    text = read(made(message, language=language)).get_content()
    assert text.startswith(message.neutral)
    before = text.partition("林小满")[0]
    columns = sum(2 if ord(c) > 0x2E80 else 1 for c in before)
    assert columns > 240
    assert message.text in text


def test_a_neutral_text_stands_alone(message: Message) -> None:
    neutral = read(made(message, content=ContentClass.K0, text=message.neutral))
    assert neutral.get_content().splitlines() == [message.neutral]


@given(
    text=st.text(max_size=400),
    eight_bit=st.booleans(),
    language=st.sampled_from(["zh", "en"]),
)
def test_any_text_arrives_whole_in_lines_that_are_short_enough(
    text: str, eight_bit: bool, language: str
) -> None:
    one = Message(
        key="k",
        content=ContentClass.K1,
        text=text,
        neutral="n",
        queued=datetime(2026, 11, 2, tzinfo=UTC),
        urgent=False,
        answer_by=None,
        step=0,
        language=language,
    )
    content = letter(one, SENDER, ADDRESS, eight_bit=eight_bit)
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert content.count(b"\n") == content.count(b"\r\n")
    assert content.endswith(b"\r\n")
    head = content.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert len(head.split(b"\r\nSubject:")) == 2
    wanted = "".join(c for c in text if c.isprintable() or c == " ")
    kept = read(content).get_content()
    assert "".join(c for c in kept if c.isprintable() or c == " ").endswith(
        wanted.encode("utf-8", "replace").decode().strip("\n")
    )


def test_a_long_line_of_chinese_is_sent_in_base64(message: Message) -> None:
    content = made(message, text="很长" * 400)
    assert b"Content-Transfer-Encoding: base64" in content
    assert "很长" * 400 in read(content).get_content()


@pytest.mark.parametrize("text", ["a\r\nBcc: li@school.example\r\n\r\nb", ".\r\n.\r\nQUIT\r\n"])
def test_a_text_stays_in_the_body_whatever_stands_in_it(text: str, message: Message) -> None:
    mail = read(made(message, text=text, neutral=text))
    assert mail["Bcc"] is None
    assert str(mail["Subject"]).startswith("紧急")


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40), st.booleans())
def test_nothing_that_is_said_adds_a_header_or_changes_one(
    text: str, neutral: str, urgent: bool
) -> None:
    """A line break in a name ends no subject and begins no header."""
    one = message_of(text=f"a\r\nBcc: x@evil.example\r\n\r\n{text}", neutral=neutral)
    other = attrs.evolve(one, text="b", neutral="b")
    told, plain = (read(made(each, urgent=urgent)) for each in (one, other))
    left = ("Content-Transfer-Encoding",)
    assert [pair for pair in told.items() if pair[0] not in left] == [
        pair for pair in plain.items() if pair[0] not in left
    ]
    assert not told.is_multipart()
    assert told.get_content_type() == "text/plain"


def message_of(**other: Any) -> Message:
    usual: dict[str, Any] = {
        "key": "notice-000000000001/mail",
        "content": ContentClass.K1,
        "text": "",
        "neutral": "",
        "queued": datetime(2026, 11, 2, 0, 30, tzinfo=UTC),
        "urgent": True,
        "answer_by": None,
        "step": 0,
        "language": "zh",
    }
    return Message(**{**usual, **other})
