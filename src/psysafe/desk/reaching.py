"""The operator's view of the channels: what each may carry, what stands against it, a test.

A test is a message of class K0 about nobody. It is shown before it is sent, and sending it goes
the very way of an alarm, with the same limits and the same nine results.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs

from psysafe.contracts.channel import Channel, Message, Problem, ResultClass, trust_of
from psysafe.desk.reviewing import listed
from psysafe.desk.seat import Seat
from psysafe.desk.sent import lately, sent
from psysafe.desk.sent import results as later
from psysafe.domain import events as e
from psysafe.engine import pacing
from psysafe.engine.gather import roster
from psysafe.engine.http_channels import OverHttp
from psysafe.engine.lookups import asked_of
from psysafe.engine.school import School
from psysafe.engine.sending import Allowance, send_over
from psysafe.engine.troubles import Trouble, troubles, undelivered
from psysafe.engine.views import NATIONAL_LINE
from psysafe.engine.words import TEST, phrase
from psysafe.errors import Fact, Finding, InvalidDataError
from psysafe.intake.link_keys import renew_link_keys
from psysafe.intake.settings import Settings
from psysafe.sensitivity import CARRIES, ContentClass, Trust


@attrs.frozen(kw_only=True)
class ChannelTest:
    """A test message, and what became of it; `result` is None where it was not sent."""

    channel: str
    use: str
    trust: str
    to: str = attrs.field(repr=False)
    """the address in the channel's own form"""
    text: str
    result: str | None = None
    code: str | None = None


class Channels:
    """The channels of this school, for whoever looks after the machine."""

    def __init__(self, seat: Seat, settings: Settings) -> None:
        self._seat = seat
        self._settings = settings

    def list(self) -> list[dict[str, Any]]:
        """Each channel: name, plugin, trust, the class it may carry, what stands against it.

        `in_doubt`: what is done where nobody knows whether a message was taken. The provider is
        `asked`; it is sent again and shown `once`, by its key; or it is sent `again` and may be
        read twice. `asked`: what its provider can be asked of a message that it took (`tells`:
        delivered or read, and for how many `hours`); empty where it cannot. Besides: its breaker,
        what its provider's limits still take, what became of the last messages over it at once
        (`results`), and later (`receipts`; with ? where nobody signed).
        """
        school, now = self._seat.school, self._seat.now()
        against = troubles(school)
        results = last_results(school)
        receipts = later(sent(school))
        found: list[dict[str, Any]] = []
        for name in sorted({*self._settings.channels, *school.channels}):
            trust = _trust(school, name)
            carries = CARRIES.get(trust) if trust is not None else None
            chosen = self._settings.channels.get(name)
            found.append(
                {
                    "channel": name,
                    "use": chosen.use if chosen is not None else "host",
                    "trust": trust.name.lower() if trust is not None else "unknown",
                    "carries": carries.name if carries is not None else "nothing",
                    "in_doubt": _in_doubt(school, name),
                    "asked": _asked(school, name),
                    "troubles": sum(t.channel == name for t in against),
                    "breaker": _breaker(against, name, now),
                    "rate": _rate(school, name, now),
                    "results": results.get(name, {}),
                    "receipts": receipts.get(name, {}),
                }
            )
        return found

    def sent(self) -> builtins.list[dict[str, Any]]:
        """The last messages: taken, delivered, read, answered, each by itself. Ids and codes."""
        return [self._seat.plain(line) for line in sent(self._seat.school)]

    def templates(self) -> builtins.list[dict[str, Any]]:
        """Each template in each language: as it is said, as it was reviewed, by whom, when."""
        return listed(self._settings)

    def ask(self, name: str) -> tuple[Finding, ...]:
        """Ask the provider ahead whether what is set up there is approved: PSY610 where not.

        Sends nothing to anybody. Raises InvalidDataError PSY605, PSY601 as `test` does.
        """
        channel = self._known(name)
        if not isinstance(channel, OverHttp):
            return ()
        found: list[Finding] = []
        for problem in channel.examined(Allowance().seconds):
            facts: dict[str, Fact] = {
                "channel": name,
                "field": problem.field,
                "problem": problem.problem,
            }
            found.append(Finding(code="PSY610", facts=facts))
        return tuple(found)

    def renew_links(self) -> int:
        """A new key for the links in messages; how many are believed from now on.

        A net that is open goes on with the old one until it is opened again.
        """
        return len(renew_link_keys(self._settings.folder, self._seat.school.part_key).keys)

    def _known(self, name: str) -> Channel:
        """A channel whose settings can work. Raises InvalidDataError PSY605, PSY601."""
        channel = self._seat.school.channels.get(name)
        if channel is None:
            known = ", ".join(sorted(self._seat.school.channels)) or "none"
            raise _wrong("PSY605", channel=name[:40], known=known)
        for problem in channel.validate():
            raise _wrong("PSY601", channel=name, problem=f"{problem.field}: {problem.problem}")
        return channel

    def test(self, name: str, to: str, *, send: bool = False) -> ChannelTest:
        """What a test message over a channel would be; with `send` it goes out.

        Raises InvalidDataError: PSY605 no such channel, PSY606 no address of it, PSY608 a public
        channel, PSY601 settings that cannot work.
        """
        school = self._seat.school
        channel = school.channels.get(name)
        if channel is None:
            known = ", ".join(sorted(school.channels)) or "none"
            raise _wrong("PSY605", channel=name[:40], known=known)
        trust = _trust(school, name)
        if trust is None or CARRIES.get(trust) is None:
            raise _wrong("PSY608", channel=name)
        for problem in channel.validate():
            raise _wrong("PSY601", channel=name, problem=f"{problem.field}: {problem.problem}")
        parsed = channel.parse_address(to)
        if isinstance(parsed, Problem):
            raise _wrong("PSY606", channel=name, problem=parsed.problem)
        text = self._seat.speaker.plainly([phrase(TEST)], None)
        chosen = self._settings.channels.get(name)
        shown = ChannelTest(
            channel=name,
            use=chosen.use if chosen is not None else "host",
            trust=trust.name.lower(),
            to=parsed,
            text=text,
        )
        if not send:
            return shown
        found = send_over(school.overran, name, channel, self._message(text), parsed, Allowance())
        return attrs.evolve(shown, result=found.cls.value, code=found.provider_code)

    def _message(self, text: str) -> Message:
        school = self._seat.school
        return Message(
            key=f"test/{school.ids.command()}",
            content=ContentClass.K0,
            text=text,
            neutral=text,
            queued=self._seat.now().astimezone(school.calendar.zone),
            urgent=False,
            answer_by=None,
            step=0,
            language=self._seat.speaker.language(None),
            number=NATIONAL_LINE,
        )


def not_taken(test: ChannelTest) -> Iterator[Finding]:
    """What there is to say of a test that was sent and not taken."""
    if test.result not in (None, ResultClass.ACCEPTED.value):
        facts: dict[str, Fact] = {
            "channel": test.channel,
            "result": test.result,
            "code": test.code or "-",
        }
        yield Finding(code="PSY607", facts=facts)


def standing(school: School) -> Iterator[Finding]:
    """What stands against the channels, for `check`: PSY603, PSY604, PSY609, PSY611, PSY612."""
    for trouble in troubles(school):
        yield _standing(trouble, school)
    for lost in undelivered(school):
        about: dict[str, Fact] = {
            "notice": lost.notice,
            "person": lost.person,
            "since": _shown_time(lost.since, school),
            "code": lost.code,
        }
        yield Finding(code="PSY611", facts=about)
    for name in sorted(school.channels):
        until = pacing.left(school, name, school.channels[name], school.clock.now())[1]
        if until is not None:
            shut: dict[str, Fact] = {"channel": name, "until": _shown_time(until, school)}
            yield Finding(code="PSY612", severity="warning", facts=shut)
    people = roster(school).staff
    for person in sorted(people):
        for name, address in sorted(people[person].addresses.items()):
            if name in school.channels and not takes(school.channels[name], address):
                facts: dict[str, Fact] = {"channel": name, "person": person}
                yield Finding(code="PSY609", severity="warning", facts=facts)


def takes(channel: Channel, address: str) -> bool:
    """Whether a channel takes an address. A plugin's own fault counts as a no."""
    try:
        return isinstance(channel.parse_address(address), str)
    except Exception:
        # Its text may quote the address, so nothing is kept of it.
        return False


def _standing(trouble: Trouble, school: School) -> Finding:
    since = _shown_time(trouble.since, school)
    facts: dict[str, Fact] = {"channel": trouble.channel, "since": since, "code": trouble.code}
    if trouble.person is None:
        return Finding(code="PSY603", facts=facts)
    return Finding(code="PSY604", severity="warning", facts={**facts, "person": trouble.person})


def _shown_time(moment: datetime, school: School) -> str:
    return f"{moment.astimezone(school.calendar.zone):%Y-%m-%d %H:%M}"


def _breaker(against: tuple[Trouble, ...], name: str, now: datetime) -> str:
    """closed: it has its place in the order; open: others go first; half_open: it is tried."""
    own = next((t for t in against if t.channel == name and t.person is None), None)
    if own is None:
        return "closed"
    return "open" if own.holds_back(now) else "half_open"


def _rate(school: School, name: str, now: datetime) -> dict[str, Any]:
    """What each limit of a channel's account still takes, and until when it is shut."""
    channel = school.channels.get(name)
    if channel is None:
        return {"limits": []}
    limits, shut = pacing.left(school, name, channel, now)
    found: dict[str, Any] = {"limits": [attrs.asdict(one) for one in limits]}
    return {**found, "shut_until": _shown_time(shut, school)} if shut is not None else found


def last_results(school: School) -> dict[str, dict[str, int]]:
    """What became of the last messages, by channel and result, as the journal has them."""
    found: dict[str, dict[str, int]] = {}
    for _, tried in lately(school):
        if isinstance(tried, e.AttemptFinished):
            counts = found.setdefault(tried.channel, {})
            counts[tried.result] = counts.get(tried.result, 0) + 1
    return found


def _asked(school: School, name: str) -> dict[str, Any]:
    """The most that a channel's provider tells when it is asked, and for how long."""
    said = asked_of(school.channels.get(name))
    hours = said.within / timedelta(hours=1) if said is not None else 0
    return {"tells": said.tells, "hours": hours} if said is not None else {}


def _in_doubt(school: School, name: str) -> str:
    channel = school.channels.get(name)
    if isinstance(channel, OverHttp) and channel.tracing:
        return "asked"
    try:
        once = channel is not None and channel.capabilities.idempotent is True
    except Exception:
        once = False  # a plugin's own fault; sending again is what is always right
    return "once" if once else "again"


def _trust(school: School, name: str) -> Trust | None:
    """The trust that counts for a channel; None where it is not open or says none."""
    channel = school.channels.get(name)
    try:
        return trust_of(channel.capabilities) if channel is not None else None
    except Exception:
        # A plugin's own fault: a channel that cannot say how safe it is, is not safe.
        return None


def _wrong(code: str, **facts: Fact) -> InvalidDataError:
    return InvalidDataError([Finding(code=code, facts=facts)])
