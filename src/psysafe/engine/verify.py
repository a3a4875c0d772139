"""Proof: the chain is whole, and every document is what its journal makes of it.

`verify` walks the journal once, recomputes every link over the bytes as they are stored, then folds
every stream again, some students at a time, and compares the folds with the documents. It names
what differs and mends nothing. However many students a school has, it holds few of them in memory;
only where an event has no document, or a document no event, it folds the whole school at once, so
as to name it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from psysafe.contracts.storage import Document, Query, Record, document_kind
from psysafe.contracts.storage_abilities import SelfChecking
from psysafe.domain import events as e
from psysafe.domain.bulk import BulkFile
from psysafe.domain.campaigns import Campaign
from psysafe.domain.duties import Notice
from psysafe.domain.duties_notes import Note, Teller
from psysafe.domain.duties_signs import Circle, Watch
from psysafe.domain.duty_roster import DutyRoster
from psysafe.domain.files import StudentFile, new_file
from psysafe.domain.own_rows import OwnRows
from psysafe.domain.people import Roster, Student
from psysafe.domain.surveys import Survey
from psysafe.engine.cards import CaseCard, DutyCard, FlagCard, Stored
from psysafe.engine.cards_bulk import BULK
from psysafe.engine.cards_erasure import KIND as ERASED_KIND
from psysafe.engine.cards_erasure import KINDS as ERASED_KINDS
from psysafe.engine.cards_erasure import NOTE_KIND as ERASED_NOTE
from psysafe.engine.cards_offers import OfferCard
from psysafe.engine.enrolling import Identity, identities_of
from psysafe.engine.folds import Folds
from psysafe.engine.forgotten import Forgotten
from psysafe.engine.gather import DUTY, ROSTER, opened
from psysafe.engine.own_rows import KEY as OWN_ROWS
from psysafe.engine.proving_chain import Chain
from psysafe.engine.school import Decoded, School
from psysafe.engine.unsealing import PAGE, event_of, records_of
from psysafe.errors import Finding, PsysafeError, StorageError


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


_CLASSES: Mapping[str, type[Any]] = {
    "file": StudentFile,
    "student": Student,
    ROSTER: Roster,
    DUTY: DutyRoster,
    OWN_ROWS: OwnRows,
    BULK: BulkFile,
    "notice": Notice,
    "sheet": e.AnswersScored,
    "class": Survey,
    "note": Note,
    "teller": Teller,
    "sign": Watch,
    "circle": Circle,
    "case": CaseCard,
    "duty": DutyCard,
    "flag": FlagCard,
    "offer": OfferCard,
    "campaign": Campaign,
    "figures": e.FiguresReleased,
    ERASED_KIND: e.StudentErased,
    ERASED_NOTE: e.NoteErased,
    "identity": Identity,
}
#: Kinds whose documents must all have a journal behind them. Cards of cases and flags that ended
#: long ago stay for their ids to be found; the file keeps only the last ones in sight.
_HELD = (
    *("file", "student", ROSTER, DUTY, OWN_ROWS, "notice", "sheet", "duty", "offer"),
    *("campaign", "class", "note", "teller", "figures", "sign", "circle", BULK, *ERASED_KINDS),
)


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
    chain = Chain(heads=dict(known_heads or {}), findings=findings)
    owed = 0
    forgotten = Forgotten.of(school)
    for one in _records(school, findings):
        chain.take(one)
        if wrong := forgotten.fault(school, one):
            findings.append(wrong)
        if one.emptied is not None:
            pass
        elif _of_a_student(one):
            owed += _mark(one.stream, one.position)
        else:
            _fold(school, folds, one, findings)
        if progress is not None and chain.records % PAGE == 0:
            progress(chain.records)
    chain.end(school.storage.read(school.part, []))
    replay = _replayed(school, folds, owed, chain.position, findings)
    chain.older(replays=replay)
    if isinstance(school.storage, SelfChecking):
        flaws = [_flaw(key) for key in school.storage.flaws(school.part)]
        findings += flaws
        # What an index says otherwise than the journal is no replay either.
        replay = replay and not flaws
    return Verified(
        records=chain.records,
        position=chain.position,
        head=chain.link.hex(),
        chain_whole=chain.whole,
        replay_equal=replay,
        findings=tuple(findings),
    )


def _damaged(record: str, problem: str) -> Finding:
    return Finding(code="PSY403", facts={"record": record, "problem": problem})


def _flaw(key: str) -> Finding:
    """What the store found wrong in itself: one document's index values, or the file."""
    if "/" in key:
        return Finding(code="PSY405", facts={"record": key})
    return _damaged(key, "its structure")


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
    if one.emptied is not None:
        return
    try:
        folds.take(one.stream, event_of(school, one))
    except PsysafeError as error:
        findings.append(_damaged(f"journal {one.position}", error.code))
    except ValueError:
        findings.append(_damaged(f"journal {one.position}", "does not fit its stream"))


#: Students that are folded together, with all that belongs to them.
_TOGETHER: Final = 50


def _of_a_student(one: Record) -> bool:
    return one.stream.startswith(("file/", "student/"))


def _mark(*name: object) -> int:
    """A number for a name. Marks are added up on one side and taken off on the other: what comes
    to nothing was met on both sides, each once, and nobody had to remember the names."""
    text = "\0".join(map(str, name)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "big")


def _replayed(school: School, rest: Folds, owed: int, last: int, findings: list[Finding]) -> bool:
    """Whether every document equals its fold, and every document held has one.

    `rest` holds the folds that belong to no student, `owed` the marks of all students' events up
    to the position `last`.
    """
    found: list[Finding] = []
    held = _compared(school, rest, found)
    for folds, marks in _students(school, last, found):
        owed -= marks
        held += _compared(school, folds, found)
    for kind in _HELD:
        for document in _documents(school, kind, found):
            held -= _mark(document.key)
    if owed or held:
        # Something stands on one side only. The whole school at once names it.
        whole, again = Folds(), list[Finding]()
        for one in _records(school, again):
            _fold(school, whole, one, again)
        named = {(f.code, *f.facts.items()) for f in findings}
        findings += [f for f in again if (f.code, *f.facts.items()) not in named]
        return _compare(school, whole, findings)
    findings += found
    return not any(f.code in ("PSY403", "PSY405") for f in found)


def _students(school: School, last: int, findings: list[Finding]) -> Iterator[tuple[Folds, int]]:
    """The folds of some students after the others, and the marks of the events in them."""
    folds, marks = Folds(), 0
    for document in _documents(school, "student", findings):
        name = document.key.partition("/")[2]
        for stream in (f"student/{name}", f"file/{name}"):
            for one in _stream(school, stream):
                _fold(school, folds, one, findings)
                # What came in since belongs to the fold, and is owed by nobody.
                counts = one.position <= last and one.emptied is None
                marks += _mark(stream, one.position) if counts else 0
        if len(folds.students) >= _TOGETHER:
            yield folds, marks
            folds, marks = Folds(), 0
    yield folds, marks


def _stream(school: School, stream: str) -> Iterator[Record]:
    try:
        yield from records_of(school, stream)
    except StorageError:
        # These events stay owed, so the whole school is folded, which names the damage.
        return


def _compared(school: School, folds: Folds, findings: list[Finding]) -> int:
    """Compare folds with their documents; gives the marks of those that must have a journal."""
    wanted = _wanted(school, folds)
    marks = 0
    try:
        documents = school.storage.read(school.part, list(wanted)).documents
    except StorageError:
        # As with a stream: their documents stay unaccounted for.
        return marks
    for key, stored in wanted.items():
        kind = document_kind(key)
        document = documents.get(key)
        if document is None:
            if not _empty(stored):
                findings.append(Finding(code="PSY405", facts={"record": key}))
            continue
        _equal(school, kind, document, stored, findings)
        marks += _mark(key) if kind in _HELD else 0
    return marks


def _wanted(school: School, folds: Folds) -> dict[str, Stored]:
    """Every document that must be there, by key: what is folded, and how students are found."""
    found = (one for person in folds.students.values() for one in identities_of(school, person))
    return {one.key: one for one in (*folds.documents(), *found)}


def _equal(
    school: School, kind: str, document: Document, stored: Stored, findings: list[Finding]
) -> bool:
    """Whether a document is the fold's, body and index values."""
    try:
        same = opened(school, document, _CLASSES[kind]) == stored.record
        held = dict(document.index)
    except PsysafeError as error:
        findings.append(_damaged(document.key, error.code))
        return False
    index = {"subject": school.sealer.pseudonym(stored.subject), **stored.index, "kind": kind}
    if same and {**held, "kind": kind} == index:
        return True
    findings.append(Finding(code="PSY405", facts={"record": document.key}))
    return False


def _compare(school: School, folds: Folds, findings: list[Finding]) -> bool:
    """As `_replayed`, of the whole school at once."""
    wanted = _wanted(school, folds)
    equal = True
    for kind in _CLASSES:
        for document in _documents(school, kind, findings):
            stored = wanted.pop(document.key, None)
            if stored is not None:
                equal = _equal(school, kind, document, stored, findings) and equal
            elif kind in _HELD:
                findings.append(Finding(code="PSY408", facts={"record": document.key}))
                equal = False
    for key in (key for key, stored in wanted.items() if not _empty(stored)):
        findings.append(Finding(code="PSY405", facts={"record": key}))
        equal = False
    return equal


def _empty(stored: Stored) -> bool:
    """Whether it is a file in which nothing stands: that is what an absent document means, too."""
    file = stored.record
    return isinstance(file, StudentFile) and file == new_file(file.student)


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
