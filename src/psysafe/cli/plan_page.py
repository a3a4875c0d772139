"""A plan on paper: phase, what is done, who is asked, by when, who may, in people's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psysafe.catalogue import say
from psysafe.cli import plan_words as words
from psysafe.cli.output import pairs, table
from psysafe.cli.plan_page_signs import bulk, collective_signs
from psysafe.cli.plan_page_triage import limit, triage
from psysafe.domain.codes import word
from psysafe.domain.duties import ONWARD

Entry = Mapping[str, Any]


def lines(data: Entry, language: str, *, whole: bool) -> Iterator[str]:
    """The page of a plan (`desk.planning.show`). `whole`: with what is off, and the clauses."""
    layers = " ← ".join(data["layers"])
    yield say("Plan {plan}. It is read from: {layers}", language, plan=data["plan"], layers=layers)
    yield _today(data, language)
    parts = (
        (say("Phases", language), _phases(data, language)),
        (say("What is done", language), _activities(data, language, on=True)),
        (say("Not done now", language), _activities(data, language, on=False) if whole else ()),
        (say("Aims and principles", language), _principles(data, language)),
        *((_route_title(r, language), _route(r, language)) for r in data["routes"]),
        (say("By when", language), _deadlines(data, language)),
        (say("What a report means", language), _risk(data, language)),
        (say("What a screening answer means", language), triage(data, language, _origin)),
        (say("Who consents to a referral", language), _consent(data, language)),
        (say("What a forecast counts with", language), _screening(data, language)),
        (
            say("When many are concerned", language),
            collective_signs(data, language, _origin, limit),
        ),
        (say("Many students at once", language), bulk(data, language, _origin, limit)),
        (say("Who may do what", language), _rights(data, language)),
        (say("Over what", language), _delivery(data, language)),
    )
    for title, found in parts:
        if found:
            yield from ("", f"[{title}]", *found)
    if whole:
        title = say("The clauses", language)
        yield from ("", f"[{title}]", *_clauses(data, language))


def brief(value: Any) -> str:
    """A value of a plan file in a few letters."""
    if value is None:
        return "-"
    if isinstance(value, Mapping):
        if set(value) == {"kind", "ref"}:
            return f"{value['kind']} {value['ref']}"
        shown = value.get("role") or value.get("id") or value.get("flag")
        return str(shown) if shown else ", ".join(f"{k} {brief(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(brief(each) for each in value) or "-"
    return str(value)


def _origin(entry: Entry, language: str) -> str:
    return words.origin(f"{entry['origin']['kind']} {entry['origin']['ref']}", language)


def _place(data: Entry, language: str) -> str:
    grade = [word("grade", data["grade"], language)] if "grade" in data else []
    campus = [data["campus"]] if "campus" in data else []
    return ", ".join(campus + grade) or say("the whole school", language)


def _today(data: Entry, language: str) -> str:
    place = _place(data, language)
    phase = data.get("phase")
    if phase is None:
        return say(
            "{day}, {place}: no phase holds, so nothing of the plan is switched off.",
            language,
            day=data["at"],
            place=place,
        )
    return say(
        "{day}, {place}: phase {phase}, situation {situation}, since {since}.",
        language,
        day=data["at"],
        place=place,
        phase=word("phases", phase["id"], language),
        situation=word("situations", phase["situation"], language),
        since=phase["from"],
    )


def _phases(data: Entry, language: str) -> Sequence[str]:
    headings = [
        say("phase", language),
        say("from", language),
        say("until", language),
        say("situation", language),
        say("campus", language),
        say("grades", language),
    ]
    rows = [
        [
            word("phases", p["id"], language),
            p["from"],
            p.get("until", say("until another begins", language)),
            word("situations", p["situation"], language),
            p.get("campus", ""),
            ", ".join(word("grade", g, language) for g in p.get("grades", ())),
        ]
        for p in data["phases"]
    ]
    return table(headings, rows) if rows else ()


def _activities(data: Entry, language: str, *, on: bool) -> Sequence[str]:
    headings = [
        say("activity", language),
        say("who", language),
        say("when", language),
        say("software", language),
        say("why", language),
        say("read from", language),
    ]
    rows = [
        [
            a.get("name") or word("activities", a["activity"], language),
            word("roles", a.get("role", ""), language),
            _when(a, language),
            word("software", a["software"], language),
            _origin(a, language) + (f"; {a['note']}" if "note" in a else ""),
            a["set_in"],
        ]
        for a in data["activities"]
        if a["on"] is on
    ]
    return table(headings, rows) if rows else ()


def _when(activity: Entry, language: str) -> str:
    if activity.get("off"):
        return say("never: this school does without", language)
    found = [word("phases", p, language) for p in activity.get("phases", ())]
    found += [word("situations", s, language) for s in activity.get("situations", ())]
    return ", ".join(found) or say("always", language)


def _principles(data: Entry, language: str) -> Sequence[str]:
    found = [
        (word("principles", p["principle"], language), _origin(p, language))
        for p in data["principles"]
    ]
    return pairs(found) if found else ()


def _levels(route: Entry, language: str) -> str:
    return ", ".join(word("severity", level, language) for level in route["for"])


def _route_title(route: Entry, language: str) -> str:
    return say(
        "Who is asked: {route}, {trigger}, at {levels}",
        language,
        route=route["route"],
        trigger=words.trigger(route["on"], language),
        levels=_levels(route, language),
    )


def _route(route: Entry, language: str) -> Sequence[str]:
    headings = [
        say("step", language),
        say("who", language),
        say("time to answer", language),
        say("channels", language),
        say("why", language),
    ]
    rows = [
        [
            str(number),
            _who(step, language),
            _times(step, language),
            _channels(step["channels"]),
            _step_origin(route, step, language),
        ]
        for number, step in enumerate(route["steps"], 1)
    ]
    rows += [
        [
            say("nobody answered", language),
            _who(step, language),
            "",
            _channels(step["channels"]),
            _step_origin(route, step, language),
        ]
        for step in route["end"]
    ]
    return [
        say(
            "Why: {origin}. Read from {place}.",
            language,
            origin=_origin(route, language),
            place=route["set_in"],
        ),
        *table(headings, rows),
    ]


def _step_origin(route: Entry, step: Entry, language: str) -> str:
    """Why a step is there, where that is not what the route is there for."""
    return "" if step["origin"] == route["origin"] else _origin(step, language)


def _who(step: Entry, language: str) -> str:
    who = f"{word('roles', step['role'], language)} ({_relation(step, language)})"
    answers = {
        "all": say("everybody", language),
        ONWARD: say("then the next in any case", language),
    }
    how = answers.get(step["answer"])
    return f"{who}, {how}" if how else who


def _relation(step: Entry, language: str) -> str:
    return word("step_relations", step["relation"], language)


def _times(step: Entry, language: str) -> str:
    """`imminent 10 min, high 30 min, otherwise 1 school day`; one time where all are alike."""
    levels: dict[str, list[str]] = {}
    for level, time in step["within"].items():
        levels.setdefault(time, []).append(level)
    usual = max(levels, key=lambda time: len(levels[time]))
    if len(levels) == 1:
        return words.within(usual, language)
    rest = usual if len(levels[usual]) > 1 else ""
    found = [
        f"{word('severity', level, language)} {words.within(time, language)}"
        for time, named in levels.items()
        for level in named
        if time != rest
    ]
    if rest:
        otherwise = say("otherwise", language)
        found.append(f"{otherwise} {words.within(rest, language)}")
    return ", ".join(found)


def _channels(by_level: Mapping[str, list[str]]) -> str:
    return ", ".join(dict.fromkeys(name for names in by_level.values() for name in names))


def _severity(code: str, language: str) -> str:
    return say("otherwise", language) if code == "any" else word("severity", code, language)


def _deadlines(data: Entry, language: str) -> Sequence[str]:
    headings = [
        say("what", language),
        say("severity", language),
        say("within", language),
        say("then", language),
        say("why", language),
        say("read from", language),
    ]
    quiet = {**data["closure_quiet"], "severity": ""}
    rows = [
        [
            words.owed(d["duty"], language),
            _severity(d["severity"], language),
            limit(d, language),
            " → ".join(words.holder(d[k], language) for k in ("owner", "fallback") if k in d),
            _origin(d, language),
            d["set_in"],
        ]
        for d in data["deadlines"]
    ]
    rows.append(
        [
            say("at most attention for so long before a case is closed", language),
            "",
            limit(quiet, language),
            "",
            _origin(quiet, language),
            quiet["set_in"],
        ]
    )
    return table(headings, rows)


def _risk(data: Entry, language: str) -> Sequence[str]:
    headings = [
        say("what is reported", language),
        say("severity", language),
        say("why", language),
        say("read from", language),
    ]
    rows = [
        [
            _reported(rule, language),
            word("severity", rule["severity"], language),
            _origin(rule, language),
            rule["set_in"],
        ]
        for rule in data["risk"]
    ]
    return table(headings, rows) if rows else ()


def _reported(rule: Entry, language: str) -> str:
    if "dangers" in rule:
        return " + ".join(word("danger_facts", code, language) for code in rule["dangers"])
    named = [
        say("any other symptom", language) if code == "any" else word("symptoms", code, language)
        for code in rule["symptoms"]
    ]
    return f"{', '.join(named)}: {word('degrees', rule['degree'], language)}"


def _consent(data: Entry, language: str) -> Sequence[str]:
    headings = [
        say("what", language),
        say("figure", language),
        say("why", language),
        say("read from", language),
    ]
    rows = [
        [words.consent(f["figure"], language), str(f["value"]), _origin(f, language), f["set_in"]]
        for f in data["consent"]
    ]
    return table(headings, rows) if rows else ()


def _screening(data: Entry, language: str) -> Sequence[str]:
    headings = [
        say("what", language),
        say("figure", language),
        say("why", language),
        say("read from", language),
    ]
    rows = [
        [
            words.forecast(f["figure"], language),
            str(f["value"]),
            _origin(f, language),
            f["set_in"],
        ]
        for f in data["screening"]
    ]
    return table(headings, rows) if rows else ()


def _rights(data: Entry, language: str) -> Sequence[str]:
    headings = [
        say("what", language),
        say("who", language),
        say("why", language),
        say("read from", language),
    ]
    rows: list[list[str]] = []
    for right in data["rights"]:
        first, *more = _holders(right, language)
        what = words.permitted(right["command"], language)
        rows.append([what, first, _origin(right, language), right["set_in"]])
        rows += [["", who, "", ""] for who in more]
    return table(headings, rows) if rows else ()


def _holders(right: Entry, language: str) -> list[str]:
    """Who holds a right, a few to a line, so that the page stays narrow enough to print."""
    who = [words.holder(holder, language) for holder in right["holders"]]
    return [", ".join(who[i : i + 3]) for i in range(0, len(who), 3)]


def _delivery(data: Entry, language: str) -> Sequence[str]:
    levels: dict[tuple[str, ...], list[str]] = {}
    for level, names in data["delivery"].items():
        levels.setdefault(tuple(names), []).append(word("severity", level, language))
    if len(levels) == 1:
        found = [", ".join(next(iter(levels)))]
    else:
        found = pairs((", ".join(named), ", ".join(names)) for names, named in levels.items())
    daily = data.get("daily")
    if daily and daily["for"]:
        text = say(
            "{levels}: one message a person and school day, at {at} ({origin}, {layer})",
            language,
            levels=", ".join(word("severity", level, language) for level in daily["for"]),
            at=daily["at"],
            origin=_origin(daily, language),
            layer=daily["set_in"],
        )
        found = [*found, text]
    asked = data.get("lookups")
    if asked:
        text = say(
            "what became of it is asked {urgent} after it was taken, below high {other} "
            "({origin}, {layer})",
            language,
            urgent=_spans(asked["urgent"], language),
            other=_spans(asked["other"], language),
            origin=_origin(asked, language),
            layer=asked["set_in"],
        )
        found = [*found, text]
    return found


def _spans(given: Sequence[str], language: str) -> str:
    return ", ".join(words.within(one, language) for one in given) or "-"


def _clauses(data: Entry, language: str) -> Sequence[str]:
    """What each clause says that something of this plan names."""
    steps = (s for r in data["routes"] for s in (*r["steps"], *r["end"]))
    entries = (*data["activities"], *data["principles"], *data["routes"], *steps, *data["rights"])
    found = sorted({clause for entry in entries for clause in entry.get("clauses", ())})
    return pairs((clause, word("clauses", clause, language)) for clause in found)
