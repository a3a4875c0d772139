"""A real school over e-mail: from a declared crisis in the store to the letter, and what breaks."""

from __future__ import annotations

import email
import email.policy
import logging
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner

import psysafe_email
from psysafe.cli import main
from psysafe.contracts.channel import Secret
from psysafe.domain import events as e
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.testing.interrupting import InterruptedStorage, StoppedError
from psysafe.testing.schools import STAFF, STUDENTS, InventedSchool, open_school
from psysafe_email.testing import CUT, SILENT, TAKE_AND_CUT, MailServer

PLAN = """
[[routes.crisis.steps]]
role = "homeroom_teacher"
relation = "of_class"
channels = ["mail", "inbox"]
[[routes.crisis.steps]]
role = "grade_head"
relation = "of_grade"
channels = ["mail", "inbox"]
"""
NOTE = "CANARY-NOTE she wrote a letter"
PROPOSAL = "CANARY-PROPOSAL hospital tonight"
PASSWORD = "CANARY-PASSWORD-1"
CANARIES = (NOTE, PROPOSAL, PASSWORD, *STUDENTS.values())
TEACHER = "homeroom-1@school.example"


@attrs.frozen
class Post:
    """The school, its mail server, and the store in front of the real one that can stop."""

    school: InventedSchool
    server: MailServer
    store: InterruptedStorage

    def declare(self, student: int = 1) -> None:
        """A crisis of which the homeroom teacher is to be told."""
        number = self.school.number(student)
        self.school.desk("counselor-b").signals.report(
            number, "message", {"fear": "marked"}, note=NOTE
        )
        case = self.school.desk("counselor-a").cases.about(number)
        case.acknowledge()
        case.declare_crisis(danger="self", place="home", proposal=PROPOSAL, severity="high")

    def letters(self) -> list[EmailMessage]:
        """What arrived, in order."""
        made = []
        for letter in self.server.taken:
            mail = email.message_from_bytes(letter.content, policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            made.append(mail)
        return made

    def attempts(self) -> list[tuple[str, str, str | None]]:
        """Channel, result and code of each attempt in the journal."""
        parts = self.school.school
        found = [event_of(parts, r) for r in parts.storage.journal(parts.part, 0, 10_000)]
        return [
            (a.channel, a.result, a.provider_code)
            for a in found
            if isinstance(a, e.AttemptFinished) and a.channel == "mail"
        ]

    def lost(self) -> int:
        """How many attempts the journal knows of that nobody came back from."""
        parts = self.school.school
        found = [event_of(parts, r) for r in parts.storage.journal(parts.part, 0, 10_000)]
        return sum(isinstance(one, e.AttemptStarted) for one in found)


@pytest.fixture
def post(
    tmp_path: Path, server: MailServer, pem: Secret, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Post]:
    monkeypatch.setenv("PSYSAFE_MAIL_PASSWORD", PASSWORD)
    stores: list[InterruptedStorage] = []

    def wrapped(store: Any) -> InterruptedStorage:
        stores.append(InterruptedStorage(store))
        return stores[-1]

    folder = tmp_path / "school"
    opening = open_school(
        folder, storage="sqlite", plan=PLAN, plugins=[psysafe_email], wrap=wrapped
    )
    with opening as school:
        (folder / "ca.pem").write_text(pem.reveal(), encoding="ascii")
        with (folder / "psysafe.toml").open("a", encoding="utf-8") as settings:
            settings.write(
                f'[channels.mail]\nuse = "email"\nhost = "127.0.0.1"\nport = {server.port}\n'
                'ca = { file = "ca.pem" }\nuser = "psysafe"\n'
                'password = { env = "PSYSAFE_MAIL_PASSWORD" }\nfrom = "psysafe@school.example"\n'
            )
        school.reopen()
        yield Post(school, server, stores[-1])
        assert verify(school.school).ok


def preview(mail: EmailMessage) -> str:
    """What a phone may show of a letter on its locked screen."""
    return f"{mail['Subject']}\n{mail['From']}\n{mail.get_content()[:150]}"


def test_a_crisis_reaches_the_homeroom_teacher_by_mail_and_the_name_stands_inside(
    post: Post,
) -> None:
    post.declare()
    assert post.school.tick().failed == 0
    (mail,) = post.letters()
    assert mail["To"] == TEACHER
    assert mail["Subject"] == "紧急：有一件事需要您马上处理（2026-11-02 08:30，1）"
    assert STUDENTS[1] in mail.get_content()
    assert STUDENTS[1] not in preview(mail)
    for word in (NOTE, PROPOSAL):
        assert word not in mail.as_string()
    assert post.attempts() == [("mail", "accepted", "DOT 250")]


def test_only_an_answer_at_the_desk_stops_the_route_never_a_letter_that_was_taken(
    post: Post,
) -> None:
    post.declare()
    post.school.tick()
    assert post.school.tick(minutes=29).escalated == 0
    assert post.school.tick(minutes=2).escalated >= 1
    assert [mail["To"] for mail in post.letters()] == [TEACHER, "grade-head-10@school.example"]
    subjects = {str(mail["Subject"]) for mail in post.letters()}
    assert len(subjects) == 2, "a reminder differs from what went before"


def test_an_answer_at_the_desk_stops_the_route(post: Post) -> None:
    post.declare()
    post.school.tick()
    inbox = post.school.desk("homeroom-1").inbox
    inbox.acknowledge(next(n["notice"] for n in inbox.list() if n["purpose"] == "crisis"))
    post.school.tick(minutes=25)  # the next step's time is over, what is owed is not late yet
    assert len(post.letters()) == 1


def test_a_letter_that_was_taken_when_the_line_broke_is_repeated_once_under_the_same_name(
    post: Post,
) -> None:
    post.server.answer_once("DOT", TAKE_AND_CUT)
    post.declare()
    assert post.school.tick().ambiguous == 1
    for seconds in (1, 1, 5, 15, 60):
        post.school.tick(seconds=seconds)
    names = [mail["Message-ID"] for mail in post.letters()]
    assert len(names) == 2
    assert len(set(names)) == 1
    assert [mail["Date"] for mail in post.letters()] == ["Mon, 02 Nov 2026 08:30:00 +0800"] * 2
    assert [result for _, result, _ in post.attempts()] == ["ambiguous", "accepted"]


@pytest.mark.parametrize("stage", ["CONNECT", "RCPT", "DATA"])
def test_a_line_that_breaks_earlier_is_tried_again_and_one_letter_arrives(
    stage: str, post: Post
) -> None:
    post.server.answer_once(stage, CUT)
    post.declare()
    post.school.tick()
    post.school.tick(seconds=2)
    assert len(post.letters()) == 1
    assert [result for _, result, _ in post.attempts()] == ["transient", "accepted"]


def test_greylisting_costs_two_seconds(post: Post) -> None:
    post.server.answer_once("RCPT", "451 4.7.1 greylisted")
    post.declare()
    post.school.tick()
    assert post.letters() == []
    post.school.tick(seconds=2)
    assert len(post.letters()) == 1


def test_a_process_that_stops_after_the_commit_sends_when_it_is_back(post: Post) -> None:
    post.declare()
    post.store.stop_at(1, "before")
    with pytest.raises(StoppedError):
        post.school.tick()
    post.school.reopen()
    post.school.tick(minutes=2)
    assert len(post.letters()) == 1
    assert post.lost() == 0


def test_a_process_that_stops_between_the_claim_and_the_letter_leaves_doubt_and_one_letter(
    post: Post,
) -> None:
    post.declare()
    post.store.stop_at(1, "after")
    with pytest.raises(StoppedError):
        post.school.tick()
    assert post.letters() == []
    post.school.reopen()
    post.school.tick(minutes=2)
    assert len(post.letters()) == 1
    assert post.lost() >= 1


def test_a_process_that_stops_after_the_letter_and_before_its_result_repeats_the_same_letter(
    post: Post,
) -> None:
    post.declare()
    post.server.answer_once("DOT", "250 2.0.0 taken")
    for number in range(2, 20):
        # Find the commit that would have kept the result of the letter.
        post.store.stop_at(number, "before")
        try:
            post.school.tick()
        except StoppedError:
            # A killed process has no threads; here they hand over what they had begun.
            for thread in threading.enumerate():
                if thread.name == "psysafe sending":
                    thread.join(5)
            if post.letters():
                break
        post.school.clock.advance(minutes=2)
    assert len(post.letters()) == 1
    post.school.reopen()
    for minutes in (2, 2):
        post.school.tick(minutes=minutes)
    names = Counter(mail["Message-ID"] for mail in post.letters())
    assert names.most_common(1)[0][1] == 2
    assert post.letters()[0].as_bytes() == post.letters()[1].as_bytes()
    assert post.lost() >= 1


def test_an_unknown_mailbox_sends_the_notice_over_the_next_channel_and_check_names_the_person(
    post: Post,
) -> None:
    post.server.answer("RCPT", "550 5.1.1 nobody here")
    post.declare()
    post.school.tick()
    assert post.attempts() == [("mail", "permanent_recipient", "RCPT 550 5.1.1")]
    crisis = [n for n in post.school.desk("homeroom-1").inbox.list() if n["purpose"] == "crisis"]
    assert len(crisis) == 1
    found = {f.code: f for f in post.school.net.operator().check()}
    assert found["PSY604"].facts["person"] == "staff:homeroom-1"
    assert found["PSY604"].facts["code"] == "RCPT 550 5.1.1"


def test_a_wrong_password_sends_the_notice_over_the_next_channel_and_check_says_so(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSYSAFE_MAIL_PASSWORD", "CANARY-OTHER")
    post.school.reopen()
    post.declare()
    post.school.tick()
    assert post.attempts() == [("mail", "misconfigured", "AUTH 535 5.7.8")]
    codes = {f.code: f.facts for f in post.school.net.operator().check()}
    assert codes["PSY603"]["code"] == "AUTH 535 5.7.8"


def test_a_school_without_the_password_opens_and_its_alarms_go_another_way(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PSYSAFE_MAIL_PASSWORD")
    post.school.reopen()
    post.declare()
    post.school.tick()
    assert post.attempts() == [("mail", "misconfigured", "no_channel")]
    assert "PSY116" in {f.code for f in post.school.net.operator().check()}


# -- the command line, and what nobody may see ----------------------------------------------------


def typed(post: Post, *words: str) -> tuple[int, str]:
    line = ["--school", str(post.school.folder), "--lang", "zh", "-v", *words]
    found = CliRunner().invoke(main, line, prog_name="psysafe")
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found.exit_code, found.output


def test_a_test_message_is_shown_first_and_goes_out_on_demand(post: Post) -> None:
    code, said = typed(post, "channels", "test", "mail", "--to", "Wang@School.Example")
    assert code == 0
    assert "Wang@school.example" in said
    assert "--apply" in said
    assert (post.letters(), post.server.lines) == ([], 0)
    code, said = typed(post, "channels", "test", "mail", "--to", "wang@school.example", "--apply")
    assert code == 0
    (mail,) = post.letters()
    assert "测试" in mail.get_content()
    assert mail["Subject"].startswith("有一件事需要您处理")


def test_a_test_message_that_is_refused_is_a_finding_with_a_code(post: Post) -> None:
    post.server.answer("RCPT", f"550 5.1.1 nobody called {STUDENTS[1]}")
    code, said = typed(post, "channels", "test", "mail", "--to", "wang@school.example", "--apply")
    assert code == 1
    assert "PSY607" in said
    assert "RCPT 550 5.1.1" in said
    assert leaks(said) == []


def leaks(text: str) -> list[str]:
    """Which planted words stand in a text, as they are or as repr writes them."""
    return [word for word in CANARIES if word in text or ascii(word)[1:-1] in text]


def test_the_search_for_planted_words_sees_one_in_a_letter_a_log_and_an_error(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.declare()
    post.school.tick()
    (mail,) = post.letters()
    assert leaks(mail.get_content()) == [STUDENTS[1]]
    logging.getLogger("psysafe.engine").error("planted", extra={"text": NOTE})
    assert leaks(repr(caplog.records[-1].__dict__)) == [NOTE]
    assert leaks(repr(ValueError(STUDENTS[2]))) == [STUDENTS[2]]
    assert leaks(ascii(STUDENTS[2])) == [STUDENTS[2]]


def test_no_subject_header_preview_log_error_or_command_tells_a_planted_word(
    post: Post, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    faults = (
        ("RCPT", f"550 5.1.1 {STUDENTS[1]} is unknown"),
        ("DOT", f"451 4.3.0 {NOTE}"),
        ("DOT", f"554 5.6.0 {STUDENTS[1]}: {PROPOSAL}"),
        ("AUTH", f"535 5.7.8 not {PASSWORD}"),
        ("DOT", TAKE_AND_CUT),
        ("EHLO", CUT),
    )
    for number, (stage, answer) in enumerate(faults):
        if number < 4:
            post.declare(number + 1)
        post.server.answer_once(stage, answer)
        post.school.tick(minutes=1)
        post.school.reopen()
    post.school.tick(hours=1)
    told = [repr(r.__dict__) + r.getMessage() for r in caplog.records if r.name != "asyncio"]
    told += [repr(post.school.school.channels), repr(post.school.net.operator().check())]
    told += [repr(post.attempts()), repr(post.school.net.settings)]
    told += [typed(post, *words)[1] for words in (["check"], ["channels", "list"], ["doctor"])]
    told += [typed(post, "channels", "test", "mail", "--to", f"{STUDENTS[1]}@@")[1]]
    captured = capfd.readouterr()
    told += [captured.out, captured.err]
    for mail in post.letters():
        told += [f"{name}: {value}" for name, value in mail.items()]
        told += [mail.get_content()[:150], str(mail["Message-ID"])]
        assert len(leaks(mail.get_content())) <= 1, "one letter names one student"
    assert len(post.letters()) >= 2
    assert len(told) > 20
    for text in told:
        assert leaks(text) == [], text[:200]
    assert not any(name in repr(told) for name, _, _ in STAFF.values())


def test_a_mail_server_that_says_nothing_holds_up_a_tick_for_its_time_only(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psysafe.engine.sending.ATTEMPT", timedelta(seconds=0.1))
    post.server.answer("EHLO", SILENT)
    post.declare()
    post.school.tick()
    assert post.attempts() == [("mail", "transient", "EHLO timeout")]
