"""Systems that may deliver: opened with the school, and looked over by `check`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from psysafe.engine.gather import roster
from psysafe.engine.inbound import Sender, key_of
from psysafe.engine.school import School
from psysafe.errors import Fact, Finding, PlanError
from psysafe.intake.secret import resolve_secret
from psysafe.intake.settings import Settings

_log = logging.getLogger("psysafe.net")


def opened_senders(settings: Settings) -> dict[str, Sender]:
    """The senders whose key is there. One that is not takes nothing down; `check` names it."""
    found = {}
    for name in settings.inbound:
        sender = _opened(settings, name)
        if isinstance(sender, Sender):
            found[name] = sender
        else:
            _log.error("nothing can be delivered", extra={"sender": name, "code": sender.code})
    return found


def check_inbound(school: School, settings: Settings, now: datetime) -> Iterator[Finding]:
    """Senders that cannot deliver (PSY116, PSY613), and for whom nobody answers (PSY614)."""
    people = roster(school)
    for name, told in settings.inbound.items():
        sender = _opened(settings, name)
        if isinstance(sender, Finding):
            yield sender
        if not people.roles_of(told.by, now):
            facts: dict[str, Fact] = {"name": name, "person": told.by}
            yield Finding(code="PSY614", where={"path": f"inbound.{name}.by"}, facts=facts)


def _opened(settings: Settings, name: str) -> Sender | Finding:
    told, path = settings.inbound[name], f"inbound.{name}.secret"
    try:
        key = key_of(resolve_secret(told.secret, path, folder=settings.folder).reveal())
    except PlanError as error:
        return error.finding
    if key is None:
        return Finding(code="PSY613", where={"path": path}, facts={"name": name})
    return Sender(key=key, by=told.by, source=told.source)
