"""What one person sees of a case, as lines and as one column of the table of sights.

Both are made from the view that the person's own desk gives, so a thing that is withheld cannot
stand here either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import attrs

from psysafe.cli.demo_voice import Voice
from psysafe.clock import from_wire
from psysafe.errors import N_

FULL: Final = N_("in full")
SHORT: Final = N_("in short")
WITHHELD: Final = "–"

#: Rows of the table: what it is called, the keys of its full form, the key of its short form.
_ROWS: Final[Sequence[tuple[str, str, str]]] = (
    (N_("that there is a case"), "case", ""),
    (N_("name of the student"), "name", ""),
    (N_("class"), "class", ""),
    (N_("guardians' telephones"), "guardians", ""),
    (N_("where the student is"), "place", "supervision"),
    (N_("crisis and proposal"), "crisis", "help"),
    (N_("how bad it is, duties"), "severity", "what_to_do"),
    (N_("what was observed"), "signals", "what_to_watch"),
    (N_("who reported it"), "reporters", "source_kind"),
    (N_("who told the guardians"), "guardian_attempts", "guardian"),
    (N_("what happened when"), "timeline", ""),
)

#: What the item classes of the privacy matrix are called.
_ITEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "display_name": N_("name"),
        "civil_identity": N_("student number"),
        "contact": N_("telephones and guardians"),
        "class_placement": N_("class"),
        "exposure": N_("exposure"),
        "observation": N_("observations"),
        "reporter": N_("who reported"),
        "mood_checkin": N_("mood record"),
        "scale_level": N_("results of scales"),
        "scale_items": N_("answers to scales"),
        "counseling_notes": N_("counseling notes"),
        "risk_level": N_("severity"),
        "crisis_flag": N_("crisis"),
        "safety_plan": N_("safety plan"),
        "supervision": N_("whereabouts"),
        "contact_log": N_("talks with guardians"),
        "referral_summary": N_("referral"),
        "allegation": N_("allegations"),
        "consent": N_("consent"),
        "audit_trail": N_("who looked"),
    }
)
_WORDS_ALONE: Final = (
    "what_to_watch",
    "source_kind",
    "advice",
    "what_to_do",
    "help",
    "supervision",
    "guardian",
)


@attrs.frozen(kw_only=True)
class Sight:
    """What one person got when they asked for the case: the view's data, or the refusal's words."""

    who: str
    data: Mapping[str, Any] | None = attrs.field(repr=False)
    refusal: str = ""

    def cell(self, full: str, short: str) -> str:
        """How much of one row this person sees."""
        if self.data is None:
            return WITHHELD
        if full == "timeline" and full in self.data:
            # In short the actors are told by their kind only: staff, system.
            named = any(":" in line.get("actor", "") for line in self.data[full])
            return FULL if named else SHORT
        if full in self.data:
            return FULL
        return SHORT if short and short in self.data else WITHHELD


def rows(voice: Voice, sights: Sequence[Sight]) -> Iterator[list[str]]:
    """The table of sights, a row each thing, a column each person."""
    for label, full, short in _ROWS:
        yield [voice.say(label), *[voice.say(sight.cell(full, short)) for sight in sights]]


def lines(voice: Voice, data: Mapping[str, Any]) -> Iterator[str]:
    """A view in sentences, the most needed first."""
    yield from _about_the_student(voice, data)
    yield from _about_the_danger(voice, data)
    yield from _about_reports(voice, data)
    yield from (str(data[key]) for key in _WORDS_ALONE if key in data)
    yield from _about_the_work(voice, data)
    withheld = [voice.say(_ITEMS[item]) for item in data.get("withheld", ())]
    if withheld:
        yield voice.say(N_("Withheld: {items}."), items=voice.listed(withheld))


def _about_the_student(voice: Voice, data: Mapping[str, Any]) -> Iterator[str]:
    if "name" in data:
        yield voice.say(N_("Student: {name}."), name=data["name"])
    if "class" in data:
        yield voice.say(N_("Class: {name}."), name=data["class"])
    if "identities" in data:
        number = voice.listed([external for _, external in data["identities"]])
        yield voice.say(N_("Student number: {number}."), number=number)
    for guardian in data.get("guardians", ()):
        yield voice.say(
            N_("Guardian: {name} ({relation}), telephone {telephone}."),
            name=guardian["name"],
            relation=guardian["relation"],
            telephone=voice.listed(guardian["telephones"]),
        )


def _about_the_danger(voice: Voice, data: Mapping[str, Any]) -> Iterator[str]:
    if "severity" in data:
        severity = voice.word("severity", data["severity"])
        text = (
            N_("Severity: {severity}, provisionally.")
            if data["provisional"]
            else N_("Severity: {severity}.")
        )
        yield voice.say(text, severity=severity)
        yield voice.say(N_("State: {state}."), state=voice.word("lifecycle", data["state"]))
    crisis = data.get("crisis")
    if crisis is not None and crisis["declared"]:
        danger = voice.word("dangers", crisis["danger"])
        proposal = crisis["proposal"]
        yield voice.say(
            N_("Crisis: {danger}. Proposal: {proposal}."), danger=danger, proposal=proposal
        )
    if "place" in data:
        yield voice.say(N_("Where: {place}."), place=voice.word("places", data["place"]))


def _about_reports(voice: Voice, data: Mapping[str, Any]) -> Iterator[str]:
    for signal in data.get("signals", ()):
        yield voice.say(
            N_("Report of {at}, {source}: {symptoms}. “{note}”"),
            at=voice.clock(from_wire(signal["at"])),
            source=voice.word("sources", signal["source"]),
            symptoms=voice.words(signal["symptoms"]),
            note=signal["note"],
        )
    for report in data.get("reporters", ()):
        yield voice.say(N_("Reported by: {who}."), who=voice.name(report["reporter"]))


def _about_the_work(voice: Voice, data: Mapping[str, Any]) -> Iterator[str]:
    for attempt in data.get("guardian_attempts", ()):
        yield voice.say(
            N_("{at}: {guardian} {outcome}, by {who}."),
            at=voice.clock(from_wire(attempt["at"])),
            guardian=voice.name(attempt["guardian"]),
            outcome=voice.word("guardian_outcomes", attempt["outcome"]),
            who=voice.name(attempt["by"]),
        )
    for duty in data.get("duties", ()):
        yield voice.say(
            N_("Owed by {owner}, until {due}: {duty}."),
            owner=voice.name(duty["owner"]),
            due=voice.clock(from_wire(duty["due"])),
            duty=voice.word("duties", duty["kind"]),
        )
    if "timeline" in data:
        count = len(data["timeline"])
        yield voice.say(N_("What happened when: {count} entries of the journal."), count=count)
