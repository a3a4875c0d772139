"""Codes 4xx: storage. Each says what, why it matters, and the cure."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY401": (
        "the storage cannot be opened: {problem}",
        "nothing can be read or kept",
        "check path, rights and disk; nothing was changed",
    ),
    "PSY402": (
        "the database is of format {found}; this version reads {known}",
        "a newer file may hold what this version would damage",
        "update psysafe",
    ),
    "PSY403": (
        "record {record} is damaged: {problem}",
        "what it said cannot be trusted any more",
        "restore it from a backup; everything else is readable",
    ),
    "PSY404": (
        "the chain is broken at position {position}",
        "something in the journal was changed, or lost, after it was written",
        "keep the file as it is and compare it with a backup",
    ),
    "PSY405": (
        "document {record} differs from its journal",
        "the program would act on something that never happened",
        "look at both, then psysafe rebuild",
    ),
    "PSY406": (
        "the storage failed: {problem}",
        "the command was not kept",
        "check disk and rights, then repeat it",
    ),
    "PSY407": (
        "the query is not over a declared index: {index}",
        "it would walk the whole school",
        "use one of the declared indexes",
    ),
    "PSY408": (
        "document {record} has no journal behind it",
        "nobody can say who wrote it",
        "keep the file as it is and compare it with a backup",
    ),
    "PSY409": (
        "the commit cannot be kept: {problem}",
        "what it writes could not be found or proved again",
        "mend the program that made it; nothing was changed",
    ),
    "PSY410": (
        "{shown} are shown, and more flags wait",
        "the worst come first, but each of the others is a student who waits too",
        "go on with: psysafe flags --after {after}",
    ),
}
