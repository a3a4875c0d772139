"""The record of reviewed templates: what psysafe ships, and what a school has looked at itself.

`data/templates.toml` holds each template in each language with the digest of its text, by whom it
was reviewed and when. A school adds its own reviews in `templates.toml` beside its settings: of
wordings of its own, and of the texts that a provider of SMS or WeChat holds for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import attrs

from psysafe.catalogue import LANGUAGES, sentence
from psysafe.contracts.channel import Channel
from psysafe.engine.templates import TEMPLATES, Template
from psysafe.errors import Fact, Finding, PlanError
from psysafe.intake.settings import Settings
from psysafe.intake.toml_file import read_toml

SHIPPED: Final = Path(__file__).resolve().parent.parent / "data" / "templates.toml"
OWN: Final = "templates.toml"
FORMAT: Final = 1
#: How the settings begin in which a channel names a text that its provider holds.
PROVIDERS: Final = "template"


@attrs.frozen(kw_only=True)
class Review:
    """One template in one language, as somebody has reviewed it."""

    template: str
    language: str
    text: str
    digest: str
    by: str
    on: date


@attrs.frozen(kw_only=True)
class Held:
    """A text that a provider holds for a channel, by its code, as the school has reviewed it."""

    channel: str
    setting: str
    code: str
    by: str
    on: date


@attrs.frozen(kw_only=True)
class Reviews:
    """A record of reviews, read. `faults`: the entries that could not be used, by number."""

    reviews: tuple[Review, ...] = ()
    held: tuple[Held, ...] = ()
    faults: tuple[str, ...] = ()
    _known: frozenset[tuple[str, str, str]] = attrs.field(
        init=False,
        repr=False,
        default=attrs.Factory(
            lambda self: frozenset((r.template, r.language, r.digest) for r in self.reviews),
            takes_self=True,
        ),
    )

    def knows(self, template: str, language: str, text: str) -> bool:
        """Whether this very text was reviewed."""
        return (template, language, digest(text)) in self._known

    def of(self, template: str, language: str) -> Review | None:
        found = [r for r in self.reviews if (r.template, r.language) == (template, language)]
        return found[-1] if found else None


def digest(text: str) -> str:
    """The digest of a template's text: 32 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def shipped() -> Reviews:
    """The record that psysafe ships. Never raises: where an installation has lost it, no sentence
    stands, and every message goes as the program's own neutral text."""
    return _read_or_none(SHIPPED)


def own(folder: Path) -> Reviews:
    """A school's own record; an empty one where it has none. Never raises: calls depend on it."""
    file = folder / OWN
    return _read_or_none(file) if file.exists() else Reviews()


def _read_or_none(file: Path) -> Reviews:
    try:
        return read(file)
    except PlanError as error:
        return Reviews(faults=(error.code,))


def read(file: Path) -> Reviews:
    """A record from its file; an entry with a fault counts as none. Raises as `read_toml`."""
    content = read_toml(file)
    reviews: list[Review] = []
    held: list[Held] = []
    faults = [] if content.get("format") == FORMAT else ["format"]
    faults += sorted(f"{key}"[:40] for key in set(content) - {"format", "review", "provider"})
    for number, entry in enumerate(_entries(content, "review"), 1):
        review = _review(entry)
        if review is None:
            faults.append(f"review {number}")
        else:
            reviews.append(review)
    for number, entry in enumerate(_entries(content, "provider"), 1):
        one = _made(Held, entry, ("channel", "setting", "code", "by"))
        if one is None:
            faults.append(f"provider {number}")
        else:
            held.append(one)
    return Reviews(reviews=tuple(reviews), held=tuple(held), faults=tuple(faults))


def _entries(content: Mapping[str, Any], key: str) -> Sequence[object]:
    found = content.get(key, [])
    return found if isinstance(found, list) else [None]


def _review(entry: object) -> Review | None:
    made: Review | None = _made(Review, entry, ("template", "language", "text", "digest", "by"))
    if made is None or made.template not in TEMPLATES or made.language not in LANGUAGES:
        return None
    return made if made.digest == digest(made.text) else None


def _made(kind: Any, entry: object, keys: Sequence[str]) -> Any:
    """An entry whose texts are all there; None for any other."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("on"), date):
        return None
    if not all(isinstance(entry.get(key), str) and entry[key] for key in keys):
        return None
    return kind(on=entry["on"], **{key: entry[key] for key in keys})


def stands(template: Template, language: str, reviews: Reviews) -> bool:
    """Whether a template is, in a language, as it was reviewed."""
    text = sentence(template.text, language)
    return any(record.knows(template.id, language, text) for record in (shipped(), reviews))


def listed(settings: Settings) -> list[dict[str, Any]]:
    """Every template in every language: as it is said now, as it was reviewed, by whom and when."""
    mine = own(settings.folder)
    found: list[dict[str, Any]] = []
    for template in TEMPLATES.values():
        for language in LANGUAGES:
            text = sentence(template.text, language)
            review = mine.of(template.id, language) or shipped().of(template.id, language)
            line: dict[str, Any] = {
                "template": template.id,
                "language": language,
                "class": template.content.name,
                "text": text,
                "digest": digest(text),
                "stands": stands(template, language, mine),
            }
            if review is not None:
                line |= {"reviewed": review.text, "by": review.by, "on": review.on.isoformat()}
            found.append(line)
    return found


def check_reviews(settings: Settings, channels: Mapping[str, Channel]) -> Iterator[Finding]:
    """PSY619 a text that is not as it was reviewed, PSY618 one that a provider holds, PSY627."""
    mine = own(settings.folder)
    where: dict[str, Fact] = {"file": OWN}
    for fault in mine.faults:
        yield Finding(code="PSY627", severity="warning", where=where, facts={"entry": fault})
    for template in TEMPLATES.values():
        for language in settings.languages:
            if language in LANGUAGES and not stands(template, language, mine):
                facts: dict[str, Fact] = {"template": template.id, "language": language}
                yield Finding(code="PSY619", facts=facts)
    known = {(one.channel, one.setting, one.code) for one in mine.held}
    for name, chosen in settings.channels.items():
        if not _provider_holds(channels.get(name)):
            continue
        for setting, code in sorted(chosen.options.items()):
            if setting.startswith(PROVIDERS) and (name, setting, str(code)) not in known:
                about: dict[str, Fact] = {"channel": name, "setting": setting}
                yield Finding(code="PSY618", severity="note", where=where, facts=about)


def _provider_holds(channel: Channel | None) -> bool:
    try:
        return channel is not None and channel.capabilities.content == "template"
    except Exception:
        return False  # a plugin's own fault, said elsewhere
