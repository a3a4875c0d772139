"""`[inbound.NAME]`: a system of the school's that may deliver what somebody was told.

[inbound.wechat]
secret = { file = "keys/inbound-wechat" }    # whsec_..., as Standard Webhooks has it
by = "staff:t-017"                           # who answers for what it delivers
source = "message"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from psysafe.domain.codes import SOURCES
from psysafe.domain.tables import Table
from psysafe.errors import InvalidDataError
from psysafe.ids import Actor, PersonId, kind_of, person
from psysafe.intake.secret import SecretRef

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
#: By which way somebody on the staff is told something.
TOLD_BY: Final = (
    "message",
    "telephone",
    "hotline",
    "one_to_one",
    "teacher_observation",
    "guardian",
    "peer",
)


@attrs.frozen(kw_only=True)
class InboundSender:
    """One sender: where its secret lies, who answers for it, by which way things reach it."""

    secret: SecretRef
    by: PersonId
    source: str


def read_inbound(
    top: Table, secret_ref: Callable[[Mapping[str, object]], SecretRef | None]
) -> Mapping[str, InboundSender]:
    """Every `[inbound.NAME]`; what is wrong is noted among the faults."""
    found = {}
    for name, table in top.named_tables("inbound"):
        if not _NAME.fullmatch(name):
            top.faults.add("PSY103", table.path, expected="a name of lower-case letters")
        secret = _secret(table, secret_ref)
        by, source = _person(table), table.text("source", "message", limit=40)
        if source not in TOLD_BY or source not in SOURCES:
            table.wrong("source", "one of: " + ", ".join(TOLD_BY))
        table.refuse_the_rest()
        if secret is not None:
            found[name] = InboundSender(secret=secret, by=by, source=source)
    return found


def _secret(
    table: Table, secret_ref: Callable[[Mapping[str, object]], SecretRef | None]
) -> SecretRef | None:
    given = table.table("secret")
    ref = secret_ref(dict(given.rest())) if given is not None else None
    if given is not None and ref is None:
        table.wrong("secret", 'a reference: { env = "NAME" } or { file = "PATH" }')
    return ref


def _person(table: Table) -> PersonId:
    text = table.text("by", limit=40)
    try:
        if text and kind_of(person(text)) == "staff":
            return person(text)
    except InvalidDataError:
        pass
    if text:
        table.wrong("by", "somebody on the staff, such as staff:t-017")
    return PersonId(Actor(""))
