"""The record of reviewed templates, for whoever reviews them.

    python tools/templates.py                  what differs from the record, old above new
    python tools/templates.py record --by WHO  enter what differs as reviewed by WHO today

`record` is for whoever has read the difference. An entry that stands keeps its reviewer and day; a
template that is gone loses its entry. `--by` is a person or a rule, as it truly was.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from psysafe.catalogue import LANGUAGES, sentence
from psysafe.desk.reviewing import FORMAT, SHIPPED, Review, Reviews, digest, read
from psysafe.engine.templates import TEMPLATES

HEAD = f"""# Templates of messages, each as it was reviewed. Written by tools/templates.py record.
# by = "rules": held against the class table of messages by tests/house/test_templates.py
# (no place in it that its class may not fill, the same places in Chinese and English). It is no
# review by a person of a school: a school enters its own in templates.toml beside its settings.
format = {FORMAT}
"""


def differences(record: Reviews) -> list[str]:
    """What a reviewer reads: for each template that is not as in the record, old above new."""
    found: list[str] = []
    for template in TEMPLATES.values():
        for language in LANGUAGES:
            text, old = sentence(template.text, language), record.of(template.id, language)
            if old is None or old.digest != digest(text):
                found.append(f"{template.id} ({language}, {template.content.name})")
                found.append(f"  - {old.text if old is not None else 'no review'}")
                found.append(f"  + {text}")
    gone = sorted({one.template for one in record.reviews} - set(TEMPLATES))
    return [*found, *(f"{name}: gone" for name in gone), *record.faults]


def written(record: Reviews, by: str, on: date) -> str:
    """The record as it stands from now on."""
    parts = [HEAD]
    for template in TEMPLATES.values():
        for language in LANGUAGES:
            text, old = sentence(template.text, language), record.of(template.id, language)
            if old is None or old.digest != digest(text):
                old = Review(
                    template=template.id,
                    language=language,
                    text=text,
                    digest=digest(text),
                    by=by,
                    on=on,
                )
            parts.append(
                "[[review]]\n"
                f"template = {_quoted(old.template)}\n"
                f'language = "{language}"\n'
                f"text = {_quoted(old.text)}\n"
                f'digest = "{old.digest}"\n'
                f"by = {_quoted(old.by)}\n"
                f"on = {old.on.isoformat()}\n"
            )
    return "\n".join(parts)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def main(arguments: list[str], file: Path = SHIPPED) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["record"])
    parser.add_argument("--by")
    asked = parser.parse_args(arguments)
    record = read(file) if file.exists() else Reviews()
    found = differences(record)
    if asked.what == "record":
        if not asked.by:
            parser.error("record needs --by: who has reviewed what differs")
        text = written(record, asked.by, datetime.now(UTC).date())
        file.write_text(text, encoding="utf-8")
        print(f"{len(TEMPLATES)} templates recorded")
        return 0
    print("\n".join(found) if found else "every template is as it was reviewed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
