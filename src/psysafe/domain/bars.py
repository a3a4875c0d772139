"""Who is suspected of harming a student, and is kept from all of it: a bar.

A bar names a person of the school or a guardian, with the relatives and the household that are
declared with it. It is provisional at once, and stays until a person lifts it: time never does.
Whoever is barred is asked for nothing, owes nothing, and finds what they would find if nothing
had ever been said.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from psysafe.ids import Actor, PersonId
from psysafe.sensitivity import ItemClass, item, record, ref

PROVISIONAL: Final = "provisional"
CONFIRMED: Final = "confirmed"
#: The contact at the authority outside the school, to whom a message goes where nobody inside may
#: be told. Where it is reached stands in the school's settings.
OUTSIDE: Final = PersonId(Actor("outside:authority"))
#: The duty of whoever knows of a suspicion: to hand it over to all whom the law names.
REPORT_HARM: Final = "report_harm"
CONFIRM_BAR: Final = "confirm_bar"
SECOND_ADULT: Final = "second_adult"
#: The danger fact that says that an adult does harm.
HARM: Final = "harm_by_adult"


@record
class Bar:
    """One person who is barred for one student, with whoever belongs to them."""

    person: PersonId = item(ItemClass.ALLEGATION)
    also: tuple[PersonId, ...] = item(ItemClass.ALLEGATION, default=())
    """declared relatives and household"""
    by: Actor = item(ItemClass.REPORTER)
    at: datetime = ref()
    why: str = item(ItemClass.ALLEGATION, default="")
    state: str = ref(default=PROVISIONAL)
    authority_told: datetime | None = ref(default=None)
    """since when the authority outside knows that nobody inside may be told"""

    @property
    def names(self) -> frozenset[PersonId]:
        """Everybody whom it bars."""
        return frozenset((self.person, *self.also))


@record
class HandedOver:
    """That a suspicion of harm was handed over: to whom, by whom, how. Never sent by a channel."""

    receiver: str = item(ItemClass.ALLEGATION)
    """a code of codes.HARM_RECEIVERS"""
    by: PersonId = item(ItemClass.ALLEGATION)
    at: datetime = ref()
    how: str = item(ItemClass.ALLEGATION, default="")
    """to which person there, by which way"""


def barred_by(bars: Iterable[Bar]) -> frozenset[PersonId]:
    """Everybody whom some bars keep out."""
    return frozenset(name for bar in bars for name in bar.names)
