"""The receipt of an erasure as a document, and the mark under which it stands."""

from __future__ import annotations

from typing import Final

from psysafe.domain.events import NoteErased, StudentErased
from psysafe.engine.cards import Stored
from psysafe.engine.school import School
from psysafe.ids import lookup_key

KIND: Final = "erased"
NOTE_KIND: Final = "erased_note"
KINDS: Final = (KIND, NOTE_KIND)
#: How the mark of a note begins; that of a student is hexadecimal.
_NOTES: Final = "n-"


def mark_of(school: School, student: str) -> str:
    """The mark under which a student stands in ledger and receipts."""
    return lookup_key(school.part_key, KIND, student)


def note_mark(school: School, stream: str) -> str:
    """The mark under which a note stands there, by the stream of the note."""
    return _NOTES + lookup_key(school.part_key, NOTE_KIND, stream)


def is_notes(mark: str) -> bool:
    """Whether a mark is that of a note."""
    return mark.startswith(_NOTES)


def receipt_key(mark: str) -> str:
    """The document, and the stream, of an erasure's receipt."""
    return f"{NOTE_KIND if is_notes(mark) else KIND}/{mark}"


def receipt_document(told: StudentErased | NoteErased) -> Stored:
    return Stored(key=receipt_key(told.mark), record=told, subject="school", index={})
