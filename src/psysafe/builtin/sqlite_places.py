"""The index values of a document as the embedded store keeps them beside it: one short text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from json.encoder import encode_basestring

from psysafe.builtin import sqlite_statements as sql
from psysafe.contracts.storage import document_kind
from psysafe.errors import StorageError


class Places(Mapping[str, str]):
    """A document's index values, taken apart only when somebody looks: a list seldom does."""

    __slots__ = ("_key", "_text", "_values")

    def __init__(self, key: str, text: str) -> None:
        self._key = key
        self._text = text
        self._values: dict[str, str] | None = None

    def _taken_apart(self) -> dict[str, str]:
        if self._values is None:
            found = {"kind": document_kind(self._key)}
            try:
                found |= dict(zip(sql.OWN_FIELDS, json.loads(self._text), strict=True))
            except ValueError:
                raise StorageError("PSY403", record=self._key, problem="index values") from None
            self._values = {field: value for field, value in found.items() if value}
        return self._values

    def __getitem__(self, field: str) -> str:
        return self._taken_apart()[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self._taken_apart())

    def __len__(self) -> int:
        return len(self._taken_apart())


def write_places(values: Sequence[str]) -> str:
    """A list of texts as JSON: each written by the encoder's own part, without the way there."""
    return f"[{','.join(map(encode_basestring, values))}]"
