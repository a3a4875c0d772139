"""The receipt of an erasure as a document, and the mark under which it stands."""

from __future__ import annotations

from psysafe.domain.events import StudentErased
from psysafe.engine.cards import Stored
from psysafe.engine.school import School
from psysafe.ids import lookup_key

KIND = "erased"


def mark_of(school: School, student: str) -> str:
    """The mark under which a student stands in ledger and receipts."""
    return lookup_key(school.part_key, KIND, student)


def receipt_key(mark: str) -> str:
    """The document, and the stream, of an erasure's receipt."""
    return f"{KIND}/{mark}"


def receipt_document(told: StudentErased) -> Stored:
    return Stored(key=receipt_key(told.mark), record=told, subject="school", index={})
