"""Codes 068 to 077 and 090 to 096: handing a student on. What, why it matters, the cure."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY068": (
        "a referral needs this, and it is missing: {field}",
        "whoever receives a student must know the situation, and what may be passed on (C6.1)",
        "say it; the detailed record stays in the school",
    ),
    "PSY069": (
        "the student has not been asked what they think of the referral",
        "nobody is handed on over their head, unless a life is in danger (C6.1)",
        "ask, then: psysafe refer opinion CASE REFERRAL OPINION; cannot_say is an answer too",
    ),
    "PSY070": (
        "no consent that holds covers this receiver and what is to be passed on",
        "below a certain age a guardian consents, above it the student; an age that is not known "
        "counts as below",
        "psysafe consent give STUDENT, or pass on less, or enter the birth date in the roster",
    ),
    "PSY071": (
        "emergency for life needs a case at high or imminent, or a declared crisis",
        "without consent something is passed on for a life in danger only",
        "assess the case or declare the crisis first, or obtain consent",
    ),
    "PSY072": (
        "this receiver cannot be offered to",
        "an offer goes to somebody of the roster who receives students, is there, is not barred, "
        "is not the sender, and has no offer of this referral yet",
        "name another; enter institutions with their role in the staff file",
    ),
    "PSY073": (
        "{action} is not possible while it is {state}",
        "a request goes draft, active, on hold, completed; an offer requested, received, accepted, "
        "in progress, completed",
        "look at the case for how it stands, and take the step that comes next",
    ),
    "PSY074": (
        "the offer has expired: nobody answered in time",
        "by now it may be with somebody else; two who answer for one child are none",
        "telephone the sender, who can offer it again",
    ),
    "PSY075": (
        "the referral is not done: no offer was completed, or one is still under way",
        "a request whose offers have all ended without a helper is nobody's yet",
        "offer it to somebody else, or revoke it with the reason",
    ),
    "PSY076": (
        "this person cannot give that consent",
        "only a legal guardian or the student consents, each for themselves",
        "name a legal guardian of the roster, or the student",
    ),
    "PSY077": (
        "the student opposes, or has set limits that this goes beyond",
        "what somebody old enough has said about themselves is kept",
        "talk with the student again, or pass on less; for a life in danger there is the basis "
        "emergency",
    ),
    "PSY090": (
        "the consent would be over before it begins",
        "a consent counts until its day; one of the past covers nothing",
        "name a day to come, or leave it out: then it counts until somebody takes it back",
    ),
    "PSY091": (
        "at this age nobody asks the student whether a guardian may look",
        "guardians of a child see what the policy shows to guardians; from an age on the student "
        "is asked first",
        "nothing is to be written down; if the birth date in the roster is wrong, correct it",
    ),
    "PSY093": (
        "[retention] sets no time for notes that nobody could link to a student",
        "what was told about somebody lies in the database for ever, and no erasure takes it along",
        'add notes = "24 months" to [retention] in psysafe.toml, or whatever the school decides',
    ),
    "PSY094": (
        "records that an earlier psysafe wrote are not brought up to date",
        "what they do not remember would not be owed again when an entry is taken back",
        "psysafe audit does it; where this is said again, psysafe verify names the record and "
        "psysafe rebuild KEY makes it anew",
    ),
}
