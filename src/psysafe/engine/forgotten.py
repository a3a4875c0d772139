"""Whether every emptied record was emptied by an erasure that somebody answers for."""

from __future__ import annotations

import attrs

from psysafe.contracts.storage import Query, Record
from psysafe.domain.events import NoteErased, StudentErased
from psysafe.engine.cards_erasure import KIND, NOTE_KIND, mark_of, note_mark
from psysafe.engine.gather import every_page, readable
from psysafe.engine.school import School
from psysafe.errors import Finding

#: Streams of which a student's id is the name. Into the last a line may come afterwards, from
#: whoever asked for somebody at the moment in which they were erased.
STREAMS = ("student", "file", "audit")


@attrs.define
class Forgotten:
    """Everybody who was erased, and each note whose time was up, by mark; and the notes that went
    with somebody."""

    marks: frozenset[str]
    notes: frozenset[str]
    _known: dict[str, bool] = attrs.field(factory=dict, init=False)

    @classmethod
    def of(cls, school: School) -> Forgotten:
        """By the receipts that the store holds."""
        students, sole = (
            every_page(school, Query(index="kind", prefixes=((kind,),), limit=500))
            for kind in (KIND, NOTE_KIND)
        )
        receipts = [told for _, told in readable(school, students, StudentErased)]
        ended = [told.mark for _, told in readable(school, sole, NoteErased)]
        notes = frozenset(stream for told in receipts for stream in told.notes)
        return cls(marks=frozenset((*(told.mark for told in receipts), *ended)), notes=notes)

    def fault(self, school: School, one: Record) -> Finding | None:
        """What is wrong with one record; None where it is as it must be."""
        name = f"journal {one.position}"
        if one.emptied is None:
            left = bool(self.marks) and not one.stream.startswith("audit/")
            if left and self._erased(school, one.stream):
                return Finding(code="PSY403", facts={"record": name, "problem": "not emptied"})
            return None
        if one.body:
            return Finding(code="PSY403", facts={"record": name, "problem": "emptied, yet there"})
        if not self._erased(school, one.stream):
            return Finding(code="PSY726", facts={"record": name})
        return None

    def _erased(self, school: School, stream: str) -> bool:
        if stream in self.notes:
            return True
        kind, _, name = stream.partition("/")
        if kind != "note" and kind not in STREAMS:
            return False
        known = self._known.get(name)
        if known is None:
            mark = note_mark(school, stream) if kind == "note" else mark_of(school, name)
            known = self._known[name] = mark in self.marks
        return known
