"""What is sent is what somebody has reviewed; else the neutral text goes, and never nothing."""

from __future__ import annotations

import gettext
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from psysafe import catalogue
from psysafe.catalogue import sentence
from psysafe.contracts.channel import Capabilities
from psysafe.desk import reviewing
from psysafe.desk.reviewing import OWN, check_reviews, digest, own
from psysafe.desk.speaking import CatalogueSpeaker
from psysafe.engine import words
from psysafe.engine.words import phrase
from psysafe.intake.settings import Chosen
from psysafe.sensitivity import ContentClass, Trust
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import STUDENTS, InventedSchool, open_school

PLAN = """
[[routes.crisis.steps]]
role = "homeroom_teacher"
relation = "of_class"
channels = ["mail", "inbox"]
"""
NAME = STUDENTS[1]
ZONE = ZoneInfo("Asia/Shanghai")


class Changed(gettext.NullTranslations):
    """A catalogue in which somebody has changed some sentences after the review."""

    def __init__(self, whole: gettext.NullTranslations, changed: dict[str, str]) -> None:
        super().__init__()
        self._whole, self._changed = whole, changed

    def gettext(self, message: str) -> str:
        return self._changed.get(message, self._whole.gettext(message))


Change = Callable[..., None]


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Change:
    def changed(sentences: dict[str, str], *languages: str) -> None:
        whole = {one: catalogue._translations(one) for one in catalogue.LANGUAGES}
        monkeypatch.setattr(
            catalogue,
            "_translations",
            lambda one: Changed(whole[one], sentences) if one in languages else whole[one],
        )

    return changed


def told(folder: Path, record: str = "") -> tuple[InventedSchool, list[tuple[ContentClass, str]]]:
    """What a homeroom teacher is mailed in a crisis: the class and the text of each message."""
    mail = RecordingChannel(Trust.PERSONAL)
    channels = {"mail": mail, "inbox": RecordingChannel(Trust.SEALED)}
    school = open_school(folder, plan=PLAN, channels=channels)
    if record:
        (school.net.settings.folder / OWN).write_text(record, encoding="utf-8")
    school.desk("counselor-b").signals.report(school.number(1), "message", {"self_harm": "severe"})
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.declare_crisis(danger="self", place="home", proposal="go", severity="imminent")
    school.tick()
    return school, [(s.message.content, s.message.text) for s in mail.received.values()]


def test_a_text_as_it_was_reviewed_names_the_student(tmp_path: Path) -> None:
    school, said = told(tmp_path / "school")
    with school:
        assert said
        assert all(content is ContentClass.K1 and NAME in text for content, text in said)


@pytest.mark.clause("B0.3")
@pytest.mark.parametrize(
    "sentence_", [words.SAY_NAME, words.NOTICE_OPENINGS["crisis"]], ids=["an item", "an opening"]
)
def test_where_one_sentence_was_changed_the_neutral_text_goes_in_its_place(
    tmp_path: Path, change: Change, caplog: pytest.LogCaptureFixture, sentence_: str
) -> None:
    with_places = "改过：" + sentence(sentence_, "zh")
    change({sentence_: with_places}, "zh")
    with caplog.at_level(logging.ERROR, "psysafe"):
        school, said = told(tmp_path / "school")
    with school:
        assert said
        for content, text in said:
            assert content is ContentClass.K0
            assert NAME not in text
            assert "改过" not in text
        assert "not as it was reviewed" in caplog.text
        assert NAME not in caplog.text
        (found,) = (f for f in school.net.operator().check() if f.code == "PSY619")
        assert found.facts["language"] == "zh"


def test_where_the_neutral_text_was_changed_too_another_language_says_it(change: Change) -> None:
    broken = dict.fromkeys((words.NEUTRAL_OVER,), "{nobody}")
    change(broken, "zh")
    speaker = CatalogueSpeaker(("zh",), ZONE)
    assert speaker.plainly([phrase(words.NEUTRAL_OVER)], None) == words.NEUTRAL_OVER


def test_where_no_language_stands_the_programs_own_words_go(change: Change) -> None:
    change({words.NEUTRAL_SOON: "{nobody}"}, "zh", "en")
    speaker = CatalogueSpeaker(("zh",), ZONE)
    said = speaker.plainly([phrase(words.NEUTRAL_SOON, number="12356")], None)
    assert said == words.NEUTRAL_SOON.format(number="12356")


@pytest.mark.parametrize("content", [None, "format = 1\n[[review]\n"])
def test_an_installation_that_has_lost_its_record_silences_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    lost = tmp_path / "lost.toml"
    if content is not None:
        lost.write_text(content, encoding="utf-8")
    monkeypatch.setattr(reviewing, "SHIPPED", lost)
    reviewing.shipped.cache_clear()
    try:
        school, said = told(tmp_path / "school")
        with school:
            assert said
            assert all((kind, NAME in text) == (ContentClass.K0, False) for kind, text in said)
            assert "PSY619" in {f.code for f in school.net.operator().check()}
    finally:
        reviewing.shipped.cache_clear()


def test_a_purpose_that_nobody_has_reviewed_goes_as_the_neutral_text() -> None:
    speaker = CatalogueSpeaker(("zh",), ZONE)
    assert not speaker.stands([phrase("A sentence of nobody's.")], None)
    assert not speaker.stands(
        [phrase(words.REDACTED["supervision"], accompanied=phrase("nobody's"))], None
    )


def review(text: str, **other: str) -> str:
    entry = {
        "template": "full.display_name",
        "language": "zh",
        "text": text,
        "digest": digest(text),
        "by": "校医室",
        **other,
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items()]
    return "\n".join(["format = 1", "[[review]]", *lines, "on = 2026-11-20", ""])


def test_a_wording_that_the_school_has_reviewed_itself_is_sent(
    tmp_path: Path, change: Change
) -> None:
    wording = "该生是{name}。"
    change({words.SAY_NAME: wording}, "zh")
    school, said = told(tmp_path / "school", review(wording))
    with school:
        assert said
        assert all(f"该生是{NAME}。" in text for _, text in said)
        assert not [f for f in school.net.operator().check() if f.code in ("PSY619", "PSY627")]


@pytest.mark.parametrize(
    "record",
    [
        "format = 1\n[[review]\n",
        "format = 2\n",
        "format = 1\nrewiev = 1\n",
        "format = 1\nreview = 3\n",
        review("x", digest="0" * 32),
        review("x", template="no such"),
        review("x", language="fr"),
        review("x", by=""),
        'format = 1\n[[provider]]\nchannel = "sms"\n',
        "\xff",
    ],
    ids=range(10),
)
def test_a_record_with_a_fault_is_said_and_silences_nothing(tmp_path: Path, record: str) -> None:
    school, said = told(tmp_path / "school", record)
    with school:
        assert said
        found = [f for f in school.net.operator().check() if f.code == "PSY627"]
        assert found
        assert [f.facts["entry"] for f in found] == list(own(school.net.settings.folder).faults)


def test_a_text_that_a_provider_holds_is_asked_for_until_the_school_has_read_it(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school") as school:
        options = {"sign_name": "x", "template": "SMS_1", "template_urgent": "SMS_2"}
        channels = {"sms": Chosen(use="sms", options=options), "mail": Chosen(use="mail")}
        settings = attrs.evolve(school.net.settings, channels=channels)
        there: Any = {"sms": Says(Capabilities(content="template")), "mail": Says(Capabilities())}

        def asked() -> list[object]:
            return [f.facts["setting"] for f in check_reviews(settings, there)]

        assert asked() == ["template", "template_urgent"]
        held = '[[provider]]\nchannel = "sms"\nby = "x"\non = 2026-11-20\n'
        record = f'format = 1\n{held}setting = "template"\ncode = "SMS_1"\n'
        record += f'{held}setting = "template_urgent"\ncode = "SMS_OLD"\n'
        (settings.folder / OWN).write_text(record, encoding="utf-8")
        assert asked() == ["template_urgent"]


@attrs.frozen
class Says:
    capabilities: Capabilities
