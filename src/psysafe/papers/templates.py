"""Where a template lies: the school's own folder first, then what psysafe ships."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from psysafe.catalogue import LANGUAGES
from psysafe.papers.kinds import KINDS

SHIPPED: Final = Path(__file__).resolve().parent.parent / "data" / "papers"
ENDING: Final = ".docx"


def template(kind: str, language: str, own: Path | None) -> Path:
    """The file of a kind's template: the school's own where it has one."""
    place = Path(language) / f"{kind}{ENDING}"
    if own is not None and (own / place).is_file():
        return own / place
    return SHIPPED / place


def own_templates(own: Path) -> Iterator[tuple[str, str]]:
    """The kind and language of each template that a school has made its own."""
    for language in LANGUAGES:
        for kind in KINDS:
            if (own / language / f"{kind}{ENDING}").is_file():
                yield kind, language


def copied(folder: Path) -> tuple[Path, ...]:
    """Copy the shipped templates that the folder does not hold yet; what a school edited stays."""
    made = []
    for language in LANGUAGES:
        (folder / language).mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            file = folder / language / f"{kind}{ENDING}"
            content = template(kind, language, None).read_bytes()
            try:
                descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
            except FileExistsError:
                continue
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            made.append(file)
    return tuple(made)
