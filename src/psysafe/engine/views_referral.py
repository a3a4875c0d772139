"""What a view says of consents, of requests to hand a student on, and of their offers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psysafe.domain.files import Case, StudentFile
from psysafe.domain.referrals import Offer
from psysafe.domain.world import World


def referrals_of(world: World, case: Case) -> dict[str, Any]:
    """The requests of a case with their offers; without the key where there is none."""
    found = [one for one in world.file.referrals if one.case == case.id]
    if not found:
        return {}
    return {
        "referrals": [
            {
                "referral": one.id,
                "state": one.state,
                "by": one.by,
                "at": one.at,
                "summary": one.summary,
                "offers": [_offer(world.file, offer) for offer in one.offers],
            }
            | {
                key: value
                for key, value in {
                    "opinion": one.opinion,
                    "limits": list(one.limits),
                    "basis": one.basis,
                    "basis_why": one.basis_why,
                    "held": one.held,
                }.items()
                if value
            }
            for one in found
        ]
    }


def _offer(file: StudentFile, offer: Offer) -> dict[str, Any]:
    found: dict[str, Any] = {
        "offer": offer.id,
        "receiver": offer.receiver,
        "role": offer.role,
        "state": offer.state,
        "offered": offer.offered,
        "scope": list(offer.scope),
    }
    if offer.waiting:
        duty = file.duty(offer.duty)
        found["due"] = duty.due if duty is not None else offer.due
    told = {"why": offer.why, "outcome": offer.outcome, "then": list(offer.then)}
    return found | {key: value for key, value in told.items() if value}


def accounts_of(world: World, case: Case) -> dict[str, Any]:
    """The counselor's detailed records behind the requests (C6.1); they stay in the school."""
    found = [one for one in world.file.referrals if one.case == case.id]
    if not found:
        return {}
    return {"referral_accounts": [{"referral": one.id, "account": one.account} for one in found]}


def consents_of(world: World, case: Case, now: datetime) -> dict[str, Any]:
    """Every consent, until when it counts, and whether it was taken back or lapsed."""
    if not world.file.consents:
        return {}
    return {
        "consents": [
            {
                "consent": one.id,
                "purpose": one.purpose,
                "receiver": one.receiver,
                "by": one.by,
                "scope": list(one.scope),
                "given": one.given,
                "how": one.how,
            }
            | {
                key: moment
                for key in ("withdrawn", "lapsed", "until")
                if (moment := getattr(one, key)) is not None
            }
            for one in world.file.consents
        ]
    }


def consented_to(file: StudentFile) -> tuple[str, ...]:
    """The redacted form: for which purposes there is a consent that is in force."""
    held = {one.purpose for one in file.consents if not one.over}
    return tuple(f"consent_purposes:{purpose}" for purpose in sorted(held))
