"""The keys of acknowledgement links, in the school's `keys` folder; renewed without a gap.

A school that has renewed none signs with a key that follows from its part key. A renewed file
holds a line a key, `NUMBER HEX`, newest first: the first signs, all are believed.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Final

from psysafe.engine.links import LinkKeys
from psysafe.errors import PlanError

FILE: Final = Path("keys") / "links.key"
#: Keys that are believed after they were renewed, besides the one that signs.
KEPT: Final = 2
_LINE: Final = re.compile(r"([0-9]{1,3}) ([0-9a-f]{64})")


def read_link_keys(folder: Path, part_key: bytes) -> LinkKeys:
    """The keys of a school's folder. Raises PlanError PSY019 where the file cannot be read."""
    file = folder / FILE
    if not file.exists():
        return LinkKeys.derived(part_key)
    try:
        lines = file.read_text(encoding="ascii").split("\n")
    except (OSError, ValueError):
        raise PlanError("PSY019", path=str(FILE)) from None
    found = [_LINE.fullmatch(line) for line in lines if line]
    keys = [(int(each[1]), bytes.fromhex(each[2])) for each in found if each is not None]
    if not keys or len(keys) != len(found) or any(number > 255 for number, _ in keys):
        raise PlanError("PSY019", path=str(FILE))
    return LinkKeys(tuple(keys))


def renew_link_keys(folder: Path, part_key: bytes) -> LinkKeys:
    """A new key that signs from now on; the last ones are believed until they are renewed too."""
    before = read_link_keys(folder, part_key)
    number = (before.keys[0][0] + 1) % 256
    keys = ((number, secrets.token_bytes(32)), *before.keys[:KEPT])
    file = folder / FILE
    new = file.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.writelines(f"{name} {key.hex()}\n" for name, key in keys)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(file)
    return LinkKeys(keys)
