"""Make the templates of the papers: this program is their source, the .docx files are its product.

    python tools/papers.py make     writes src/psysafe/data/papers/LANGUAGE/KIND.docx
    python tools/papers.py check    exit 1 where a file is not what would be written

Compared is what stands in the files, part by part: how a zip is packed differs from machine to
machine. The words of each paper are in `paper_texts.py`.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import paper_texts
import word_parts

HOME = Path(__file__).resolve().parent.parent / "src" / "psysafe" / "data" / "papers"
LANGUAGES = ("zh", "en")


def wanted() -> dict[Path, dict[str, str]]:
    """Every template's parts, by its place."""
    return {
        Path(language) / f"{kind}.docx": word_parts.document(language, make)
        for language in LANGUAGES
        for kind, make in paper_texts.PAPERS.items()
    }


def packed(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(
                zipfile.ZipInfo(name, (2020, 2, 10, 0, 0, 0)), text.encode(), zipfile.ZIP_DEFLATED
            )
    return out.getvalue()


def unpacked(file: Path) -> dict[str, str]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def stale(home: Path = HOME) -> list[str]:
    """The files that are not what this program makes: missing, changed, or nobody's."""
    made = wanted()
    found = [
        str(place)
        for place, parts in made.items()
        if not (home / place).is_file() or unpacked(home / place) != parts
    ]
    known = {home / place for place in made}
    return found + [str(f.relative_to(home)) for f in home.rglob("*.docx") if f not in known]


def make(home: Path = HOME) -> None:
    for place, parts in wanted().items():
        (home / place).parent.mkdir(parents=True, exist_ok=True)
        if not (home / place).is_file() or unpacked(home / place) != parts:
            (home / place).write_bytes(packed(parts))


def main(arguments: list[str]) -> int:
    if arguments == ["make"]:
        make()
        return 0
    if arguments == ["check"]:
        for place in (found := stale()):
            print(f"{place} is not what tools/papers.py makes: run it with make")
        return int(bool(found))
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
