"""Secrets of a school's settings: named in the file, fetched at the edge, never shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import attrs

from psysafe.contracts.secret import Secret
from psysafe.errors import PlanError

#: A file that holds a secret is short; whatever is longer is the wrong file.
SECRET_LIMIT: Final = 16 * 1024


@attrs.frozen
class SecretRef:
    """Where a secret is to be found: in a variable of the environment or in a file."""

    kind: Literal["env", "file"]
    place: str


def resolve_secret(
    ref: SecretRef, path: str, *, folder: Path, environment: Mapping[str, str] | None = None
) -> Secret:
    """Fetch a secret; `path` names its place in the settings, `folder` is the school's.

    A file's last line end is not part of it. Raises PlanError PSY116 where variable or file is
    missing or empty, PSY021 where the file is longer than a secret can be.
    """
    value = _from_file(folder / ref.place, path) if ref.kind == "file" else None
    if ref.kind == "env":
        value = (os.environ if environment is None else environment).get(ref.place)
    if not value:
        raise PlanError("PSY116", where={"path": f"{path}: {ref.kind} {ref.place}"})
    return Secret(value)


def _from_file(file: Path, path: str) -> str | None:
    try:
        with file.open("rb") as stream:
            content = stream.read(SECRET_LIMIT + 1)
        text = content.decode("utf-8")
    except (OSError, ValueError):
        return None
    if len(content) > SECRET_LIMIT:
        raise PlanError(
            "PSY021", where={"path": path}, field=path, limit=SECRET_LIMIT, unit="bytes"
        )
    return text.removesuffix("\n").removesuffix("\r")
