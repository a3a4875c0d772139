"""Proof: the chain is whole, and every document is what its journal makes of it.

`verify` walks the journal once, recomputes every link over the bytes as they are stored, folds
every stream again and compares the folds with the documents. It names what differs and mends
nothing. `rebuild` folds one document again, under a journalled command.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from psysafe import wire
from psysafe.contracts.storage import (
    FIRST_LINK,
    Changes,
    Committed,
    Document,
    NewEvent,
    Query,
    Record,
    commit_digest,
    next_link,
)
from psysafe.domain import events as e
from psysafe.domain.campaigns import Campaign, CampaignEvent
from psysafe.domain.campaigns import evolve as evolve_campaign
from psysafe.domain.duties import Notice
from psysafe.domain.files import StudentFile, evolve, new_file
from psysafe.domain.files_notices import evolve_notice, notice_of
from psysafe.domain.people import Roster, Student, standing
from psysafe.domain.rosters import fold_roster, fold_student
from psysafe.engine import cards
from psysafe.engine.cards import CaseCard, DutyCard, FlagCard, Stored
from psysafe.engine.gather import ROSTER, opened
from psysafe.engine.handle import Receipt, seal_document, seal_events
from psysafe.engine.outcome import sheet_key
from psysafe.engine.school import Decoded, School
from psysafe.errors import ConflictError, Finding, NotFoundError, PsysafeError, StorageError
from psysafe.ids import Actor, StudentId
from psysafe.sealing import event_place

PAGE = 500


@attrs.frozen(kw_only=True)
class Verified:
    """What a verification found. `findings` names each damaged record and each difference."""

    records: int
    position: int
    head: str
    """the chain's last link, hexadecimal"""
    chain_whole: bool
    replay_equal: bool
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        return self.chain_whole and self.replay_equal and not self.findings


@attrs.define
class Folds:
    """Everything that the journal makes, stream by stream."""

    files: dict[str, StudentFile] = attrs.field(factory=dict)
    students: dict[str, Student] = attrs.field(factory=dict)
    notices: dict[str, Notice] = attrs.field(factory=dict)
    sheets: dict[str, e.AnswersScored] = attrs.field(factory=dict)
    campaigns: dict[str, Campaign] = attrs.field(factory=dict)
    roster: Roster | None = None

    def take(self, stream: str, event: e.Event) -> None:
        """Fold one more event of a stream."""
        kind, _, name = stream.partition("/")
        if kind == "file":
            before = self.files.get(name) or new_file(StudentId(name))
            self.files[name] = evolve(before, event)
            if isinstance(event, e.AnswersScored):
                key = sheet_key(event.student, event.scale, event.answered_at)
                self.sheets[key] = event
        elif kind == "student":
            person = fold_student(self.students.get(name), event)
            if person is not None:
                self.students[name] = person
        elif kind == "campaign" and isinstance(event, CampaignEvent):
            self.campaigns[name] = evolve_campaign(self.campaigns.get(name), event)
        elif kind == ROSTER:
            self.roster = fold_roster(self.roster or Roster(), event)
        told = notice_of(event)
        if told is not None and kind in ("file", "worklist"):
            notice = evolve_notice(self.notices.get(told), event)
            if notice is not None:
                self.notices[told] = notice

    def documents(self) -> Iterator[Stored]:
        """Every document as the folds would write it."""
        if self.roster is not None:
            yield Stored(key=ROSTER, record=self.roster, subject="school", index={})
        for person in self.students.values():
            yield cards.student_document(person)
        for key, sheet in self.sheets.items():
            yield cards.sheet_document(key, sheet)
        yield from map(cards.campaign_document, self.campaigns.values())
        for notice in self.notices.values():
            yield cards.notice_document(notice)
        for name, file in self.files.items():
            about = self.students.get(name)
            if about is None:
                continue
            here = standing(about)
            yield cards.file_document(file, here)
            if file.case is not None:
                yield cards.case_document(file, file.case, here)
            yield from (cards.duty_document(file, d) for d in file.duties)
            yield from (cards.flag_document(file, f) for f in file.flags)


_CLASSES: Mapping[str, type[Any]] = {
    "file": StudentFile,
    "student": Student,
    ROSTER: Roster,
    "notice": Notice,
    "sheet": e.AnswersScored,
    "case": CaseCard,
    "duty": DutyCard,
    "flag": FlagCard,
    "campaign": Campaign,
}
#: Kinds whose documents must all have a journal behind them. Cards of cases and flags that ended
#: long ago stay for their ids to be found; the file keeps only the last ones in sight.
_HELD = ("file", "student", ROSTER, "notice", "sheet", "duty", "campaign")


def verify(
    school: School,
    *,
    known_heads: Mapping[int, str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Verified:
    """Walk the whole journal and compare. `known_heads`: links exported earlier, by position."""
    # What is proved is what the store holds, so nothing that was read or written before counts.
    school = attrs.evolve(school, decoded=Decoded())
    findings: list[Finding] = []
    folds = Folds()
    link, position, records = FIRST_LINK, 0, 0
    pending: list[NewEvent] = []
    heads = dict(known_heads or {})
    chain_whole = True
    for one in _records(school, findings):
        if one.position != position + 1:
            findings.append(_damaged(f"journal {position + 1}", "missing"))
            chain_whole = False
        position, records = one.position, records + 1
        pending.append(NewEvent(one.stream, one.header, one.body))
        _fold(school, folds, one, findings)
        if one.link is not None:
            if next_link(link, commit_digest(pending)) != one.link:
                findings.append(Finding(code="PSY404", facts={"position": position}))
                chain_whole = False
            link, pending = one.link, []
            wanted = heads.pop(position, None)
            if wanted is not None and wanted != link.hex():
                findings.append(Finding(code="PSY404", facts={"position": position}))
                chain_whole = False
        if progress is not None and records % PAGE == 0:
            progress(records)
    snapshot = school.storage.read(school.part, [])
    if pending or snapshot.link != link or snapshot.position != position or heads:
        at = max([position, *heads])
        findings.append(Finding(code="PSY404", facts={"position": at}))
        chain_whole = False
    replay = _compare(school, folds, findings)
    return Verified(
        records=records,
        position=position,
        head=link.hex(),
        chain_whole=chain_whole,
        replay_equal=replay,
        findings=tuple(findings),
    )


def _damaged(record: str, problem: str) -> Finding:
    return Finding(code="PSY403", facts={"record": record, "problem": problem})


def _records(school: School, findings: list[Finding]) -> Iterator[Record]:
    """Every readable record. A page that cannot be read is read one by one, to name the record."""
    last = school.storage.read(school.part, []).position
    after = 0
    while True:
        try:
            page = school.storage.journal(school.part, after, PAGE)
        except StorageError:
            page = _one_by_one(school, after, min(after + PAGE, last), findings)
            yield from page
            after = min(after + PAGE, last)
            if after >= last:
                return
            continue
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].position


def _one_by_one(
    school: School, after: int, until: int, findings: list[Finding]
) -> tuple[Record, ...]:
    found: list[Record] = []
    for position in range(after, until):
        try:
            found += school.storage.journal(school.part, position, 1)
        except StorageError as error:
            findings.append(_damaged(f"journal {position + 1}", error.code))
    return tuple(found)


def _fold(school: School, folds: Folds, one: Record, findings: list[Finding]) -> None:
    try:
        folds.take(one.stream, event_of(school, one))
    except PsysafeError as error:
        findings.append(_damaged(f"journal {one.position}", error.code))
    except ValueError:
        findings.append(_damaged(f"journal {one.position}", "does not fit its stream"))


def event_of(school: School, one: Record) -> e.Event:
    """The event in a journal record. Raises StorageError or InvalidDataError where damaged."""
    header = wire.read_header(one.header)
    place = event_place(header.command, header.ordinal)
    body = school.sealer.open_stored(school.part, header.subject or "school", place, one.body)
    return wire.decode_event(header.kind, header.version, body)


def _compare(school: School, folds: Folds, findings: list[Finding]) -> bool:
    """Whether every document equals its fold, and every document held has one."""
    wanted = {s.key: s for s in folds.documents()}
    equal = True
    for kind, cls in _CLASSES.items():
        for document in _documents(school, kind, findings):
            stored = wanted.pop(document.key, None)
            if stored is None:
                if kind in _HELD:
                    findings.append(Finding(code="PSY408", facts={"record": document.key}))
                    equal = False
                continue
            try:
                same = opened(school, document, cls) == stored.record
            except PsysafeError as error:
                findings.append(_damaged(document.key, error.code))
                equal = False
                continue
            index = {"subject": school.sealer.pseudonym(stored.subject), **stored.index}
            index["kind"] = kind
            if not same or {**document.index, "kind": kind} != index:
                findings.append(Finding(code="PSY405", facts={"record": document.key}))
                equal = False
    for key in wanted:
        findings.append(Finding(code="PSY405", facts={"record": key}))
        equal = False
    return equal


def _documents(school: School, kind: str, findings: list[Finding]) -> Iterator[Document]:
    cursor: str | None = None
    while True:
        query = Query(index="kind", prefixes=((kind,),), limit=PAGE, cursor=cursor)
        try:
            page = school.storage.query(school.part, query)
        except StorageError as error:
            findings.append(_damaged(f"documents {kind}", error.code))
            return
        yield from page.documents
        cursor = page.cursor
        if cursor is None:
            return


def rebuild(school: School, key: str, actor: Actor, now: datetime) -> None:
    """Fold one document again from its journal and write it, under a journalled command.

    `key`: `file/...`, `student/...` or `roster`. Raises NotFoundError where no stream of that
    name exists, ConflictError where somebody wrote meanwhile.
    """
    folds = Folds()
    after = 0
    while True:
        page = school.storage.journal(school.part, after, PAGE, stream=key)
        for one in page:
            folds.take(one.stream, event_of(school, one))
        if len(page) < PAGE:
            break
        after = page[-1].position
    if key.startswith("file/"):
        student = key.partition("/")[2]
        snapshot = school.storage.read(school.part, [f"student/{student}"])
        document = snapshot.documents.get(f"student/{student}")
        if document is not None:
            folds.students[student] = opened(school, document, Student)
    made = [s for s in folds.documents() if s.key != f"student/{key.partition('/')[2]}"]
    if key.startswith("student/"):
        made = [s for s in folds.documents() if s.key == key]
    if not made:
        raise NotFoundError
    snapshot = school.storage.read(school.part, [s.key for s in made])
    event = e.DocumentRebuilt(record=key, by=actor, at=now)
    command = school.ids.command()
    new = seal_events(school, "audit/rebuild", "school", [event], actor, now, command)
    digest = commit_digest(new)
    changes = Changes(
        actor=actor,
        command=command,
        content=hashlib.sha256(digest).digest(),
        expect={s.key: snapshot.version(s.key) for s in made},
        events=new,
        digest=digest,
        receipt=wire.encode_document(Receipt(command=command)),
        put=tuple(seal_document(school, s) for s in made),
    )
    if not isinstance(school.storage.commit(school.part, changes), Committed):
        raise ConflictError("PSY003")
