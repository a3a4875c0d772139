"""Everything that is about one student, or in one note, as a store is told it.

Finding it needs no key of the student: streams carry the id, indexes the pseudonym, and notes and
identities lie under the school's own key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from psysafe import wire
from psysafe.contracts.forgetting import Whom
from psysafe.contracts.storage import Document, Query
from psysafe.domain import events as e
from psysafe.domain.duties import Notice
from psysafe.domain.duties_notes import Note
from psysafe.engine import refs
from psysafe.engine.enrolling import Identity
from psysafe.engine.forgotten import STREAMS
from psysafe.engine.gather import every_page, readable
from psysafe.engine.school import School
from psysafe.engine.unsealing import PAGE, event_of, records_of

#: Kinds of documents whose index can name a student.
_OF_STUDENTS: Final = (
    *("student", "file", "bar", "case", "duty", "flag", "offer", "notice", "sheet"),
)


@attrs.frozen(kw_only=True)
class Found:
    """What goes: streams, documents, entries; under which versions; and how much it is."""

    whom: Whom
    delete: tuple[str, ...]
    expect: Mapping[str, int]
    notes: tuple[str, ...]
    events: int
    documents: int


NOBODY: Final = Found(whom=Whom(streams=()), delete=(), expect={}, notes=(), events=0, documents=0)


def about_student(school: School, student: str) -> Found:
    """Everything that goes with a student, also where there is no key left to ask for."""
    notes, tellers = _notes_about(school, student)
    called = [notice.id for stream in notes for notice in notices_of(school, stream)]
    identities = [
        document.key
        for document, found in readable(school, documents_of(school, "identity"), Identity)
        if found.student == student
    ]
    subjects = _pseudonyms(school, student)
    owned = [
        document.key
        for subject in subjects
        for kind in _OF_STUDENTS
        for document in every_page(
            school, Query(index="subject", prefixes=((kind, subject),), limit=PAGE)
        )
    ]
    notices = [key.partition("/")[2] for key in owned if key.startswith("notice/")]
    streams = (*(f"{kind}/{student}" for kind in STREAMS), *notes)
    records = (one for stream in streams for one in records_of(school, stream))
    sent = refs.about(school, {*notices, *called})
    delete = (*identities, *notes, *tellers, *sent, *(f"notice/{one}" for one in called))
    told = (stream.partition("/")[2] for stream in notes)
    return Found(
        whom=Whom(
            streams=streams, subjects=subjects, references=(student, *notices, *called, *told)
        ),
        delete=delete,
        expect=tellers,
        notes=notes,
        events=sum(one.emptied is None for one in records),
        documents=len(owned) + len(delete),
    )


def documents_of(school: School, kind: str) -> Iterator[Document]:
    """Every document of a kind."""
    return every_page(school, Query(index="kind", prefixes=((kind,),), limit=PAGE))


def _pseudonyms(school: School, student: str) -> tuple[str, ...]:
    """The names under which the store knows a student."""
    found = {
        wire.read_header(one.header).subject
        for kind in STREAMS
        for one in records_of(school, f"{kind}/{student}")
    }
    return tuple(sorted(name for name in found if name))


def _notes_about(school: School, student: str) -> tuple[tuple[str, ...], dict[str, int]]:
    """The streams of notes that were linked to this student; and the lists of those who told them
    and no other note, with the versions of these lists."""
    theirs: list[str] = []
    tellers: set[str] = set()
    others: set[str] = set()
    for stream, teller in tellers_of(school).items():
        about = linked(school, stream) == student
        (tellers if about else others).add(teller)
        theirs += [stream] if about else []
    only = sorted(tellers - others)
    held = school.storage.read(school.part, only)
    return tuple(theirs), {key: held.version(key) for key in only}


# -- notes ---------------------------------------------------------------------------------------


def tellers_of(school: School) -> dict[str, str]:
    """By the stream of each note, the list of whoever told it."""
    notes = readable(school, documents_of(school, "note"), Note)
    return {document.key: f"teller/{note.signal.reporter}" for document, note in notes}


def about_note(school: School, stream: str, tellers: Mapping[str, str]) -> Found:
    """Everything that goes with one note; `tellers` as `tellers_of` gives it."""
    called = [notice.id for notice in notices_of(school, stream)]
    mine = tellers.get(stream)
    shared = any(key != stream and teller == mine for key, teller in tellers.items())
    only = (mine,) if mine is not None and not shared else ()
    held = school.storage.read(school.part, only)
    sent = refs.about(school, set(called))
    delete = (stream, *only, *sent, *(f"notice/{one}" for one in called))
    return Found(
        whom=Whom(streams=(stream,), references=(stream.partition("/")[2], *called)),
        delete=delete,
        expect={key: held.version(key) for key in only},
        notes=(stream,),
        events=sum(one.emptied is None for one in records_of(school, stream)),
        documents=len(delete),
    )


def linked(school: School, stream: str) -> str | None:
    """To whom a note was linked; None where it was not."""
    for one in records_of(school, stream):
        if one.emptied is None and wire.read_header(one.header).kind == "note_checked":
            event = event_of(school, one)
            if isinstance(event, e.NoteChecked) and event.student is not None:
                return event.student
    return None


def notices_of(school: School, stream: str) -> list[Notice]:
    """Who was called about a note."""
    events = [event_of(school, one) for one in records_of(school, stream) if one.emptied is None]
    return [event.notice for event in events if isinstance(event, e.NoticeQueued)]
