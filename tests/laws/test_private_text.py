"""Law 15: no name, note, answer or number in what is logged, printed, raised, indexed or queued.

A term is played with marked words in every private field. Then every surface that is not a sealed
body is searched for them. First the search itself is tested: where the words may be, in bodies
under the null sealer, it must find them.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe import wire
from psysafe.contracts.extras import Observed
from psysafe.contracts.storage import INDEXES, Query
from psysafe.desk.screenings import SheetRow
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.severity import Severity
from psysafe.engine.cards import CaseCard, DutyCard, FlagCard
from psysafe.engine.committing import Receipt
from psysafe.engine.gather import gather, opened, roster
from psysafe.engine.reading import read_case
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import PsysafeError
from psysafe.hooks import hookimpl
from psysafe.ids import Actor, CaseId
from psysafe.sensitivity import ContentClass, Trust
from psysafe.testing.channels import RAISES, RecordingChannel
from psysafe.testing.schools import (
    STAFF,
    STUDENTS,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
    student_number,
)

NOTE = "CANARY-NOTE she wrote a letter"
PROPOSAL = "CANARY-PROPOSAL hospital tonight"
RATIONALE = "CANARY-RATIONALE spoke for an hour"
CALL = "CANARY-CALL the mother is on her way"
REVIEW = "CANARY-REVIEW talked it over"
REASON = "CANARY-REASON a misunderstanding"
ANSWERS = (3, 0, 2, 1, 3, 0, 2, 1, 3)

#: Every private word that is in the school. The staff's telephones are not: K0 gives a number.
CANARIES = (
    NOTE,
    PROPOSAL,
    RATIONALE,
    CALL,
    REVIEW,
    REASON,
    *STUDENTS.values(),
    *(student_number(n) for n in STUDENTS),
    *(f"{name[0]}家长{which}" for name in STUDENTS.values() for which in (1, 2)),
    *(f"137000{n}{which}000" for n in STUDENTS for which in (1, 2)),
    *(name for name, _, _ in STAFF.values()),
    str(ANSWERS),
    str(list(ANSWERS)),
)


def leaks(text: str | bytes) -> list[str]:
    """Which marked words stand in a text, plain or as JSON writes them."""
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    squeezed = plain.replace(" ", "")
    return [
        word
        for word in CANARIES
        if word in plain or json.dumps(word)[1:-1] in plain or word.replace(" ", "") in squeezed
    ]


@pytest.fixture
def line() -> RecordingChannel:
    return RecordingChannel(Trust.SHARED)


PLAN = """
[[routes.linkage.steps]]
role = "counselor"
relation = "of_grade"
channels = ["sms", "inbox"]
"""


class TellsTales:
    """A plugin that fails with a private word in its mouth."""

    plugin_name = "tells-tales"

    @hookimpl
    def psysafe_observe(self, events: Sequence[Observed]) -> None:
        raise RuntimeError(NOTE)


@pytest.fixture
def term(tmp_path: Path, line: RecordingChannel, caplog: Any) -> Iterator[InventedSchool]:
    """A term on disk in which every private field was used."""
    caplog.set_level(logging.DEBUG)
    line.next_behave(RAISES)
    opening = open_school(
        tmp_path / "school",
        storage="sqlite",
        plan=PLAN,
        channels={"sms": line},
        plugins=[TellsTales()],
    )
    with opening as school:
        play(school)
        yield school


def play(school: InventedSchool) -> None:
    counselor = school.desk("counselor-a")
    row = SheetRow(
        student=school.number(2),
        answered_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
        answers=ANSWERS,
    )
    counselor.screenings.apply("phq9", [row], dry_run=False)
    school.tick()
    counselor.flags.review(counselor.flags.list()[0]["flag"], "joined_case", REVIEW)
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "severe"}, note=NOTE
    )
    school.tick()
    case = counselor.cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.declare_crisis(danger="self", place="home", proposal=PROPOSAL, severity="imminent")
    school.tick()
    school.desk("homeroom-1").inbox.acknowledge(
        next(n for n in school.desk("homeroom-1").inbox.list())["notice"]
    )
    school.desk("homeroom-1").cases.about(school.number(1)).guardian(
        guardian_id(1), "not_reached", CALL
    )
    case.assess("imminent", RATIONALE)
    school.tick(hours=1)
    school.desk("counselor-b").signals.report(school.number(4), "peer", note=NOTE)
    other = school.desk("counselor-b").cases.about(school.number(4))
    other.acknowledge()
    other.dismiss(REASON)


def bodies(school: InventedSchool) -> list[bytes]:
    with sqlite3.connect(school.folder / "psysafe.db") as db:
        rows = db.execute("SELECT body FROM journal UNION ALL SELECT body FROM document").fetchall()
    db.close()
    return [row[0] for row in rows]


def test_the_search_sees_every_planted_word_where_it_may_be(term: InventedSchool) -> None:
    whole = b"\n".join(bodies(term))
    found = set(leaks(whole))
    assert {NOTE, PROPOSAL, RATIONALE, CALL, REVIEW, REASON} <= found
    assert {*STUDENTS.values(), str(ANSWERS) if str(ANSWERS) in found else str(list(ANSWERS))} <= (
        found
    )
    assert leaks(f"an error about {STUDENTS[3]}") == [STUDENTS[3]]
    assert leaks(json.dumps({"name": STUDENTS[3]})) == [STUDENTS[3]]


def everything(school: InventedSchool) -> Iterator[object]:
    """Every object that a log line or a debugger could come to print."""
    parts = school.school
    yield from (school, school.net, parts, parts.storage, parts.sealer, parts.plan)
    yield from (school.net.settings, roster(parts))
    records = parts.storage.journal(parts.part, 0, 100_000)
    for record in records:
        yield record
        yield wire.read_header(record.header)
        yield event_of(parts, record)
    for student in STUDENTS:
        gathered = gather(parts, student_id(student))
        yield from (gathered, gathered.world, gathered.world.file, gathered.world.student)
        if gathered.world.file.case is not None:
            yield gathered.world.file.case
    for kind, cls in (("case", CaseCard), ("duty", DutyCard), ("flag", FlagCard)):
        page = parts.storage.query(parts.part, Query(index="kind", prefixes=((kind,),), limit=100))
        yield page
        yield from (opened(parts, document, cls) for document in page.documents)
    now = school.clock.now()
    yield read_case(parts, Actor("staff:counselor-a"), student_case(school), now)
    yield school.desk("counselor-a").cases.about(school.number(1))
    yield school.desk("counselor-a")
    yield from given()


def student_case(school: InventedSchool) -> CaseId:
    case = gather(school.school, student_id(1)).world.file.case
    assert case is not None
    return case.id


def given() -> Iterator[object]:
    about: dict[str, Any] = {"student": student_id(1), "case": CaseId("case-000000000000")}
    yield c.Report(student=student_id(1), source="peer", note=NOTE)
    yield c.DismissCase(**about, reason=REASON)
    yield c.DeclareCrisis(**about, danger="self", place="home", proposal=PROPOSAL)
    yield c.AssessCase(**about, severity=Severity.HIGH, rationale=RATIONALE)
    yield c.CloseCase(**about, reason=REASON)
    yield c.LogGuardianContact(**about, guardian=guardian_id(1), outcome="reached", note=CALL)


def test_nothing_that_can_be_printed_tells_a_private_word(term: InventedSchool) -> None:
    seen = 0
    for thing in everything(term):
        seen += 1
        for text in (repr(thing), str(thing)):
            assert leaks(text) == [], type(thing).__name__
    assert seen > 100


def test_the_test_of_what_is_printed_would_see_a_careless_record() -> None:
    @attrs.frozen
    class Careless:
        note: str

    assert leaks(repr(Careless(note=NOTE))) == [NOTE]


def test_no_log_line_tells_a_private_word(
    term: InventedSchool, caplog: pytest.LogCaptureFixture
) -> None:
    records = caplog.get_records("setup")
    assert {r.name for r in records} >= {"psysafe.hooks"}
    for one in records:
        assert leaks(f"{one.getMessage()} {one.__dict__!r}") == []
    assert leaks(repr(term.school.plugins.report)) == []


def test_no_message_of_class_k0_tells_a_private_word(
    term: InventedSchool, line: RecordingChannel
) -> None:
    assert line.received
    for sent in line.calls:
        assert sent.message.content is ContentClass.K0
        assert leaks(repr(sent)) == []
        assert leaks(sent.message.text) == []


def test_nothing_but_sealed_bodies_in_the_database_holds_a_private_word(
    term: InventedSchool,
) -> None:
    with sqlite3.connect(term.folder / "psysafe.db") as db:
        tables = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert {"journal", "document", "outbox"} <= set(tables)
        looked = 0
        for table in tables:
            columns = [r[1] for r in db.execute(f"PRAGMA table_info({table})")]
            kept = [col for col in columns if (table, col) not in BODIES]
            for row in db.execute(f"SELECT {', '.join(kept)} FROM {table}"):
                for column, value in zip(kept, row, strict=True):
                    looked += 1
                    text = value if isinstance(value, bytes) else str(value)
                    assert leaks(text) == [], f"{table}.{column}"
    db.close()
    assert looked > 1000


BODIES = {("journal", "body"), ("document", "body")}


def test_every_index_field_is_looked_at(term: InventedSchool) -> None:
    with sqlite3.connect(term.folder / "psysafe.db") as db:
        columns = {r[1] for r in db.execute("PRAGMA table_info(document)")}
    db.close()
    assert {field for fields in INDEXES.values() for field in fields} <= columns


@pytest.mark.parametrize(
    "slip",
    [
        lambda s: s.desk("homeroom-1").signals.report(s.number(1), NOTE),
        lambda s: s.desk("homeroom-1").signals.report(s.number(1), "peer", {NOTE: "some"}),
        lambda s: s.desk("homeroom-1").signals.report(s.number(1), "peer", {"fear": NOTE}),
        lambda s: s.desk("homeroom-1").signals.report(s.number(1), "peer", needs=(NOTE,)),
        lambda s: s.desk("homeroom-1").signals.report(s.number(1), "peer", dangers=(NOTE,)),
        lambda s: s.desk("homeroom-1").signals.report(s.number(1), "peer", place=NOTE),
        lambda s: s.desk("homeroom-1").signals.report(s.number(1), "peer", note=NOTE * 1000),
        lambda s: s.desk("homeroom-1").signals.report(STUDENTS[1], "peer"),
        lambda s: s.desk("homeroom-1").signals.report(f"no:{STUDENTS[1]}", "peer"),
        lambda s: s.desk("homeroom-3").cases.about(s.number(1)),
        lambda s: s.net.desk(f"staff:{STUDENTS[1]}"),
        lambda s: s.net.desk(NOTE),
        lambda s: s.desk("counselor-a").cases.assess(student_case(s), NOTE, "because"),
        lambda s: s.desk("counselor-a").cases.assess(student_case(s), "none", RATIONALE),
        lambda s: s.desk("counselor-a").cases.close(student_case(s), REASON),
        lambda s: s.desk("counselor-a").cases.dismiss(student_case(s), REASON),
        lambda s: s.desk("counselor-a").cases.declare(
            student_case(s), danger=NOTE, place="home", proposal=PROPOSAL
        ),
        lambda s: s.desk("counselor-a").cases.declare(
            student_case(s), danger="self", place=NOTE, proposal=PROPOSAL
        ),
        lambda s: s.desk("counselor-a").cases.guardian(student_case(s), guardian_id(1), CALL),
        lambda s: s.desk("counselor-a").flags.review("flag-000000000000", NOTE, REVIEW),
        lambda s: wire.decode_event(
            "signal_reported", 1, json.dumps({"note": NOTE, STUDENTS[1]: 3}).encode()
        ),
        lambda s: wire.decode_document(json.dumps({"name": STUDENTS[1]}).encode(), Receipt),
    ],
)
def test_no_error_repeats_a_private_word(term: InventedSchool, slip: Any) -> None:
    with pytest.raises(PsysafeError) as raised:
        slip(term)
    error: BaseException | None = raised.value
    while error is not None:
        told = [str(error), repr(error), repr(error.args)]
        finding = getattr(error, "finding", None)
        if finding is not None:
            told += [repr(finding), finding.what, finding.why, finding.cure]
        told += [repr(f) for f in getattr(error, "findings", ())]
        told += ["".join(traceback.format_exception_only(error))]
        assert leaks(" ".join(told)) == []
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_proof_of_the_journal_names_records_and_tells_no_private_word(
    term: InventedSchool,
) -> None:
    whole = verify(term.school)
    assert whole.ok
    with sqlite3.connect(term.folder / "psysafe.db") as db:
        key = f"file/{student_id(1)}"
        db.execute("UPDATE document SET body = substr(body, 1, 900) WHERE key = ?", (key,))
    db.close()
    term.reopen()
    damaged = verify(term.school)
    assert not damaged.ok
    assert leaks(repr(damaged)) == []
    assert leaks(" ".join(f.what for f in damaged.findings)) == []
    assert any(key in f.what for f in damaged.findings)


def test_a_refusal_in_the_journal_names_the_code_and_the_person_only(
    term: InventedSchool,
) -> None:
    parts = term.school
    refused = [
        ev
        for ev in (event_of(parts, r) for r in parts.storage.journal(parts.part, 0, 100_000))
        if isinstance(ev, e.DecisionRefused)
    ]
    with pytest.raises(PsysafeError):
        term.desk("homeroom-2").cases.dismiss(student_case(term), REASON)
    last = event_of(parts, parts.storage.journal(parts.part, 0, 100_000)[-1])
    assert isinstance(last, e.DecisionRefused)
    assert len(refused) == 0
    assert (last.by, last.code) == (staff_id("homeroom-2"), "PSY001")
    assert leaks(wire.encode_event(last)[1]) == []
