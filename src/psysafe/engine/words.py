"""What is said to a person, as sentences still to be put into their language.

Engine and domain say things as an English sentence with `{places}` and what fills them; the
catalogue above turns that into Chinese or English. So no room down here needs to know languages,
and a text is made only for the one who may read it.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from psysafe.errors import N_


@attrs.frozen
class Phrase:
    """One sentence, in English, and what fills its places.

    A fact is a time, a phrase, a `register:code` pair, what a person wrote (`Written`), or several
    of these. What is none of them is shown as what a person wrote.
    """

    text: str
    facts: Mapping[str, object] = attrs.field(factory=dict, repr=False)


@attrs.frozen
class Written:
    """A fact that a person wrote: a name, a class, a proposal. It is shown and never looked up."""

    text: str = attrs.field(repr=False)


@attrs.frozen
class Address:
    """A fact that is our own address to click on. Nothing from a person stands in it."""

    url: str = attrs.field(repr=False)


def phrase(text: str, **facts: object) -> Phrase:
    return Phrase(text, facts)


#: The first sentence of a notice, by its purpose: what it is and what is asked.
NOTICE_OPENINGS: Mapping[str, str] = {
    "linkage": N_("A report about a student needs somebody to take it up."),
    "crisis": N_("A crisis was declared. Answer, then tell a legal guardian."),
    "leading_group_report": N_("A crisis was declared. A proposal is attached."),
    "warning": N_(
        "A student is in the warning network: keep them in view, pass on any change, and answer "
        "that you know."
    ),
    "route_unheard": N_("Nobody on the route has answered. Telephone now."),
    "late_answer": N_("Somebody asked before you has answered late. You may stop the call."),
    "duty_passed_on": N_("Something that is owed is late, and now it is yours."),
    "duty_late": N_("Something of yours is late, and nobody else is there to take it over."),
    "flag_unread": N_(
        "A screening flag waits beyond its time. See that somebody who may read it does."
    ),
    "duty_yours": N_("Something is yours to do now: whoever had it cannot do it."),
    "joined_signal": N_("A new report about a student of yours has come in. Review it."),
    "talk": N_("A student wants to talk with somebody. You are the one who answers."),
    "question": N_("Somebody has asked a question. You are the one who answers."),
    "note": N_("A note about somebody has come in. Check who is meant, and whether it is so."),
    "daily": N_("Something waits for you. It is no emergency; look at your inbox today."),
    "rounds": N_("Students wait for you: surveys, one-to-one support, breaks, ways home."),
    "hand_overs": N_("A change in the roster waits for you to accept it."),
    "protected": N_("A protected procedure needs you. Look at your desk."),
    "everybody_barred": N_("A school asks for you: nobody there may be told."),
    "alone": N_("A student in danger has no adult with them. Go, or send somebody, now."),
    "family": N_("A family cannot be reached, or its members differ. You decide what is done."),
    "authority_report": N_("A report to the education authority is owed. It is your step now."),
    "lead": N_("You are asked to lead a case. Accept it, or say that you cannot."),
    "supervisor": N_("You supervise whoever leads a case. Read it, and talk with them."),
    "unsupervised": N_("Whoever leads a case needs a supervisor and has none. Name one."),
    "closure": N_("Somebody asks for a case to be closed. You decide."),
    "stood_down": N_("The alarm about which you were called is over. Nothing more is needed."),
    "bereaved": N_("A student has died. Care for those who are left begins."),
    "death_in_doubt": N_(
        "Something is reported about a student whose death is entered. Is the entry right?"
        " Find out now."
    ),
    "death_in_error": N_(
        "A death of which you were told was entered in error: the student is alive."
    ),
    "owed_again": N_(
        "A death was entered in error: the student is alive. Something is yours to do now."
    ),
    "offer": N_("You are asked to take somebody on. Open the offer and answer it."),
    "referral": N_("Something has come of a referral. Decide how it goes on."),
    "explain": N_("A student was handed on without consent. Explain it to them."),
    "no_show": N_("A student did not go where they were handed on to. Call a guardian again."),
    "access": N_("Somebody asked for what the school holds about them. Look it over."),
    "glass": N_(
        "Somebody has looked, for a stated reason, where they are not in charge. See to it."
    ),
    "holiday_cover": N_("You cover a case over a break. Read its plan before the break begins."),
    "unreadable": N_(
        "Something urgent needs you: a record could not be read. Look at your desk, telephone."
    ),
    "collective_sign": N_("Several students of one group are concerned. Look at the signs now."),
    "sign_proposed": N_("Something is proposed for a collective sign. You answer it."),
    "sign_answered": N_("What was proposed for a collective sign is approved. See the signs."),
    "sign_taken_back": N_("A collective sign of which you were told is taken back. It was none."),
    "swap_asked": N_("Somebody asks you to swap shifts. Accept or decline: see who is on duty."),
    "swap_over": N_("A swap of your shifts was answered, or has come to an end. See your shifts."),
    "bulk_asked": N_(
        "Somebody asks to take many students' records at once. You approve or refuse."
    ),
    "bulk_named": N_(
        "You are named as having agreed by telephone that many students' records are taken. "
        "Look at it; refuse it if that is not so."
    ),
    "bulk_over": N_(
        "What you asked for about many students' records was answered, or has run out unanswered."
    ),
    "grants": N_(
        "Roles by which people see wait for your signature, or end soon. Look at the list, sign."
    ),
    "grant_told": N_(
        "A role by which somebody sees was signed for, or a signature was withdrawn. See the list."
    ),
    "grant_named": N_(
        "You are named as having agreed by telephone that somebody sees by a role, or that has "
        "ended. Look at the list; withdraw it if you did not agree."
    ),
    "worklist": N_("Screening flags wait for your review, worst first."),
}
#: The same for the purpose of a route that a school has made its own.
CALLED = N_("You are called about a student. Answer, and see what is yours to do.")


def opening_of(purpose: str) -> str:
    """The first sentence of a notice. A purpose that is not ours silences no call."""
    return NOTICE_OPENINGS.get(purpose, CALLED)


#: What whoever reported is told: the same whatever was found, known or decided.
TAKEN_UP = N_("What you told us has been taken up. Thank you for telling us.")
NEUTRAL_URGENT = N_("Something urgent needs you. Answer by {by}. Telephone {number}.")
NEUTRAL = N_("Something needs you. Answer by {by}. Telephone {number}.")
#: The same where nothing says until when.
NEUTRAL_URGENT_SOON = N_(
    "Something urgent needs you. Answer as soon as you can. Telephone {number}."
)
NEUTRAL_SOON = N_("Something needs you. Answer as soon as you can. Telephone {number}.")
NEUTRAL_OVER = N_("What you were called about before is over. Nothing more is needed.")
ANSWER_AT = N_("To answer: {url}")
TEST = N_("This is a test. Nothing has happened. Nobody needs to do anything.")
NOTHING_OPENS = N_(
    "The school's safety net (psysafe) cannot open its records and calls nobody. Until it is "
    "mended the school works by telephone: look after whoever is in your care. Telephone {number}."
)

REDACTED: Mapping[str, str] = {
    "display_name": N_("Case {case}, grade {grade}."),
    "class_placement": N_("Grade: {grade}."),
    "exposure": N_("Follow-up: see your tasks."),
    "observation": N_("Watch for changes and tell the counselor at once."),
    "reporter": N_("Source: {source}."),
    "mood_checkin": N_("A talk is suggested."),
    "scale_level": N_("Be attentive, and ask the counselor."),
    "scale_items": N_("Answered."),
    "counseling_notes": N_("See the counselor."),
    "risk_level": N_("Keep in contact and do your tasks."),
    "crisis_flag": N_("Help is coming; telephone {number}."),
    "safety_plan": N_("Your tasks are listed under duties."),
    "supervision": N_("Whereabouts: {accompanied}."),
    "contact_log": N_("Guardian: {reached}."),
    "referral_summary": N_("Advice was given."),
    "allegation": N_("A protected procedure is running."),
    "consent": N_("Consent: {purposes}."),
    "audit_trail": N_("Role, time and kind only."),
}
HANDED_ON = N_("Advice was given; the student is being handed on to another helper.")
NO_CONSENT = N_("none")
#: What a family says as a whole (`care.family`).
FAMILY: Mapping[str, str] = {
    "agrees": N_("the family agrees"),
    "refuses": N_("the family refuses"),
    "disputed": N_("the guardians differ"),
    "undecided": N_("the family has not decided"),
    "unreachable": N_("no guardian can be reached"),
    "open": N_("the family has not answered yet"),
}
REACHED = N_("reached")
NOT_REACHED = N_("not reached yet")
ACCOMPANIED = N_("an adult is with the student; ask the counselor where to go")
PLACE_KNOWN = N_("the place is known; ask the counselor where to go")
PLACE_UNKNOWN = N_("the place is not known")
SAY_NAME = N_("Student: {name}.")
SAY_CLASS = N_("Class: {name}.")
SAY_SEVERITY = N_("Severity: {severity}.")
SAY_PLACE = N_("Where: {place}.")
SAY_CRISIS = N_("Crisis: {danger}. Proposal: {proposal}.")
SAY_DUTY = N_("It is: {duty}.")
