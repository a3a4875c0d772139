"""The privacy policy in words that a head teacher reads: rules, effects, viewers, items, states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from psysafe.catalogue import sentence
from psysafe.errors import N_

#: What the rules say that stand beside the matrix. Laws are named for orientation.
OVERLAYS: Final[Mapping[str, str]] = {
    "X1": N_(
        "Denied: whoever is suspected of harming the student, their relatives and their household "
        "find what they would find if nothing had ever been said."
    ),
    "X2": N_(
        "Denied: who asks, for what, and in which state of the case must all be known. Whatever "
        "is missing or unknown is read as no."
    ),
    "X3": N_(
        "Denied: what was written down for the epidemic is not shown any more once that purpose "
        "has closed."
    ),
    "X4": N_(
        "Denied: nobody has consented to this being passed on to this receiver, or the consent was "
        "taken back. What was kept stays kept."
    ),
    "X5": N_(
        "Shown although nobody consented: a person has confirmed a danger, or a rule says imminent "
        "and no person has looked yet (at most twelve hours). The student is told afterwards."
    ),
    "X6": N_(
        "Denied: a relative of the student who works at the school sees nothing of how the student "
        "is in mind, in any role."
    ),
    "X7": N_("Denied: the student is of age, and guardians look only with the student's consent."),
    "G1": N_(
        "Only in its short form: the student is old enough to be asked, and has not agreed that "
        "this guardian sees details. In danger guardians see what is needed to help."
    ),
    "J1": N_(
        "Denied: the journal cannot be written, so nobody would know of this look. In a crisis "
        "what is needed to help stays readable, and the look is written down later."
    ),
    "X8": N_(
        "Denied: the relation is over. While a case waits for its new people, only what the crisis "
        "needs is left."
    ),
    "X9": N_(
        "Shown for a stated reason and a limited time. The counselor in charge was told, and a "
        "person reviews it."
    ),
    "X10": N_(
        "A message never says more than its channel may carry: a public channel nothing about "
        "anybody, a shared one no name, only a sealed one everything that may be sent."
    ),
    "X11": N_(
        "Denied: this number is so small that it would point at somebody. What could betray it by "
        "subtraction is hidden with it."
    ),
    "X12": N_(
        "So many students at once need a second person's yes: for this list, once, for a limited "
        "time. What somebody owes to each student is never held up by it."
    ),
    "X13": N_(
        "Denied, always: nothing of this goes into a school record, an honour or a punishment."
    ),
    "X15": N_("Denied: the student was erased, and answers as one who never was."),
    "X16": N_(
        "Told in its short form: the student, or a guardian of a child under fourteen, asked what "
        "is kept, and a person wrote down what of the notes they may have."
    ),
    "P1": N_(
        "A plugin objected, or failed while it was asked. That can only take something away, and "
        "it never stops an alarm."
    ),
}
EFFECTS: Final[Mapping[str, str]] = {
    "deny": N_("not shown"),
    "statistics": N_("in suppressed figures only"),
    "break_glass": N_("only for a stated reason, with notice and review"),
    "redact": N_("in its fixed short form"),
    "allow": N_("shown in full"),
}
#: The same in a cell of a table.
SHORT: Final[Mapping[str, str]] = {
    "deny": N_("no"),
    "statistics": N_("figures"),
    "break_glass": N_("with reason"),
    "redact": N_("short form"),
    "allow": N_("full"),
}
STATES: Final[Mapping[str, str]] = {
    "routine": N_("no live case"),
    "attention": N_("a live case"),
    "crisis": N_("crisis"),
    "referral": N_("referral"),
    "report": N_("report due"),
}
ITEMS: Final[Mapping[str, str]] = {
    "display_name": N_("name"),
    "civil_identity": N_("student number, birth date"),
    "contact": N_("telephones, guardians"),
    "class_placement": N_("class"),
    "exposure": N_("exposure to the epidemic"),
    "observation": N_("what was observed"),
    "reporter": N_("who reported"),
    "mood_checkin": N_("mood entries"),
    "scale_level": N_("what a screening found"),
    "scale_items": N_("single answers of a screening"),
    "counseling_notes": N_("counseling notes"),
    "risk_level": N_("severity, state, duties"),
    "crisis_flag": N_("the declared crisis"),
    "safety_plan": N_("safety plan"),
    "supervision": N_("who is with the student, where"),
    "contact_log": N_("contact with guardians"),
    "referral_summary": N_("referrals, advice, reports"),
    "allegation": N_("suspected harm by an adult"),
    "consent": N_("consents"),
    "audit_trail": N_("who looked at what"),
}
VIEWERS: Final[Mapping[str, str]] = {
    "student": N_("student"),
    "guardian": N_("legal guardian"),
    "homeroom_teacher": N_("homeroom teacher"),
    "grade_head": N_("grade head"),
    "student_affairs_head": N_("head of student affairs"),
    "duty_adult": N_("duty adult, while on duty"),
    "school_doctor": N_("school doctor"),
    "counselor_assigned": N_("counselor of this student"),
    "counselor_unassigned": N_("any other counselor"),
    "counseling_expert": N_("counseling expert"),
    "safeguarding_lead": N_("safeguarding lead"),
    "leading_group": N_("crisis leading group"),
    "class_representative": N_("class mental-health representative"),
    "hotline_volunteer": N_("hotline volunteer, in a live call"),
    "medical_institution": N_("medical institution"),
    "police": N_("police"),
    "education_authority": N_("education authority"),
    "receiving_school": N_("receiving school"),
    "registrar": N_("registrar"),
    "it_admin": N_("IT administrator"),
    "author": N_("whoever wrote the record"),
}


def item_words(items: Iterable[str], language: str | None) -> str:
    """Item classes by their names in that language; what is no item class stays as it is."""
    comma = "、" if language == "zh" else ", "
    return comma.join(sentence(ITEMS[item], language) if item in ITEMS else item for item in items)
