"""What the page of a case says of a protected procedure, and of what a hospital stated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from psysafe.catalogue import say
from psysafe.cli.calling import Call
from psysafe.cli.output import local, spoken
from psysafe.errors import N_

#: What happened, as a line of the timeline says it.
HAPPENED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "allegation": N_("something about a protected procedure"),
        "counseling_notes": N_("something about counseling"),
        "bar_set": N_("somebody barred"),
        "bar_confirmed": N_("a bar confirmed"),
        "bar_lifted": N_("a bar lifted"),
        "authority_told": N_("the authority outside told that nobody inside may be asked"),
        "allegation_handed_over": N_("a suspicion of harm handed over"),
        "second_adult_went": N_("another adult with the student first"),
        "hospital_stated": N_("what a hospital stated written down"),
    }
)


def state_of(state: str, language: str) -> str:
    """How a bar stands, in words."""
    return {"provisional": say("provisional", language), "confirmed": say("confirmed", language)}[
        state
    ]


def sections(call: Call, data: Mapping[str, Any]) -> list[tuple[str, Iterator[str]]]:
    """The sections of such a page: who is barred, to whom it was handed over, the hospital."""
    language = call.language
    return [
        (say("Barred", language), (_bar(call, one) for one in data.get("bars", ()))),
        (say("Handed over", language), (_handed(call, h) for h in data.get("handed_over", ()))),
        (
            say("The hospital stated", language),
            (_stated(call, s) for s in data.get("hospital", ())),
        ),
    ]


def not_to_be_told(call: Call, guardian: Mapping[str, Any]) -> str:
    """The mark beside a guardian who is barred."""
    return "  " + say("NOT TO BE TOLD", call.language) if guardian.get("barred") else ""


def _bar(call: Call, bar: Mapping[str, Any]) -> str:
    who = ", ".join([bar["person"], *bar["also"]])
    since = local(bar["since"], call.zone)
    state = state_of(bar["state"], call.language)
    return f"{since}  {who}  ({state})  {bar.get('why', '')}".rstrip()


def _handed(call: Call, one: Mapping[str, Any]) -> str:
    receiver = spoken(f"harm_receivers:{one['receiver']}", call.language)
    return f"{local(one['at'], call.zone)}  {receiver}  {one['by']}  {one.get('how', '')}".rstrip()


def _stated(call: Call, one: Mapping[str, Any]) -> str:
    said = f"{one['institution']}  {one['diagnosis']}  {one['document']}"
    return f"{local(one['at'], call.zone)}  {said}"
