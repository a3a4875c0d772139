"""For a host: what reached a person outside psysafe comes in, by a signed delivery or by a form."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs

from psysafe.catalogue import describe, say
from psysafe.clock import to_wire
from psysafe.contracts.http import HttpAnswer
from psysafe.desk.inbound_form import FIELDS, ME, OTHER, QUESTION, Shown, form, told
from psysafe.desk.signals import NUMBERS
from psysafe.desk.speaking import CatalogueSpeaker
from psysafe.domain.codes import DANGER_FACTS, DEGREES, SYMPTOMS
from psysafe.domain.notes import SOURCE
from psysafe.engine.committing import Receipt
from psysafe.engine.inbound import (
    Listed,
    Sender,
    Told,
    asks,
    delivery_of,
    reportable,
    sound,
    take,
)
from psysafe.engine.links import read_form, signed_form
from psysafe.engine.school import School
from psysafe.errors import (
    N_,
    Finding,
    InvalidDataError,
    NotFoundError,
    PsysafeError,
)
from psysafe.ids import Actor, kind_of, person
from psysafe.ids import actor as checked
from psysafe.intake.inbound_settings import TOLD_BY

if TYPE_CHECKING:
    from psysafe.desk.desk import Desk

_log = logging.getLogger("psysafe.engine")

#: A delivery is short: one report, in codes and some words.
LONGEST: Final = 64 * 1024
#: For how long a form may lie open (practice): a lesson and the break after it, and a night.
GOOD: Final = timedelta(hours=12)
#: What a delivery may say; another key is a misspelt one, and what it meant would be lost.
KEYS: Final = frozenset(
    "by student about source kind symptoms needs dangers place note format".split()
)
IN = N_("It has come in. It is taken up by {by}.")
NOT_KEPT = N_("It could not be kept. Send it again. If that fails too, telephone: {numbers}.")
#: What a grave report still lacks.
_ASKS: Final = {
    "place": N_("Where is the student now? Tell whoever telephones you; they go there first."),
    "accused": N_("Who is said to do harm? Tell the safeguarding lead in person, and nobody else."),
}


@attrs.frozen(kw_only=True)
class FormPage:
    """A fragment of HTML for a page of the host's, and the status for it.

    `receipt`: what was entered; None where the form is shown, or shown again.
    """

    html: str = attrs.field(repr=False)
    status: int = 200
    receipt: Receipt | None = None


class Inbound:
    """What reached a person outside psysafe. Made by `SafetyNet.inbound`."""

    def __init__(
        self, school: School, speaker: CatalogueSpeaker, desk: Callable[[str, str | None], Desk]
    ) -> None:
        self._school = school
        self._speaker = speaker
        self._desk = desk

    # -- a form of three taps -----------------------------------------------------------------

    def form(
        self,
        actor: str,
        *,
        post_to: str,
        language: str | None = None,
        class_id: str | None = None,
    ) -> FormPage:
        """The form for a GET by `actor`, who is logged in at the host. It enters nothing.

        Lists whom this person may report about and nobody else. `class_id` is what the query
        says under `class`, where there were too many students for one list. Raises NotFoundError
        for somebody whom the school does not know.
        """
        return FormPage(html=self._form(checked(actor), post_to, language, class_id, {}, ""))

    def enter(
        self,
        actor: str,
        fields: Mapping[str, str],
        *,
        post_to: str,
        language: str | None = None,
    ) -> FormPage:
        """What a POST by `actor`, who is logged in, brought; the page to answer it with.

        Sent twice, it is entered once. Where something is missing, and where it could not be kept,
        the form comes back as it was filled in. Raises NotFoundError as `form` does.
        """
        who, school, now = checked(actor), self._school, self._school.clock.now()
        given = {str(name): str(value) for name, value in fields.items()}
        spoken = self._speaker.language(language)
        mark = read_form(school.answering.keys, school.part, who, given.get("form", ""), now)
        try:
            if mark is None:
                raise InvalidDataError([Finding(code="PSY626")])
            wish = _told_by_form(who, given, spoken)
            command = wish.command(school, "form", mark, who)
            if given.get("student") == ME and kind_of(who) == "student":
                talk = self._desk(who, language).signals.ask_to_talk(
                    wish.note,
                    symptoms=wish.symptoms,
                    dangers=wish.dangers,
                    place=wish.place,
                    command=command,
                )
                sentences = [str(talk["text"])]
                receipt = Receipt(command=command, signal=talk["signal"])
            else:
                receipt = take(school, wish, who, command, now)
                sentences = self._next(wish, receipt, spoken)
        except NotFoundError:
            raise
        except InvalidDataError as refused:
            problem = " ".join(self._said(one, spoken) for one in refused.findings)
            return FormPage(
                html=self._form(who, post_to, language, None, given, problem), status=422
            )
        except PsysafeError as failed:
            _log.error("a form could not be kept", extra={"code": failed.code})
            gap = "、" if spoken == "zh" else ", "
            problem = say(NOT_KEPT, spoken, numbers=gap.join(self._numbers()))
            return FormPage(
                html=self._form(who, post_to, language, None, given, problem), status=503
            )
        shown = self._shown(who, post_to, spoken, Listed(), given, "")
        return FormPage(html=told(shown, sentences), receipt=receipt)

    def _form(
        self,
        who: Actor,
        post_to: str,
        language: str | None,
        class_id: str | None,
        given: Mapping[str, str],
        problem: str,
    ) -> str:
        spoken, now = self._speaker.language(language), self._school.clock.now()
        try:
            listed = reportable(self._school, who, now, class_id, spoken)
        except NotFoundError:
            raise
        except PsysafeError as error:
            # Without the list it can still be said who is meant.
            _log.error("a form goes without its list", extra={"code": error.code})
            listed = Listed()
        if given and listed.classes and not listed.students:
            listed = Listed()  # what was entered matters more than the list
        shown = self._shown(who, post_to, spoken, listed, given, problem)
        return form(shown, lambda text, **facts: say(text, spoken, **facts))

    def _shown(
        self,
        who: Actor,
        post_to: str,
        spoken: str,
        listed: Listed,
        given: Mapping[str, str],
        problem: str,
    ) -> Shown:
        school = self._school
        until = school.clock.now() + GOOD
        return Shown(
            mark=signed_form(school.answering.keys, school.part, school.ids.command(), who, until),
            post_to=post_to,
            listed=listed,
            myself=kind_of(who) == "student",
            sources=TOLD_BY if kind_of(who) == "staff" else (),
            numbers=self._numbers(),
            language=spoken,
            entered=given,
            problem=problem,
        )

    def _numbers(self) -> tuple[str, ...]:
        own = self._school.hotline
        return (*((own,) if own else ()), *NUMBERS)

    def _next(self, wish: Told, receipt: Receipt, spoken: str) -> list[str]:
        """What comes now: the same whoever is meant, and whether or not anybody is known."""
        by = self._speaker.local(receipt.answered_by) if receipt.answered_by else ""
        asked = [say(_ASKS[one], spoken) for one in asks(self._school, wish)]
        return [say(IN, spoken, by=by), *asked]

    def _said(self, finding: Finding, spoken: str) -> str:
        described = describe(finding, spoken)
        whole = f"{described.what}: {described.cure}."
        if spoken == "zh":
            whole = f"{described.what}：{described.cure}。"
        return whole[0].upper() + whole[1:]

    # -- a signed delivery --------------------------------------------------------------------

    def called(self, sender: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """A delivery of `[inbound.SENDER]` as it came, and what to answer it. Never raises.

        401 and nothing else for what is forged, too old, or of a sender that there is not. 422
        with codes where the sender has made a mistake. 503 where it could not be kept: it is
        delivered again. A repeat gets the answer of the first time.
        """
        now = self._school.clock.now()
        if len(body) > LONGEST:
            return HttpAnswer(status=413)
        known: Sender | None = self._school.inbound.get(sender)
        delivery = delivery_of(known, headers, body, now)
        if known is None or delivery is None:
            return HttpAnswer(status=401)
        try:
            by, wish = _told_by_delivery(body, known)
            sound(wish)
        except InvalidDataError as refused:
            _log.error("a delivery is of another form", extra={"code": refused.code})
            return _answer(422, {"errors": [_fault(one) for one in refused.findings]})
        try:
            receipt = self._kept(wish, by, known, wish.command(self._school, sender, delivery))
        except Exception as error:
            # Its text may quote what was delivered, so only a code is kept.
            code = error.code if isinstance(error, PsysafeError) else type(error).__name__
            _log.error("a delivery could not be kept", extra={"sender": sender, "code": code})
            return HttpAnswer(status=503, headers={"retry-after": "60"})
        by_when = to_wire(receipt.answered_by) if receipt.answered_by else None
        said = {
            "signal": receipt.signal,
            "answered_by": by_when,
            "asks": list(asks(self._school, wish)),
        }
        return _answer(200, said)

    def _kept(self, wish: Told, by: Actor, known: Sender, command: Any) -> Receipt:
        now = self._school.clock.now()
        try:
            return take(self._school, wish, by, command, now, others=(known.by,))
        except NotFoundError:
            # Nobody of the school by that name: whoever answers for the sender has heard it.
            return take(self._school, wish, known.by, command, now)


def _told_by_form(who: Actor, given: Mapping[str, str], spoken: str) -> Told:
    """What a form says. Raises InvalidDataError PSY625 where a tap is missing."""
    what, how = given.get("what", ""), given.get("how", "")
    student, about = given.get("student", ""), given.get("about", "").strip()
    missing = [
        FIELDS[name]
        for name, there in (
            ("student", bool(student or about)),
            ("what", what in SYMPTOMS or what == QUESTION),
            ("how", how in DEGREES or how in DANGER_FACTS),
        )
        if not there
    ]
    if missing:
        gap = " " if spoken == "en" else ""
        facts: dict[str, Any] = {"fields": gap.join(say(one, spoken) for one in missing)}
        raise InvalidDataError([Finding(code="PSY625", facts=facts)])
    named = student if student not in (ME, OTHER) else ""
    question = what == QUESTION
    symptoms: dict[str, str] = {}
    if not question or how != next(iter(DEGREES)):
        # A danger speaks for itself: how strong the rest is was not asked.
        symptoms = {"other" if question else what: how if how in DEGREES else "marked"}
    kind = kind_of(who)
    return Told(
        student=named,
        about=about if student in ("", OTHER) else "",
        source=SOURCE.get(kind, given.get("source") or TOLD_BY[0]),
        symptoms=symptoms,
        dangers=(how,) if how in DANGER_FACTS else (),
        place=given.get("place") or "unknown",
        note=given.get("note", "").strip(),
        question=question,
    )


def _told_by_delivery(body: bytes, known: Sender) -> tuple[Actor, Told]:
    """Who heard what. Raises InvalidDataError PSY103 for what is of another form."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise _wrong("body", "JSON in UTF-8") from None
    if not isinstance(given, dict) or given.get("format") != 1:
        raise _wrong("format", "1")
    for _ in set(given) - KEYS:
        raise _wrong("body", "only: " + ", ".join(sorted(KEYS)))  # what it says stays unsaid
    kind = _text(given, "kind", "worry")
    if kind not in ("worry", QUESTION):
        raise _wrong("kind", "worry or question")
    by = known.by
    if named := _text(given, "by"):
        try:
            by = person(named)
        except InvalidDataError:
            raise _wrong("by", "somebody on the staff, such as staff:t-017") from None
        if kind_of(by) != "staff":
            raise _wrong("by", "somebody on the staff, such as staff:t-017")
    symptoms = given.get("symptoms", {})
    if not isinstance(symptoms, dict) or not all(isinstance(x, str) for x in symptoms.values()):
        raise _wrong("symptoms", "an object of codes")
    return by, Told(
        student=_text(given, "student"),
        about=_text(given, "about"),
        source=_text(given, "source", known.source),
        symptoms=symptoms,
        needs=_texts(given, "needs"),
        dangers=_texts(given, "dangers"),
        place=_text(given, "place", "unknown"),
        note=_text(given, "note"),
        question=kind == QUESTION,
    )


def _text(given: Mapping[str, Any], key: str, usual: str = "") -> str:
    value = given.get(key, usual)
    if not isinstance(value, str):
        raise _wrong(key, "a text")
    return value.strip()


def _texts(given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = given.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _wrong(key, "a list of codes")
    return tuple(value)


def _wrong(field: str, expected: str) -> InvalidDataError:
    facts: dict[str, Any] = {"path": field, "expected": expected}
    return InvalidDataError([Finding(code="PSY103", where={"field": field}, facts=facts)])


def _fault(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, "field": finding.where.get("field")}


def _answer(status: int, said: Mapping[str, Any]) -> HttpAnswer:
    body = json.dumps(said, ensure_ascii=False).encode()
    return HttpAnswer(status=status, headers={"content-type": "application/json"}, body=body)
