"""Write the golden files of `psysafe demo`: what each person was sent and could see, and the whole.

    python tools/demo_golden.py         write tests/golden/demo/{zh,en}/NAME.txt
    python tools/demo_golden.py check   exit 1 where a file would change

Read the difference before it is committed: a line more in somebody's transcript is somebody who
sees more.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from psysafe.catalogue import LANGUAGES
from psysafe.cli.demo import played
from psysafe.cli.demo_night import ACTORS
from psysafe.cli.demo_page import transcript, whole

PLACE = Path(__file__).resolve().parent.parent / "tests" / "golden" / "demo"


def pages(language: str) -> dict[str, str]:
    """Each golden file's text, by its path below the folder."""
    with tempfile.TemporaryDirectory() as folder:
        voice, told = played(Path(folder) / "school", language)
    made = {name: transcript(voice, name, told) for name in ACTORS}
    made["whole"] = whole(voice, told, None)
    return {f"{language}/{name}.txt": "\n".join(lines) + "\n" for name, lines in made.items()}


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["check"]):
        print(__doc__, file=sys.stderr)
        return 2
    stale = 0
    for language in LANGUAGES:
        for name, text in pages(language).items():
            path = PLACE / name
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            stale += 1
            if not arguments:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            print(f"{name} {'is not up to date' if arguments else 'written'}")
    return 1 if arguments and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
