"""Filling a template with the texts of one paper. The only room that knows docxtpl."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from psysafe.errors import InvalidDataError, PlanError
from psysafe.papers.kinds import TEXT, Field, Kind
from psysafe.papers.looking import looked_through
from psysafe.papers.refusing import refused

#: What a document says of itself and may quote from a field: all of it is emptied.
_PROPERTIES: Final = (
    *("author", "category", "comments", "content_status", "identifier", "keywords"),
    *("last_modified_by", "subject", "title", "version"),
)

_EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)


def ready() -> None:
    """Raises PlanError PSY156 without the extra: before anything is read and journalled."""
    try:
        import docxtpl  # noqa: F401
    except ImportError:
        raise PlanError("PSY156") from None


def filled(file: Path, kind: Kind, values: Mapping[str, Any], now: datetime) -> bytes:
    """A paper as the bytes of a Word file.

    Raises PlanError PSY156 without the extra, InvalidDataError PSY158 where the template is
    refused: what is in its file, what its fields name, or what comes of it.
    """
    ready()
    from docxtpl import DocxTemplate

    from psysafe.papers.language import Checked

    name = f"{file.parent.name}/{file.name}"
    content = looked_through(file, name)
    out = io.BytesIO()
    try:
        document = DocxTemplate(io.BytesIO(content))
        document.init_docx()
        _emptied(document, now)
        document.render(dict(values), Checked(name, kind.fields, values), autoescape=True)
        document.save(out)
    except InvalidDataError:
        raise
    except Exception as error:
        # A library's own words may quote the template or a field, so only the type is kept.
        raise refused(name, f"no document comes of it ({type(error).__name__})") from None
    return out.getvalue()


def tried(file: Path, kind: Kind) -> None:
    """Fill a template with nothing, to see whether it can be used. Raises as `filled`."""
    filled(file, kind, {key: _nothing(field) for key, field in kind.fields.items()}, _EPOCH)


def _nothing(field: Field) -> Any:
    """One entry a list, so that what stands inside is tried too."""
    if field == TEXT:
        return ""
    if isinstance(field, list):
        return [_nothing(field[0])]
    return {key: _nothing(inner) for key, inner in field.items()}


def _emptied(document: Any, now: datetime) -> None:
    """Nothing of a person in the properties, neither by a field nor by whoever edited it."""
    properties = document.docx.core_properties
    for name in _PROPERTIES:
        setattr(properties, name, "")
    properties.created = properties.modified = now.replace(tzinfo=None)
    properties.revision = 1
