"""What became of the last messages, for whoever looks after the machine: ids, codes and times.

Accepted is never delivered, delivered is never read, read is never an answer; each stands in a
column of its own, and what nobody signed in another.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.events_receipts import higher
from psysafe.engine.school import School
from psysafe.engine.unsealing import event_of
from psysafe.errors import PsysafeError
from psysafe.wire import read_header

#: How many of the journal's last records are looked through.
LATELY: Final = 1000
_KINDS: Final = frozenset({"attempt_finished", "receipt_heard", "notice_acknowledged"})


def lately(school: School) -> Iterator[tuple[datetime, e.Event]]:
    """Attempts, receipts and answers among the journal's last records, the oldest first.

    Read backwards from its end, a bounded part: nothing is counted while nobody asks.
    """
    end = school.storage.read(school.part, ()).position
    for one in school.storage.journal(school.part, max(end - LATELY, 0), LATELY):
        header = read_header(one.header)
        if header.kind not in _KINDS:
            continue
        try:
            yield header.at, event_of(school, one)
        except PsysafeError:
            continue  # erased, or damaged: `verify` names it


def sent(school: School) -> list[dict[str, Any]]:
    """A line for each notice and channel, the last first: `result`, `receipt`, `hint`, `answered`.

    `result` is what the provider said at once, `receipt` the most that it said later and signed,
    `hint` the same unsigned. `answered`: the receiver has said that they have it.
    """
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    answered: set[str] = set()
    for at, event in lately(school):
        if isinstance(event, e.NoticeAcknowledged):
            answered.add(event.notice)
        elif isinstance(event, e.AttemptFinished):
            before = lines.pop((event.notice, event.channel), {})
            lines[event.notice, event.channel] = {
                "notice": event.notice,
                "channel": event.channel,
                "at": at,
                "result": event.result,
                "code": event.provider_code or "",
                "receipt": before.get("receipt", ""),
                "hint": before.get("hint", ""),
            }
        elif isinstance(event, e.ReceiptHeard):
            line = lines.get((event.notice, event.channel))
            field = "receipt" if event.signed else "hint"
            if line is not None and higher(event.state, line[field]):
                line[field] = event.state
    found = [{**line, "answered": line["notice"] in answered} for line in lines.values()]
    return found[::-1]


def results(lines: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """How many messages of each channel were delivered, read or failed by what was said later."""
    found: dict[str, dict[str, int]] = {}
    for line in lines:
        state = line["receipt"] or (f"{line['hint']}?" if line["hint"] else "")
        if state:
            counts = found.setdefault(line["channel"], {})
            counts[state] = counts.get(state, 0) + 1
    return found
