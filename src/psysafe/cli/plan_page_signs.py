"""What counts students on the page of a plan: collective signs, and many students at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psysafe.catalogue import say
from psysafe.cli import plan_words as words
from psysafe.cli.output import table
from psysafe.domain.codes import word

Entry = Mapping[str, Any]


def collective_signs(
    data: Entry,
    language: str,
    origin: Callable[[Entry, str], str],
    limit: Callable[[Entry, str], str],
) -> Sequence[str]:
    """From how many students of one group on there is a sign; `origin`, `limit` say an entry's."""
    found = data["collective_signs"]
    if not found:
        return ()
    headings = [say(one, language) for one in ("what", "figure", "why", "read from")]
    said = {
        "moderate": say("students at moderate or above", language),
        "high": say("students at high or above", language),
        "death": say("deaths", language),
    }
    window = found["window"]
    rows = [
        [what, str(found[key]["value"]), origin(found[key], language), found[key]["set_in"]]
        for key, what in said.items()
    ]
    rows.append(
        [
            say("within", language),
            limit(window, language),
            origin(window, language),
            window["set_in"],
        ]
    )
    measures = ", ".join(word("measures", code, language) for code in found["measures"])
    return [*table(headings, rows), say("Proposed: {measures}", language, measures=measures)]


def bulk(
    data: Entry,
    language: str,
    origin: Callable[[Entry, str], str],
    limit: Callable[[Entry, str], str],
) -> Sequence[str]:
    """From how many students on a list needs a second person's yes, and the times of it."""
    found = data["bulk"]
    if not found:
        return ()
    headings = [say(one, language) for one in ("what", "figure", "why", "read from")]
    rows = [
        [
            words.bulk(key, language),
            str(entry["value"]) if "value" in entry else limit(entry, language),
            origin(entry, language),
            entry["set_in"],
        ]
        for key, entry in found.items()
    ]
    return table(headings, rows)
