"""Every template of a message is a reviewed asset: recorded, as it is, in both languages.

Where this fails after a sentence was changed or a purpose is new: read what
`python tools/templates.py` prints, then `python tools/templates.py record --by rules`.
"""

from __future__ import annotations

import importlib.util
import string
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import attrs
import pytest

from psysafe.catalogue import LANGUAGES, sentence
from psysafe.desk.reviewing import SHIPPED, Reviews, digest, read, shipped
from psysafe.engine import words
from psysafe.engine.templates import BY_TEXT, TEMPLATES
from psysafe.sensitivity import ContentClass

ROOT = Path(__file__).resolve().parents[2]


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("templates", ROOT / "tools" / "templates.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


tool = _tool()

#: What fills a place, and the class that a text has by it (the one table of privacy.md).
PLACES = {
    "by": ContentClass.K0,
    "number": ContentClass.K0,
    "url": ContentClass.K0,
    "name": ContentClass.K1,
    "case": ContentClass.K1,
    "grade": ContentClass.K1,
    "duty": ContentClass.K1,
    "purposes": ContentClass.K1,
    "accompanied": ContentClass.K1,
    "reached": ContentClass.K1,
    "source": ContentClass.K2,
    "severity": ContentClass.K2,
    "place": ContentClass.K2,
    "danger": ContentClass.K2,
    "proposal": ContentClass.K2,
}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_template_that_is_shipped_is_as_it_was_reviewed() -> None:
    assert tool.differences(shipped()) == []


def test_no_template_is_of_a_lower_class_than_what_fills_it() -> None:
    for template in TEMPLATES.values():
        needed = max((PLACES[place] for place in places(template.text)), default=ContentClass.K0)
        assert needed <= template.content, template.id
        assert template.content < ContentClass.K3, template.id


def test_both_languages_have_the_same_places_and_words_of_their_own() -> None:
    for template in TEMPLATES.values():
        chinese, english = (sentence(template.text, language) for language in LANGUAGES)
        assert places(chinese) == places(english) == places(template.text), template.id
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), template.id
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in english), template.id


def test_every_sentence_of_a_message_is_a_template_of_one_id() -> None:
    said = {value for name, value in vars(words).items() if name.isupper() and type(value) is str}
    said |= {*words.NOTICE_OPENINGS.values(), *words.REDACTED.values()}
    assert said == set(BY_TEXT), "a sentence in engine.words is no template, or is gone"
    assert len(BY_TEXT) == len(TEMPLATES), "one sentence under two ids"


def test_the_record_names_nobody_and_no_day_that_has_not_been() -> None:
    for review in shipped().reviews:
        assert review.by == "rules", review.template
        assert review.on <= datetime.now(UTC).date(), review.template
    assert not shipped().faults
    assert not shipped().held, "codes of a provider are a school's own"


# -- the tool, and what it is there to see ---------------------------------------------------------


def planted(record: Reviews) -> Reviews:
    """A record in which one sentence was reviewed otherwise, one not at all, one that is gone."""
    first, second, *rest = record.reviews
    changed = attrs.evolve(first, text="old words", digest=digest("old words"))
    gone = attrs.evolve(second, template="notice.gone")
    return Reviews(reviews=(changed, gone, *rest))


def test_a_reviewer_sees_old_above_new() -> None:
    record = planted(shipped())
    first, second = shipped().reviews[:2]
    printed = tool.differences(record)
    assert printed == [
        f"{first.template} ({first.language}, K0)",
        "  - old words",
        f"  + {first.text}",
        f"{second.template} ({second.language}, K0)",
        "  - no review",
        f"  + {second.text}",
        "notice.gone: gone",
    ]


def test_what_is_recorded_anew_is_by_whom_it_says_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "templates.toml"
    file.write_text(tool.written(planted(shipped()), "the school's lawyer", date(2026, 12, 1)))
    record = read(file)
    assert tool.differences(record) == []
    anew = [review for review in record.reviews if review.by != "rules"]
    assert [(r.template, r.language) for r in anew] == [
        (r.template, r.language) for r in shipped().reviews[:2]
    ]
    assert all(review.on == date(2026, 12, 1) for review in anew)


def test_nothing_is_recorded_without_saying_who_has_read_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "templates.toml"
    with pytest.raises(SystemExit):
        tool.main(["record"], file)
    assert not file.exists()
    assert tool.main([], file) == 1
    assert tool.main(["record", "--by", "rules"], file) == 0
    assert file.read_text() == "".join(
        line if not line.startswith("on = ") else f"on = {datetime.now(UTC).date()}\n"
        for line in SHIPPED.read_text(encoding="utf-8").splitlines(keepends=True)
    )
    capsys.readouterr()
