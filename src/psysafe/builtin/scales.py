"""The scales that come with the library, read from its data folder when they are asked for."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from psysafe.contracts.extras import ScaleRecord


def shipped_scales() -> list[ScaleRecord]:
    """Every shipped instrument as plain data, by name. Nothing is read at import."""
    return list(_read())


@cache
def _read() -> tuple[ScaleRecord, ...]:
    folder = files("psysafe") / "data" / "scales"
    found = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".toml")),
        key=lambda entry: entry.name,
    )
    return tuple(
        ScaleRecord(
            name=entry.name.removesuffix(".toml"),
            definition=tomllib.loads(entry.read_text(encoding="utf-8")),
        )
        for entry in found
    )
