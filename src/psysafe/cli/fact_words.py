"""Facts of a finding in people's words: what was expected, what the problem is, codes there are.

Most come from rooms that know no language, and from channels and vaults beside psysafe, in
English. Those that somebody can meet stand here, so that they are found in the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from psysafe.catalogue import sentence
from psysafe.cli import plan_words
from psysafe.cli.recognising import Sentences
from psysafe.domain.codes import REGISTERS
from psysafe.domain.codes import word as code_word
from psysafe.errors import N_

#: What a value must be (PSY103); the longer ones before those that they begin with.
EXPECTED: Final = Sentences(
    (
        N_("JSON in UTF-8, each key once, finite numbers"),
        N_("JSON in UTF-8"),
        N_("RFC 3339 time"),
        N_("KIND:id such as {example}, or operator:NAME"),
        N_("KIND:id such as {example}"),
        N_("a-z, 0-9 and hyphen, at most 40 letters"),
        N_("cmd- and 12 letters of Crockford's base 32"),
        N_("a campaign or a case, or nothing"),
        N_("a channel of the school = addresses"),
        N_("a date such as 2026-09-01"),
        N_("a day not before `from`"),
        N_("a file's name"),
        N_("a finite number"),
        N_("a kind of event"),
        N_("a list of codes"),
        N_("a list of texts"),
        N_("a list of {count}"),
        N_("a list that is not empty"),
        N_("a list"),
        N_("a name of at most 100 letters in one line"),
        N_("a name of lower-case letters, digits, - and _"),
        N_("names of lower-case letters, digits, - and _"),
        N_("a name of lower-case letters"),
        N_("a name"),
        N_("a number from 1"),
        N_("a reference: {example}"),
        N_("a table"),
        N_("a term that touches {year} and ends after its first day"),
        N_("a text of at most {count} letters"),
        N_("a text"),
        N_("text of whole characters"),
        N_("text"),
        N_("a time limit that starts now"),
        N_("a time of day such as 15:50"),
        N_("a time with its zone"),
        N_("a time"),
        N_("a value"),
        N_("another form"),
        N_("a whole number from {low} to {high}"),
        N_("a whole number of 64 bit"),
        N_("a year such as 2026"),
        N_("a zone of the IANA list, such as Asia/Shanghai"),
        N_("an answer or a score, not both"),
        N_("an exported head of this school"),
        N_("an object of codes"),
        N_("an object"),
        N_("at least one step"),
        N_("at most {count} times in min or h, up to {hours} h, with pauses that grow"),
        N_("days, weeks or months, such as {example}"),
        N_("codes of danger_facts"),
        N_("codes of measures"),
        N_("codes of symptoms, or any"),
        N_("days of {year}"),
        N_("days that are no holidays at the same time"),
        N_("dormitory or friends"),
        N_("each key once"),
        N_("each once: {names}"),
        N_("each word under one name only"),
        N_("either symptoms with a degree, or dangers"),
        N_("from 2 to {count} students, or nobody"),
        N_("minutes or hours, such as 15 min"),
        N_("one of: {names}"),
        N_("one of {names}"),
        N_("only: {names}"),
        N_("severities: {names}"),
        N_("some of {names}"),
        N_("somebody of the staff, such as {example}"),
        N_("somebody on the staff, such as {example}"),
        N_("true or false"),
        N_("wall time: min, h, days or weeks"),
        N_("what the page before it gave"),
        N_("with one of score_at_least, score_at_most and bands beside it"),
        N_("worry or question"),
    )
)
#: What is wrong with an address, a setting, a key or a file.
PROBLEMS: Final = Sentences(
    (
        N_("NAME = one of: {names}"),
        N_("a number from 1 to 65535 is expected"),
        N_("a number is expected"),
        N_("one of these is expected: {names}"),
        N_("a reference is expected: {example}"),
        N_("64 hexadecimal digits are expected"),
        N_("1 to 128 letters, digits or . _ : @ + - are expected"),
        N_("a follower's open id is expected"),
        N_("a member's user id is expected"),
        N_("a mobile number is expected: 138... or +86138..."),
        N_("a mobile number, or -, is expected"),
        N_("a person's id is expected"),
        N_("a user id of DingTalk is expected"),
        N_("an open id (ou_...) is expected"),
        N_("an open id (ou_...), or -, is expected"),
        N_("an address is expected"),
        N_("parent:ID or student:ID is expected"),
        N_("at least one field is expected"),
        N_("https://HOST/PATH is expected"),
        N_("https://HOST is expected"),
        N_("personal or shared is expected; more than personal e-mail is not"),
        N_("personal or shared is expected"),
        N_("plain letters and digits in one line are expected"),
        N_("plain letters in one line, without spaces, are expected"),
        N_("one line of text is expected"),
        N_("only plain letters, digits and signs are expected, in one line"),
        N_("only plain letters, digits and signs can be sent to a mail server"),
        N_("the 43 signs of the application's page are expected"),
        N_("true or false is expected"),
        N_("whsec_ and 24 to 64 bytes in base64 are expected"),
        N_("{example} with certificates in PEM form is expected"),
        N_("unencrypted mail goes to this machine only (127.0.0.1): use required"),
        N_("{name} has no such setting"),
        N_("a password is set and no user"),
        N_("a user is set and no password"),
        N_("the address of the receiver is missing"),
        N_("the address that the mail comes from is missing"),
        N_("it is missing"),
        N_("it is longer than the provider takes"),
        N_("it could not be asked: {code}"),
        N_("it is not approved"),
        N_("the provider knows no such template"),
        N_("the provider says: {code}"),
        N_("it could not be opened"),
        N_("an inbox is read in the school that cannot be opened"),
        N_("its trust is public"),
        N_("the school has no vault with keys"),
        N_("the school has records already"),
        N_("there is a key store already"),
        N_("there is a key already"),
        N_("a key lies in {file}"),
        N_("[vault] next_key is not set"),
        N_("the next key is the present one"),
        N_("a key cannot be opened any more"),
        N_("no key was ever made"),
        N_("key {name} is wanted"),
        N_("key {name} is damaged"),
        N_("key {name} is unknown"),
        N_("they are of key {name}, and {other} is wanted"),
        N_("they are of different pairs"),
        N_("it is the same share twice"),
        N_("a letter is wrong or missing"),
        N_("together they are not the key that was split"),
        N_("the variable {name} is not set"),
        N_("what was written cannot be read back"),
        N_("it is of format {number}"),
        N_("it needs psysafe[heads]"),
        N_("its key cannot be read"),
        N_("its key is damaged"),
        N_("its signature does not fit it"),
        N_("another key signed it"),
        N_("it is not signed"),
        N_("it holds nothing of this school"),
        N_("the copy is damaged"),
        N_("the file is not a psysafe database"),
        N_("the store is closed"),
        N_("somebody else is reading"),
        N_("this file system has no write-ahead log"),
        N_("what was to be kept together was undone"),
        N_("not four cells"),
        N_("the headings are not viewer, item, state, effect"),
        N_("SQLite {number} is before 3.37"),
        N_("[storage] path is not a file's name"),
        N_("[storage] synchronous is neither full nor normal"),
        N_("[storage] busy_timeout is not 0 to 600 seconds"),
        N_("[storage] {name} is not known here"),
    )
)
#: Registers whose codes somebody types.
_REGISTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "roles": N_("roles"),
        "sources": N_("sources"),
        "symptoms": N_("symptoms"),
        "degrees": N_("degrees"),
        "needs": N_("needs"),
        "places": N_("places"),
        "dangers": N_("who is in danger"),
        "danger_facts": N_("facts of danger"),
        "severity": N_("severities"),
        "means": N_("means of contact"),
        "contact_outcomes": N_("what came of a contact"),
        "survey_outcomes": N_("what a survey found"),
        "note_outcomes": N_("what became of a note"),
        "guardian_outcomes": N_("what a guardian said"),
        "flag_outcomes": N_("what a review found"),
        "exposures": N_("facts of exposure"),
        "exposure_purposes": N_("purposes of such facts"),
        "circles": N_("circles"),
        "measures": N_("measures"),
        "harm_receivers": N_("whom a suspicion is handed over to"),
        "supervision": N_("who has the student with them"),
        "handed_to": N_("whom a student is handed over to"),
        "advice_answers": N_("answers to an advice"),
        "report_triggers": N_("what makes a report due"),
        "report_steps": N_("steps of a report"),
        "consent_purposes": N_("purposes of a consent"),
        "scopes": N_("what may be passed on"),
        "opinions": N_("what the student thinks of it"),
        "referral_bases": N_("bases of a referral"),
        "offer_outcomes": N_("what came of an offer"),
        "erasure_bases": N_("grounds for erasing"),
        "bulk_lists": N_("lists that are taken"),
    }
)


def expected(text: str, language: str) -> str:
    """What was expected, in words."""
    return EXPECTED.said(text, language)


def problem(text: str, language: str) -> str:
    """What the problem is, in words; `url: it is missing` names a setting first."""
    whole = sentence(text, language)
    if whole != text:
        return whole
    field, colon, rest = text.partition(": ")
    said = PROBLEMS.said(text, language)
    if said == text and colon and " " not in field:
        return f"{field}{colon}{PROBLEMS.said(rest, language)}"
    return said


def register(name: str, language: str) -> str:
    """What a register of codes is of."""
    return sentence(_REGISTERS.get(name, name), language)


def codes_of(text: str, name: str, language: str) -> str:
    """The codes of a register, each with its word: either may be typed."""
    known = REGISTERS.get(name, {})
    return ", ".join(
        code if (said := code_word(name, code, language)) == code else f"{code} ({said})"
        for code in text.split(", ")
        if code in known
    )


def kept(text: str, language: str) -> str:
    """How long a file is kept, such as `3 years`; `-` where no time is set."""
    return plan_words.within(text, language) if text != "-" else text
