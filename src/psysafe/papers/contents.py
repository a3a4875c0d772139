"""What stands in the fields of a paper: words in one language, made from what may be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import attrs

from psysafe.catalogue import say, sentence
from psysafe.domain.codes import REGISTERS, word
from psysafe.domain.referrals import OPEN
from psysafe.engine.printing import ClassCard, Printable
from psysafe.engine.words import FAMILY, Phrase
from psysafe.errors import N_
from psysafe.papers.kinds import TEXT, Field, Fields, Kind
from psysafe.sensitivity import ItemClass
from psysafe.written import visible

#: Letters of one text at most: a page of a form has no room for more.
LONGEST: Final = 4_000

#: What an item of a case is called where it is said to be withheld.
ITEMS: Final[Mapping[ItemClass, str]] = {
    ItemClass.DISPLAY_NAME: N_("name"),
    ItemClass.CLASS_PLACEMENT: N_("class"),
    ItemClass.CONTACT: N_("guardians and telephones"),
    ItemClass.OBSERVATION: N_("what was seen and heard"),
    ItemClass.RISK_LEVEL: N_("how bad it is, and what is owed"),
    ItemClass.CRISIS_FLAG: N_("the declared crisis"),
    ItemClass.SUPERVISION: N_("where the student is"),
    ItemClass.CONTACT_LOG: N_("the calls to the family"),
    ItemClass.REFERRAL_SUMMARY: N_("advice and referral"),
}


class Speaker(Protocol):
    """Says phrases and times as the school does."""

    def one(self, phrase: Phrase, language: str) -> str: ...

    def local(self, moment: datetime) -> str: ...


@attrs.frozen(kw_only=True)
class Head:
    """What every paper has: the school, the moment, who prints."""

    school: str
    now: datetime
    printed_by: str = attrs.field(repr=False)
    hotline: str = ""


@attrs.frozen(kw_only=True)
class Writer:
    """Puts what may be shown into the words of one language."""

    speaker: Speaker = attrs.field(repr=False)
    language: str

    def common(self, head: Head) -> dict[str, Any]:
        day, _, clock = self.speaker.local(head.now).partition(" ")
        return {
            "school": head.school,
            "date": day,
            "time": clock,
            "printed_by": head.printed_by,
            "hotline": head.hotline,
        }

    def about(self, kind: Kind, shown: Printable, head: Head) -> dict[str, Any]:
        """The fields of a paper about a case; a field of which nothing may be said is empty."""
        data = shown.data
        made = {
            **self.common(head),
            "case": data["case"],
            "call": shown.number,
            "withheld": [
                sentence(ITEMS[item], self.language)
                for item in ITEMS
                if item.value in shown.withheld
            ],
        }
        for part in (_person, _guardians, _seen, _risk, _crisis, _supervision, _calls, _advice):
            made |= part(self, data, shown.names)
        return fitted(made, kind.fields)

    def cards(self, kind: Kind, cards: Iterable[ClassCard], head: Head) -> dict[str, Any]:
        """The fields of the cards: whom to call for each class."""
        classes = [
            {
                "name": visible(card.school_class.name),
                "grade": self.word("grade", card.school_class.grade),
                **{
                    purpose: [
                        {"role": self.word("roles", one.role), "who": self.people(one.people)}
                        for one in steps
                    ]
                    for purpose, steps in card.routes.items()
                },
            }
            for card in cards
        ]
        return fitted({**self.common(head), "classes": classes}, kind.fields)

    def people(self, people: Iterable[tuple[str, str]]) -> str:
        return "\n".join(
            f"{visible(name)}  {visible(telephone)}".rstrip() for name, telephone in people
        )

    def word(self, register: str, code: str) -> str:
        """A code's word, or the code itself where a school made its own."""
        known = code in REGISTERS[register]
        return word(register, code, self.language) if known else code

    def coded(self, text: str) -> str:
        """A text in which each `register:code` is replaced by its word."""
        said = []
        for piece in text.split(" "):
            register, _, code = piece.partition(":")
            known = register in REGISTERS and code in REGISTERS[register]
            said.append(self.word(register, code) if known else piece)
        return " ".join(said)

    def time(self, moment: datetime | None) -> str:
        return self.speaker.local(moment) if moment is not None else ""

    def spoken(self, data: Mapping[str, Any], key: str) -> str:
        """A redacted form, which is a sentence; empty where the item is shown in full, or not."""
        found = data.get(key)
        return self.speaker.one(found, self.language) if isinstance(found, Phrase) else ""

    def listed(self, said: Iterable[str]) -> str:
        return ("、" if self.language == "zh" else ", ").join(one for one in said if one)


Names = Mapping[str, str]
Part = Callable[[Writer, Mapping[str, Any], Names], dict[str, Any]]


def _person(say_: Writer, data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    found = {"student": data.get("name", ""), "class_name": data.get("class", "")}
    return {
        key: say_.speaker.one(value, say_.language) if isinstance(value, Phrase) else visible(value)
        for key, value in found.items()
    }


def _guardians(say_: Writer, data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Whoever is barred is not to be told, and a paper that lies about must not say so."""
    told = [g for g in data.get("guardians", ()) if not g.get("barred")]
    return {
        "addressed": say_.listed(visible(g["name"]) for g in told if g["kind"] == "legal_guardian"),
        "guardians": [
            {
                "name": visible(g["name"]),
                "relation": g["relation"],
                "kind": say_.word("guardian_kinds", g["kind"]),
                "telephones": say_.listed(g["telephones"]),
            }
            for g in told
        ],
    }


def _seen(say_: Writer, data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    return {
        "watch": say_.spoken(data, "what_to_watch"),
        "observations": [
            {
                "at": say_.time(s["at"]),
                "source": say_.word("sources", s["source"]),
                "what": say_.listed(
                    [
                        *(
                            say_.coded(f"symptoms:{code} degrees:{degree}")
                            for code, degree in s["symptoms"].items()
                        ),
                        *(say_.word("needs", code) for code in s["needs"]),
                        *(say_.word("danger_facts", code) for code in s["dangers"]),
                    ]
                ),
                "note": s["note"],
            }
            for s in data.get("signals", ())
        ],
    }


def _risk(say_: Writer, data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    severity = say_.word("severity", data["severity"]) if "severity" in data else ""
    if data.get("provisional"):
        gap = "" if say_.language == "zh" else " "
        severity += gap + say("(provisional)", say_.language)
    late = say("LATE", say_.language)
    return {
        "severity": severity,
        "state": say_.word("lifecycle", data["state"]) if "state" in data else "",
        "lead": names.get(data.get("lead", ""), ""),
        "supervisor": names.get(data.get("supervisor", ""), ""),
        "reasons": [
            said
            for r in data.get("reasons", ())
            if not r["rule"].startswith("T:") and (said := say_.coded(r["text"]))
        ],
        "duties": [
            {
                "what": say_.word("duties", d["kind"]),
                "owner": names.get(d["owner"], ""),
                "due": say_.time(d["due"]),
                "late": late if d["overdue"] else "",
            }
            for d in data.get("duties", ())
        ],
        "what_to_do": say_.spoken(data, "what_to_do"),
    }


def _crisis(say_: Writer, data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    crisis = data.get("crisis", {})
    declared = bool(crisis.get("declared"))
    return {
        "crisis": {
            "declared": say_.time(crisis["at"]) if declared else "",
            "danger": say_.word("dangers", crisis["danger"]) if declared else "",
            "proposal": crisis["proposal"] if declared else "",
            "help": say_.spoken(data, "help"),
        }
    }


def _supervision(say_: Writer, data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    held = data.get("with", {})
    state = say_.word("supervision", held["state"]) if held else ""
    to = say_.word("handed_to", held["to"]) if held.get("to") else ""
    adult = held.get("adult", "")
    return {
        "supervision": {
            "place": say_.word("places", data["place"]) if "place" in data else "",
            "state": say_.listed([state, to]),
            "adult": names.get(adult, adult),
            "since": say_.time(held.get("since")),
            "summary": say_.spoken(data, "supervision"),
        }
    }


def _calls(say_: Writer, data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    called = {g["guardian"]: g["name"] for g in data.get("guardians", ()) if not g.get("barred")}
    hidden = {g["guardian"] for g in data.get("guardians", ()) if g.get("barred")}
    family = data.get("family")
    return {
        "family": {
            "answer": sentence(FAMILY[family], say_.language) if family else "",
            "summary": say_.spoken(data, "guardian"),
        },
        "calls": [
            {
                "at": say_.time(a["at"]),
                "guardian": called.get(a["guardian"], ""),
                "outcome": say_.word("guardian_outcomes", a["outcome"]),
                "by": names.get(a["by"], ""),
            }
            for a in data.get("guardian_attempts", ())
            if a["guardian"] not in hidden
        ],
    }


def _advice(say_: Writer, data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    report = data.get("authority_report", {})
    return {
        "advice_summary": say_.spoken(data, "summary"),
        "request": "\n".join(r["summary"] for r in data.get("referrals", ()) if r["state"] in OPEN),
        "advice": [
            {
                "at": say_.time(a["at"]),
                "by": names.get(a["by"], ""),
                "advice": a["advice"],
                "answer": say_.word("advice_answers", a["answer"]),
            }
            for a in data.get("care_advice", ())
        ],
        "report": {
            "state": say_.word("report_steps", report["state"]) if report else "",
            "trigger": say_.word("report_triggers", report["trigger"]) if report else "",
            "due_since": say_.time(report.get("due_since")),
            "text": report.get("text", ""),
            "submitted": say_.time(report.get("submitted")),
            "supplements": [
                {"at": say_.time(s["at"]), "by": names.get(s["by"], ""), "text": s["text"]}
                for s in report.get("supplements", ())
            ],
        },
    }


def fitted(values: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """Just the fields of a kind, every text fit for a document."""
    return {key: _fit(values[key], field) for key, field in fields.items()}


def _fit(value: Any, field: Field) -> Any:
    if field == TEXT:
        return "\n".join(map(visible, str(value)[:LONGEST].split("\n")))
    if isinstance(field, list):
        return [_fit(one, field[0]) for one in value]
    return fitted(value, field)
