"""The deletion ledger: a file beside the store that says who must never come back.

A backup from before an erasure still holds whoever was erased. So each erasure leaves a mark here
once it is decided, and once more when nothing is left to do; whatever backup is put back, the marks
are looked for in it when the school is opened. A mark is a keyed digest of an opaque id: it
recognises somebody whom one has before one, and names nobody.

The file is only appended to, a line at a time, so several processes and a kill harm nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import attrs

from psysafe.clock import to_wire
from psysafe.errors import StorageError

FILE: Final = "erased.ledger"
GONE: Final = "gone"
DONE: Final = "done"


@attrs.frozen
class DeletionLedger:
    """The ledger of one school. `file` need not be there yet."""

    file: Path

    def read(self) -> Mapping[str, bool]:
        """Every mark, the oldest first, and whether its erasure was finished.

        A torn line was promised to nobody. Raises StorageError PSY406 where it cannot be read.
        """
        try:
            text = self.file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StorageError("PSY406", problem=f"ledger: {type(error).__name__}") from None
        found: dict[str, bool] = {}
        for line in text.splitlines():
            try:
                told = json.loads(line)
                mark, state = told["mark"], told["state"]
            except (ValueError, TypeError, KeyError):
                continue
            if isinstance(mark, str):
                found[mark] = state == DONE
        return found

    def gone(self, mark: str, at: datetime) -> None:
        """Say that somebody is erased; on the disk when this returns."""
        self._append(mark, GONE, at)

    def done(self, mark: str, at: datetime) -> None:
        """Say that nothing is left to do about it."""
        self._append(mark, DONE, at)

    def length(self) -> int:
        """What is another number once something was added; 0 while there is none."""
        try:
            return self.file.stat().st_size
        except OSError:
            return 0

    def _append(self, mark: str, state: str, at: datetime) -> None:
        line = json.dumps({"mark": mark, "state": state, "at": to_wire(at)}, sort_keys=True)
        new = not self.file.exists()
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            descriptor = os.open(self.file, flags, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                # A line end in front too: whatever tore before this line does not take it along.
                stream.write(f"\n{line}\n".encode())
                stream.flush()
                os.fsync(stream.fileno())
            if new:
                _sync_folder(self.file.parent)
        except OSError as error:
            raise StorageError("PSY406", problem=f"ledger: {type(error).__name__}") from None


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # a folder cannot be opened there; its entries are journalled
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
