"""What may be passed on to whom, by whose leave: a consent, for one purpose and one receiver.

A consent names what it is for, who receives, and what may be passed on, in the words of a form that
a family signs. Whoever gave it may take it back at any time; what was kept stays kept, and nothing
more is passed on (X4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from psysafe.ids import ConsentId, PersonId
from psysafe.sensitivity import ItemClass, item, record, ref

_I = ItemClass

#: What a family reads on the form, and the items that it means. Notes, answers, reporters and
#: allegations are in none of them: no consent opens these.
SCOPES: Final[Mapping[str, tuple[ItemClass, ...]]] = MappingProxyType(
    {
        "identity": (_I.DISPLAY_NAME, _I.CIVIL_IDENTITY, _I.CLASS_PLACEMENT),
        "contact": (_I.CONTACT,),
        "situation": (
            _I.RISK_LEVEL,
            _I.CRISIS_FLAG,
            _I.SUPERVISION,
            _I.SAFETY_PLAN,
            _I.EXPOSURE,
        ),
        "observation": (_I.OBSERVATION, _I.MOOD_CHECKIN),
        "screening": (_I.SCALE_LEVEL,),
        "family": (_I.CONTACT_LOG,),
    }
)
#: What belongs to every referral itself, once it is opened.
ALWAYS: Final = (_I.REFERRAL_SUMMARY, _I.CONSENT)
#: What danger to life opens without a consent (X5): who it is, where, how to reach the family.
IN_DANGER: Final = frozenset(
    {
        _I.DISPLAY_NAME,
        _I.CONTACT,
        _I.CLASS_PLACEMENT,
        _I.CRISIS_FLAG,
        _I.SAFETY_PLAN,
        _I.SUPERVISION,
        _I.CONTACT_LOG,
    }
)
#: What a consent to a receiver of this role is for.
PURPOSE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "counselor": "counseling",
        "counseling_expert": "counseling",
        "district_center": "counseling",
        "medical_institution": "medical_care",
        "receiving_school": "school_transfer",
    }
)
#: What a consent is for by which a student lets a guardian look (X7).
GUARDIANS: Final = "guardian_sight"
#: What a consent is for by which a student not yet of age lets a guardian see details (G1).
DETAILS: Final = "guardian_details"


@record
class Consent:
    """That somebody agreed: for what, to whom, how much, until they take it back or it lapses."""

    id: ConsentId = ref()
    purpose: str = item(ItemClass.CONSENT)
    """a code of codes.CONSENT_PURPOSES"""
    receiver: PersonId = item(ItemClass.CONSENT)
    by: PersonId = item(ItemClass.CONSENT)
    """the student, or a legal guardian"""
    scope: tuple[str, ...] = item(ItemClass.CONSENT)
    """codes of SCOPES"""
    given: datetime = ref()
    recorded_by: PersonId = ref()
    how: str = item(ItemClass.CONSENT, default="")
    """on paper, by telephone, ..."""
    withdrawn: datetime | None = ref(default=None)
    until: datetime | None = ref(default=None)
    """from then on it counts no more; None: it has no day"""
    lapsed: datetime | None = ref(default=None)
    """when it was found not to count any more, though nobody took it back"""

    @property
    def over(self) -> bool:
        return self.withdrawn is not None or self.lapsed is not None


def items_in(scope: Iterable[str]) -> tuple[str, ...]:
    """The items that some scopes open, with those of every referral, in the matrix's order."""
    opened = {one for code in scope for one in SCOPES[code]} | set(ALWAYS)
    return tuple(one.value for one in ItemClass if one in opened)
