"""Gather what people read, and compile its translations.

    python tools/messages.py gather     new and vanished sentences into the .po files
    python tools/messages.py compile    the .mo files from the .po files
    python tools/messages.py check      exit 1 where either would change anything

Sentences come from the register of error codes and from calls of `N_("...")` and `say("...")`.
The files carry no dates and no tool version, so that the same sentences give the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from psysafe.errors import REGISTER

SOURCE = Path(__file__).resolve().parent.parent / "src" / "psysafe"
LANGUAGES = ("zh", "en")
PLURALS = {"zh": "nplurals=1; plural=0;", "en": "nplurals=2; plural=(n != 1);"}


class UndatedCatalog(Catalog):
    """A catalogue whose header says nothing that changes from day to day."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        language = str(self.locale)
        return [
            ("Project-Id-Version", "psysafe"),
            ("Language", language),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", PLURALS[language]),
        ]

    @mime_headers.setter
    def mime_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        self._set_mime_headers(headers)


def path_of(language: str, suffix: str, root: Path = SOURCE) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / f"psysafe.{suffix}"


def sentences(source: Path = SOURCE) -> dict[str, list[str]]:
    """Every sentence that people may read, with the notes for its translator."""
    found: dict[str, list[str]] = {}
    for code, entry in REGISTER.items():
        for part in ("what", "why", "cure"):
            found.setdefault(getattr(entry, part), []).append(f"{code} {part}")
    keywords = {"N_": (1,), "say": (1,)}
    for place, _, message, *_ in extract_from_dir(
        source, method_map=[("**.py", "python")], keywords=keywords
    ):
        text = message if isinstance(message, str) else message[0]
        found.setdefault(text, []).append(place)
    return found


def read(language: str) -> dict[str, str]:
    """The translations there are, by sentence."""
    path = path_of(language, "po")
    if not path.exists():
        return {}
    with path.open("rb") as source:
        return {str(m.id): str(m.string) for m in read_po(source, locale=language) if m.id}


def catalogue(language: str) -> UndatedCatalog:
    """All sentences of today with the translations there are; vanished ones are dropped."""
    known = read(language)
    result = UndatedCatalog(locale=language, domain="psysafe", header_comment="", fuzzy=False)
    for text, notes in sentences().items():
        result.add(text, known.get(text, ""), auto_comments=sorted(set(notes)))
    return result


def po_bytes(language: str) -> bytes:
    out = BytesIO()
    write_po(out, catalogue(language), width=0)
    return out.getvalue().strip() + b"\n"


def mo_bytes(language: str) -> bytes:
    """What the .po file of this language compiles to."""
    compiled = UndatedCatalog(locale=language, domain="psysafe", fuzzy=False)
    for text, translation in read(language).items():
        compiled.add(text, translation)
    out = BytesIO()
    write_mo(out, compiled)
    return out.getvalue()


def main(arguments: list[str]) -> int:
    if arguments not in (["gather"], ["compile"], ["check"]):
        print(__doc__, file=sys.stderr)
        return 2
    stale = 0
    made = {"po": po_bytes, "mo": mo_bytes}
    wanted = {"gather": ["po"], "compile": ["mo"], "check": ["po", "mo"]}[arguments[0]]
    for language in LANGUAGES:
        for suffix in wanted:
            path, content = path_of(language, suffix), made[suffix](language)
            if path.exists() and path.read_bytes() == content:
                continue
            stale += 1
            if arguments[0] == "check":
                print(f"{path.name} of {language} is not up to date")
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                print(f"wrote {path.name} of {language}")
    return 1 if arguments[0] == "check" and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
