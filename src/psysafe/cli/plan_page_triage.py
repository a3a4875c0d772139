"""What a screening's flag means, on the page of a plan: how bad, who looks, within what time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psysafe.catalogue import say
from psysafe.cli import flag_words
from psysafe.cli import plan_words as words
from psysafe.cli.output import table
from psysafe.domain.codes import word

Entry = Mapping[str, Any]


def limit(entry: Entry, language: str) -> str:
    """A time limit with what bounds it: `1 school day, at most 72 h`."""
    found = words.within(entry["within"], language)
    if "cap" in entry:
        cap = words.within(entry["cap"], language)
        found = say("{within}, at most {cap}", language, within=found, cap=cap)
    if "every" in entry:
        every = words.within(entry["every"], language)
        found = say("{within}, then every {every}", language, within=found, every=every)
    return found


def review(entry: Entry, language: str) -> str:
    """Within what time a flag is looked at, and what bounds that in a holiday."""
    found = {"within": entry["review_within"]}
    if "review_cap" in entry:
        found["cap"] = entry["review_cap"]
    return limit(found, language)


def triage(data: Entry, language: str, origin: Callable[[Entry, str], str]) -> Sequence[str]:
    """One line a flag or score; `origin` says where an entry comes from."""
    headings = [
        say("scale", language),
        say("flag", language),
        say("answer or score", language),
        say("severity", language),
        say("review", language),
        say("by whom", language),
        say("why", language),
        say("read from", language),
    ]
    rows = [
        [
            t["scale"],
            flag_words.flag(t["flag"], language),
            _met(t, language),
            word("severity", t["severity"], language),
            review(t, language),
            word("roles", t["review_by"], language),
            origin(t, language),
            t["set_in"],
        ]
        for t in data["triage"]
    ]
    return table(headings, rows) if rows else ()


def _met(entry: Entry, language: str) -> str:
    """From which answer or score on an entry of the triage speaks."""
    if "score" not in entry:
        return f"≥ {entry['answer_at_least']}" if "answer_at_least" in entry else ""
    found = [f"≥ {entry['score_at_least']}"] if "score_at_least" in entry else []
    found += [f"≤ {entry['score_at_most']}"] if "score_at_most" in entry else []
    return " ".join([flag_words.score(entry["score"], language), *found, *entry.get("bands", ())])
