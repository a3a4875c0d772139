"""Codes 6xx: channels. Each says what, why it matters, and the cure."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY601": (
        "channel {channel}: {problem}",
        "messages over it would not arrive",
        "mend its settings",
    ),
    "PSY602": (
        "notice {notice} could not be delivered over any channel",
        "somebody who must know does not know",
        "call by telephone; the route goes on to the next person",
    ),
}
