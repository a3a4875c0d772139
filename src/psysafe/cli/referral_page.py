"""What the page of a case says of consents and referrals, and an offer as its receiver reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from psysafe.catalogue import say, sentence
from psysafe.cli.calling import Call
from psysafe.cli.output import local, pairs, spoken
from psysafe.errors import N_

#: What happened, as a line of the timeline says it.
HAPPENED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consent": N_("something about a consent"),
        "consent_given": N_("a consent was given"),
        "consent_lapsed": N_("a consent lapsed"),
        "consent_withdrawn": N_("a consent was taken back"),
        "referral_proposed": N_("a referral was proposed"),
        "opinion_recorded": N_("the student was asked about a referral"),
        "referral_activated": N_("a referral became active"),
        "referral_held": N_("a referral was put on hold"),
        "referral_revoked": N_("a referral was revoked"),
        "referral_completed": N_("a referral was completed"),
        "offer_made": N_("the student was offered to a receiver"),
        "offer_renewed": N_("a receiver's time began anew"),
        "offer_opened": N_("a receiver opened an offer"),
        "offer_accepted": N_("a receiver accepted an offer"),
        "offer_rejected": N_("a receiver rejected an offer"),
        "offer_started": N_("the student was seen by a receiver"),
        "offer_ended": N_("an offer came to an outcome"),
        "offer_cancelled": N_("an offer was taken back, or ended of itself"),
    }
)
#: Why a request is on hold or an offer was taken back, where the program says so.
WHY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consent_withdrawn": N_("a consent was taken back"),
        "consent_lapsed": N_("a consent lapsed"),
        "student_opposes": N_("the student is old enough to say no, and opposes"),
        "opinion_changed": N_("the student thinks otherwise now"),
        "death_in_error": N_("a death was entered in error"),
        "barred": N_("somebody is barred"),
        "expired": N_("nobody answered in time"),
        "receiver_left": N_("the receiver has left"),
        "recalled": N_("recalled"),
        "superseded": N_("another receiver instead"),
    }
)


def sections(call: Call, data: Mapping[str, Any]) -> list[tuple[str, Iterator[str]]]:
    """The sections of such a page: consents, then each request with its offers."""
    language = call.language
    accounts = {one["referral"]: one["account"] for one in data.get("referral_accounts", ())}
    return [
        (say("Consents", language), (_consent(call, one) for one in data.get("consents", ()))),
        (
            say("Referrals", language),
            (
                line
                for one in data.get("referrals", ())
                for line in _referral(call, one, accounts.get(one["referral"], ""))
            ),
        ),
    ]


def _consent(call: Call, one: Mapping[str, Any]) -> str:
    language = call.language
    purpose = spoken(f"consent_purposes:{one['purpose']}", language)
    scope = _scope(one["scope"], language)
    gone = say("taken back", language) if "withdrawn" in one else ""
    if not gone and "lapsed" in one:
        gone = say("lapsed", language)
    elif not gone and "until" in one:
        gone = say("until", language) + " " + local(one["until"], call.zone)
    given, consent = local(one["given"], call.zone), one["consent"]
    parts = (given, one["by"], purpose, one["receiver"], scope, consent, gone)
    return "  ".join(parts).rstrip()


def _scope(scope: list[str], language: str) -> str:
    return ", ".join(spoken(f"scopes:{code}", language) for code in scope)


def _referral(call: Call, one: Mapping[str, Any], account: str) -> Iterator[str]:
    language = call.language
    state = spoken(f"referral_states:{one['state']}", language)
    basis = spoken(f"referral_bases:{one['basis']}", language) if "basis" in one else ""
    held = _why(one.get("held", ""), language)
    yield f"{one['referral']}  {state}  {basis}  {held}".rstrip()
    yield f"  {one['summary']}"
    if account:
        title = say("detailed record", language)
        yield f"  {title}: {account}"
    if "opinion" in one:
        limits = _scope(one.get("limits", []), language)
        opinion = spoken(f"opinions:{one['opinion']}", language)
        title = say("student", language)
        yield f"  {title}: {opinion}  {limits}".rstrip()
    for offer in one["offers"]:
        yield f"  {_offer(call, offer)}"


def _why(text: str, language: str) -> str:
    return sentence(WHY[text], language) if text in WHY else text


def _offer(call: Call, offer: Mapping[str, Any]) -> str:
    language = call.language
    state = spoken(f"offer_states:{offer['state']}", language)
    outcome = (
        spoken(f"offer_outcomes:{offer['outcome']}", language)
        if "outcome" in offer
        else _why(offer.get("why", ""), language)
    )
    due = local(offer.get("due"), call.zone)
    return f"{offer['offer']}  {offer['receiver']}  {state}  {outcome}  {due}".rstrip()


def offer_line(call: Call, line: Mapping[str, Any]) -> list[str]:
    """One line of a receiver's list: nothing of a student stands in it."""
    language = call.language
    return [
        local(line.get("due"), call.zone),
        spoken(f"offer_states:{line['state']}", language),
        spoken(f"consent_purposes:{line['asked_for']}", language),
        say("URGENT", language) if line["urgent"] else "",
        line["telephone"],
        line["offer"],
    ]


def offer_lines(call: Call, data: Mapping[str, Any]) -> list[str]:
    """An offer as its receiver reads it; what may not be passed on has no line."""
    language = call.language
    facts = [
        (say("offer", language), data["offer"]),
        (say("state", language), spoken(f"offer_states:{data['state']}", language)),
        (say("asked for", language), spoken(f"consent_purposes:{data['asked_for']}", language)),
        (say("due", language), local(data.get("due"), call.zone)),
        (say("telephone", language), data["telephone"]),
        (say("name", language), data.get("name", "")),
        (say("class", language), data.get("class", "")),
        (say("severity", language), _severity(data, language)),
        (say("place", language), _code("places", data.get("place", ""), language)),
        (say("summary", language), data.get("summary", "")),
    ]
    lines = pairs([(label, value) for label, value in facts if value])
    for guardian in data.get("guardians", ()):
        telephones = ", ".join(guardian["telephones"])
        lines.append(f"  {guardian['name']}  {guardian['relation']}  {telephones}".rstrip())
    return lines


def _severity(data: Mapping[str, Any], language: str) -> str:
    return _code("severity", data.get("severity", ""), language)


def _code(register: str, code: str, language: str) -> str:
    return spoken(f"{register}:{code}", language) if code else ""
