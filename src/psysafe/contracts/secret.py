"""A secret as a plugin gets it: in hand, and shown to nobody."""

from __future__ import annotations


class Secret:
    """A secret in hand. Shows nothing of itself; `reveal()` is for the one who must send it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself. Never log it, never put it into an error."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __reduce__(self) -> tuple[type, tuple[()]]:
        raise TypeError("a secret is not written down")
