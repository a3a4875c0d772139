"""A template's file, looked through before anything opens it as a document.

What a school edits comes back as a file that anybody may have touched. A document may call for
another file, for a picture in the network or for a program; none of that is needed on a paper, and
all of it is refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from psysafe.errors import InvalidDataError
from psysafe.intake.archive import Archive
from psysafe.papers.refusing import refused

#: Bytes of a template: a form with the school's emblem stays far below.
FILE_LIMIT: Final = 2 * 1024 * 1024
#: Bytes of one of its XML parts, and braces in it: what is searched for them takes both together.
PART_LIMIT: Final = 1024 * 1024
MARKS_LIMIT: Final = 4_000
WHOLE_LIMIT: Final = 8 * 1024 * 1024
_XML: Final = (".xml", ".rels")
_PARTS: Final = re.compile(
    r"\[Content_Types\]\.xml|(?:_rels|docProps|word|customXml)/[A-Za-z0-9_./-]{1,80}"
)
_PROGRAMS: Final = re.compile(r"vba|activex|embeddings|afchunk|oleobject|ctrlprop", re.I)
_KINDS: Final = (".xml", ".rels", ".png", ".jpg", ".jpeg", ".gif")
_EXTERNAL: Final = re.compile(rb"TargetMode\s*=\s*[\"']\s*External", re.I)
_CALLS: Final = re.compile(
    r"\b(?:INCLUDETEXT|INCLUDEPICTURE|DDE|DDEAUTO|LINK|IMPORT|DATABASE|MACROBUTTON|EMBED)\b", re.I
)
_FIELD: Final = re.compile(r"<w:instrText[^>]*>([^<]*)<|w:instr\s*=\s*[\"']([^\"']*)")


def looked_through(file: Path, template: str) -> bytes:
    """The bytes of a template that may be opened. Raises InvalidDataError PSY158 otherwise."""
    try:
        with file.open("rb") as stream:
            content = stream.read(FILE_LIMIT + 1)
    except OSError:
        raise refused(template, "it cannot be read") from None
    if len(content) > FILE_LIMIT:
        raise refused(template, f"more than {FILE_LIMIT // 1024 // 1024} MB")
    try:
        archive = Archive(content, template)
        whole = 0
        for name in archive.members:
            part = b"".join(archive.pieces(name))
            whole += len(part)
            if whole > WHOLE_LIMIT:
                raise refused(template, "it grows too large when it is opened")
            _part(name, part, template)
    except InvalidDataError as error:
        if error.code == "PSY158":
            raise
        raise refused(template, f"no sound Word file ({error.code})") from None
    if "word/document.xml" not in archive.members:
        raise refused(template, "no Word file (.docx)")
    return content


def _part(name: str, content: bytes, template: str) -> None:
    if not _PARTS.fullmatch(name) or ".." in name or _PROGRAMS.search(name):
        raise refused(template, "it holds a part that no form needs")
    if not name.lower().endswith(_KINDS):
        raise refused(template, "it holds a part that no form needs")
    if not name.endswith(_XML):
        return
    if len(content) > PART_LIMIT:
        raise refused(template, "a part of it is too long")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused(template, "a part of it is not in UTF-8") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise refused(template, "a part of it declares a document type")
    if _EXTERNAL.search(content):
        raise refused(template, "it calls for something outside the file")
    if sum(text.count(mark) for mark in "{}%") > MARKS_LIMIT:
        raise refused(template, "too many fields")
    said = "".join(one or two for one, two in _FIELD.findall(text))
    if _CALLS.search(said) or "altChunk" in text:
        raise refused(template, "it calls for something outside the file")
