"""A school's own policy: adopted, begun, over, tampered with; and the calls go on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from psysafe.desk.own_policy import make_key, sign
from psysafe.domain.own_rows import OwnRowsAdopted, WideningBegan, WideningEnded
from psysafe.domain.privacy import Effect, State, Viewer
from psysafe.engine.own_rows import OwnPolicy
from psysafe.engine.unsealing import event_of, records_of
from psysafe.engine.verify import verify
from psysafe.errors import InvalidDataError
from psysafe.ids import Actor
from psysafe.sensitivity import ItemClass
from psysafe.testing.schools import InventedSchool, open_school

pytest.importorskip("cryptography")

HEAD = Actor("staff:head")
#: In the invented school it is Monday, 2 November 2026.
TIGHTER = """
[[row]]
viewer = "grade_head"
item = "mood_checkin"
state = "routine"
effect = "deny"
"""
WIDER = """
[[row]]
viewer = "homeroom_teacher"
item = "scale_level"
state = "routine"
effect = "redact"
reason = "homeroom teachers know who was asked to talk"
from = 2026-11-03
until = 2026-11-06
"""


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    """A school whose head has a key of their own, elsewhere."""
    with open_school(tmp_path / "school", storage="sqlite") as opened:
        public = make_key(tmp_path / "head.key")
        with (opened.folder / "psysafe.toml").open("a", encoding="utf-8") as stream:
            stream.write(f'\n[policy.signers]\n"{HEAD}" = "{public}"\n')
        opened.reopen()
        yield opened


def file(school: InventedSchool, *rows: str) -> Path:
    made = school.folder / "policy.toml"
    made.write_text("format = 1\n" + "".join(rows), encoding="utf-8")
    return made


def signed(school: InventedSchool, by: Actor = HEAD) -> Path:
    made, key = school.folder / "policy.toml", school.folder.parent / "head.key"
    sign(school.net.settings, made, key, by, own(school).shipped)
    return made


def own(school: InventedSchool) -> OwnPolicy:
    policy = school.school.policy
    assert isinstance(policy, OwnPolicy)
    return policy


def adopted(school: InventedSchool, *rows: str) -> None:
    file(school, *rows)
    school.net.operator().policy.adopt(signed(school))


def effect(school: InventedSchool, place: str = "homeroom_teacher:scale_level:routine") -> str:
    """What the cell says at this moment, as somebody who sits down at a desk now."""
    school.desk("counselor-a")
    viewer, item, state = place.split(":")
    return (
        school.net.operator()
        .policy.now()
        .effect(Viewer(viewer), ItemClass(item), State(state))
        .code
    )


def journal(school: InventedSchool) -> list[object]:
    found = [event_of(school.school, one) for one in records_of(school.school, "own_rows")]
    return [
        (type(one), getattr(one, "why", None))
        for one in found
        if isinstance(one, OwnRowsAdopted | WideningBegan | WideningEnded)
    ]


def codes(school: InventedSchool) -> list[tuple[str, object]]:
    found = school.net.operator().check()
    return [
        (f.code, f.facts.get("problem") or f.facts.get("row"))
        for f in found
        if f.code in ("PSY747", "PSY748")
    ]


@pytest.mark.clause("B0.3")
def test_a_row_that_shows_less_holds_at_once_and_for_every_other_process(
    school: InventedSchool,
) -> None:
    with open_school(school.folder, storage="sqlite") as other:
        assert effect(other, "grade_head:mood_checkin:routine") == "statistics"
        adopted(school, TIGHTER)
        assert effect(school, "grade_head:mood_checkin:routine") == "deny"
        assert effect(other, "grade_head:mood_checkin:routine") == "deny"
    assert verify(school.school).ok


@pytest.mark.clause("B0.3")
def test_what_shows_more_begins_and_ends_on_its_days_and_the_journal_says_so(
    school: InventedSchool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "psysafe")
    adopted(school, WIDER)
    assert effect(school) == "deny"
    assert journal(school) == [(OwnRowsAdopted, None)]
    school.tick(days=1)
    assert effect(school) == "redact"
    assert journal(school)[1:] == [(WideningBegan, None)]
    assert codes(school) == [("PSY747", "homeroom_teacher:scale_level:routine")]
    school.reopen()
    assert effect(school) == "redact"
    until = own(school).rows_at(school.clock.now())[0].until
    assert until is not None
    left = until - school.clock.now()
    school.clock.advance(seconds=(left - timedelta(seconds=1)).total_seconds())
    assert effect(school) == "redact"
    # Nobody has written anything down yet, and it is over all the same.
    school.clock.advance(seconds=1)
    assert own(school).at(school.clock.now()) is own(school).shipped
    school.tick()
    assert effect(school) == "deny"
    assert journal(school)[2:] == [(WideningEnded, "over")]
    assert codes(school) == []
    assert verify(school.school).ok
    said = [(r.getMessage(), vars(r).get("row")) for r in caplog.records]
    assert ("a widening begins", "homeroom_teacher:scale_level:routine") in said
    assert ("the policy shows more", "homeroom_teacher:scale_level:routine") in said
    assert ("a widening ends", "homeroom_teacher:scale_level:routine") in said
    assert "homeroom teachers know" not in caplog.text


def test_a_later_file_ends_what_it_does_not_hold_any_more(school: InventedSchool) -> None:
    adopted(school, WIDER, TIGHTER)
    school.tick(days=1)
    adopted(school, TIGHTER)
    assert effect(school) == "deny"
    assert journal(school)[1:] == [
        (WideningBegan, None),
        (WideningEnded, "withdrawn"),
        (OwnRowsAdopted, None),
    ]
    assert verify(school.school).ok


@pytest.mark.parametrize(
    ("rows", "line", "code"),
    [
        (WIDER.replace("scale_level", "levels"), 3, "PSY151"),
        (TIGHTER + TIGHTER, 9, "PSY151"),
        (TIGHTER.replace("deny", "none"), 3, "PSY151"),
        (TIGHTER + WIDER, 9, "PSY152"),
        (WIDER.replace("until = 2026-11-06", ""), 3, "PSY152"),
        (WIDER.replace("2026-11-0", "2025-11-0"), 3, "PSY152"),
        (WIDER.replace("homeroom_teacher", "it_admin"), 3, "PSY153"),
    ],
)
def test_what_is_wrong_is_named_by_its_line_and_nothing_of_the_file_counts(
    school: InventedSchool, rows: str, line: int, code: str
) -> None:
    with pytest.raises(InvalidDataError) as caught:
        school.net.operator().policy.adopt(file(school, rows))
    assert [(f.code, f.where["line"]) for f in caught.value.findings] == [(code, line)]
    assert own(school).at(school.clock.now()) is own(school).shipped
    assert journal(school) == []


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("homeroom teachers know", "everybody knows"),
        ("2026-11-06", "2027-01-06"),
        ("2026-11-03", "2026-11-02"),
        ('effect = "redact"', 'effect = "allow"'),
        ('by = "staff:head"', 'by = "staff:deputy-head"'),
    ],
)
def test_a_word_that_is_changed_after_it_was_signed_takes_the_signature_away(
    school: InventedSchool, was: str, now: str
) -> None:
    file(school, WIDER)
    made = signed(school)
    assert was in made.read_text(encoding="utf-8")
    made.write_text(made.read_text(encoding="utf-8").replace(was, now), encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        school.net.operator().policy.adopt(made)
    assert [f.code for f in caught.value.findings] == ["PSY152"]


def test_a_key_that_the_settings_do_not_name_signs_nothing(school: InventedSchool) -> None:
    made, other = file(school, WIDER), school.folder.parent / "other.key"
    make_key(other)
    sign(school.net.settings, made, other, HEAD, own(school).shipped)
    with pytest.raises(InvalidDataError) as caught:
        school.net.operator().policy.adopt(made)
    assert [f.code for f in caught.value.findings] == ["PSY152"]


def test_only_whoever_holds_the_right_signs_and_who_leaves_takes_it_along(
    school: InventedSchool,
) -> None:
    adopted(school, WIDER)
    school.tick(days=1)
    assert effect(school) == "redact"
    school.leaves("head")
    assert effect(school) == "deny"
    assert journal(school)[-1] == (WideningEnded, "signer")
    with pytest.raises(InvalidDataError):
        school.net.operator().policy.adopt(signed(school))


def test_a_key_that_is_taken_out_of_the_settings_ends_what_it_signed(
    school: InventedSchool,
) -> None:
    adopted(school, WIDER)
    school.tick(days=1)
    settings = school.folder / "psysafe.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text[: text.index("[policy.signers]")], encoding="utf-8")
    school.reopen()
    assert own(school).at(school.clock.now()) is own(school).shipped
    assert effect(school) == "deny"
    assert journal(school)[-1] == (WideningEnded, "signature")


def test_a_file_that_is_changed_afterwards_changes_nothing_and_is_noticed(
    school: InventedSchool,
) -> None:
    assert codes(school) == []
    made = file(school, TIGHTER)
    assert codes(school) == [("PSY748", "it was not adopted yet")]
    school.net.operator().policy.adopt(made)
    assert codes(school) == []
    made.write_text("format = 1\n", encoding="utf-8")
    assert codes(school) == [("PSY748", "another file lies there")]
    assert effect(school, "grade_head:mood_checkin:routine") == "deny"
    made.unlink()
    assert codes(school) == [("PSY748", "the file is not there")]


def test_where_it_cannot_be_read_the_shipped_table_holds_and_somebody_is_called(
    school: InventedSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    adopted(school, WIDER)
    school.tick(days=1)
    store = school.school.storage
    found = store.read(school.school.part, ["own_rows"]).documents["own_rows"]
    broken = attrs.evolve(found, body=b"{")
    real = type(store).read

    def read(self: object, part: str, keys: list[str]) -> object:
        snapshot = real(self, part, keys)  # type: ignore[arg-type]
        if "own_rows" in keys:
            return attrs.evolve(snapshot, documents={**snapshot.documents, "own_rows": broken})
        return snapshot

    monkeypatch.setattr(type(store), "read", read)
    school.reopen()
    assert own(school).at(school.clock.now()) is own(school).shipped
    assert ("PSY748", "it cannot be read") in codes(school)
    school.desk("homeroom-1").signals.report(school.number(1), "peer", {"self_harm": "severe"})
    school.tick(minutes=1)
    assert school.desk("counselor-a").inbox.list()


@pytest.mark.clause("C1.1")
def test_a_school_that_shows_nobody_anything_still_calls_somebody(school: InventedSchool) -> None:
    shipped = own(school).shipped
    rows = [
        f'\n[[row]]\nviewer = "{v.value}"\nitem = "{i.value}"\nstate = "{s.value}"\n'
        'effect = "deny"\n'
        for v in Viewer
        for i in ItemClass
        for s in State
        if shipped.effect(v, i, s) is not Effect.DENY
    ]
    school.net.operator().policy.adopt(file(school, *rows))
    school.desk("homeroom-1").signals.report(school.number(1), "peer", {"self_harm": "severe"})
    school.tick(minutes=1)
    waits = school.desk("counselor-a").inbox.list()
    assert waits
    receipt = school.desk("counselor-a").inbox.acknowledge(waits[0]["notice"])
    assert receipt.command
