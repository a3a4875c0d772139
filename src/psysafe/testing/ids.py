"""Command ids that count, so that two schools played alike hold the same ids.

All other ids are made from the command's id and the school's key. Two worlds that get the same
commands in the same order can therefore be compared letter by letter.
"""

from __future__ import annotations

from threading import Lock

from psysafe.ids import CommandId

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class CountingIds:
    """`cmd-000000000001`, `cmd-000000000002` and so on, each once. Safe to use from threads."""

    __slots__ = ("_lock", "_next")

    def __init__(self, first: int = 1) -> None:
        self._lock = Lock()
        self._next = first

    @property
    def next_number(self) -> int:
        """The number of the next command id."""
        return self._next

    def skip_to(self, number: int) -> None:
        """Go on with this number, so that two worlds which differ so far go on alike.

        Raises ValueError for a number that was given already.
        """
        with self._lock:
            if number < self._next:
                raise ValueError("a command id is given once only")
            self._next = number

    def command(self) -> CommandId:
        """The next command id."""
        with self._lock:
            number = self._next
            self._next += 1
        letters = "".join(_ALPHABET[(number >> shift) & 31] for shift in range(55, -1, -5))
        return CommandId(f"cmd-{letters}")
