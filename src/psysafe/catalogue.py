"""What people read, in their own language: Chinese or English.

The key of a text is its English sentence. Rooms below this one mark such sentences with
`errors.N_`; the register of error codes is marked as a whole. The translations lie in
`locale/{zh,en}/LC_MESSAGES/psysafe.{po,mo}`; `tools/messages.py` gathers the sentences and
compiles the files. Facts (`{case}`, `{role}`) are filled in after the translation, so that a
translator may put them where the language wants them.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

import attrs

from psysafe.errors import REGISTER, Fact, Finding

LANGUAGES: Final = ("zh", "en")
"""The languages that psysafe ships, the plans' own first."""


@attrs.frozen(kw_only=True)
class Description:
    """A finding in people's words: what happened, why it matters, what cures it."""

    what: str
    why: str
    cure: str


def shipped(tag: str | None) -> str | None:
    """The shipped language of a language tag (`zh-CN`, `en_GB.UTF-8`), None where there is none."""
    if not tag:
        return None
    primary = tag.replace("_", "-").split("-", 1)[0].split(".", 1)[0].lower()
    return primary if primary in LANGUAGES else None


def choose(
    asked: str | None = None, *, person: str | None = None, school: Iterable[str] = ()
) -> str:
    """The language to speak: the one asked for, else the person's, else the school's first.

    A language that psysafe does not ship is passed over. Where nothing is left it is the first
    of LANGUAGES: a text in an unexpected language is read, an exception at night is not.
    """
    for tag in (asked, person, *school):
        language = shipped(tag)
        if language is not None:
            return language
    return LANGUAGES[0]


@cache
def _translations(language: str) -> gettext.NullTranslations:
    place = files("psysafe") / "locale" / language / "LC_MESSAGES" / "psysafe.mo"
    with place.open("rb") as compiled:
        return gettext.GNUTranslations(compiled)


def speaks(language: str) -> bool:
    """Whether the compiled catalogue of a shipped language is there."""
    try:
        return bool(_translations(language).info())
    except OSError:
        return False


def sentence(text: str, language: str | None) -> str:
    """The sentence in that language, its places for facts still empty.

    A text without translation comes back in English; a test keeps the shipped ones complete.
    """
    return _translations(choose(language)).gettext(text) if text else ""


def say(text: str, language: str | None, /, **facts: Fact) -> str:
    """A marked sentence in that language, filled with facts. KeyError where a fact is missing."""
    return sentence(text, language).format_map(facts)


def describe(finding: Finding, language: str | None) -> Description:
    """What a finding has to say, in that language. KeyError where a fact is missing."""
    code = REGISTER[finding.code]
    return Description(
        what=finding.text(sentence(code.what, language)),
        why=finding.text(sentence(code.why, language)),
        cure=finding.text(sentence(code.cure, language)),
    )
