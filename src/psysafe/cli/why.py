"""Why: an error code, a rule of the privacy policy, a duty, a case, a flag, a notice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import click

from psysafe import catalogue
from psysafe.builtin.policy import shipped_matrix
from psysafe.catalogue import say, sentence
from psysafe.cli import flag_words, plan_words
from psysafe.cli.calling import Call, command
from psysafe.cli.output import Answer, local, pairs, spoken
from psysafe.cli.plan_page_triage import review
from psysafe.cli.policy_words import EFFECTS, OVERLAYS
from psysafe.desk.desk import Desk
from psysafe.errors import N_, REGISTER, NotFoundError

#: The ids that stand for something that somebody may ask about.
THINGS: Final = ("duty-", "case-", "flag-", "notice-")
#: What the first letter of a reason's rule means.
REASONS: Final[Mapping[str, str]] = {
    "S": N_(
        "A report said it: the rule of this code and degree gives the level until a person has "
        "looked."
    ),
    "T": N_(
        "An answer of a screening raised it: the plan's [[triage]] gives the level until a person "
        "has looked."
    ),
    "D": N_("Somebody with the right to do so declared a crisis."),
    "A": N_("A person with the assessor's role judged it."),
}
#: What the parts of a thing are called that are shown as they stand.
_LABELS: Final[Mapping[str, str]] = {
    "text": N_("text"),
    "owner": N_("who owes it"),
    "fallback": N_("then"),
    "case": N_("case"),
    "purpose": N_("for what"),
    "student": N_("student"),
    "name": N_("name"),
    "class": N_("class"),
}


class _Places(dict[str, str]):
    """Stands in for the facts of a sentence that is shown without any."""

    def __missing__(self, key: str) -> str:
        return f"‹{key}›"


def _page(code: str, language: str) -> dict[str, str]:
    entry = REGISTER[code]
    return {
        part: sentence(getattr(entry, part), language).format_map(_Places())
        for part in ("what", "why", "cure")
    }


@command(
    "why",
    click.Argument(["name"], metavar="CODE|RULE|ID"),
    help="为什么：错误码、规则、任务、个案、提示 · why: a code, rule, duty, case or flag",
    writes=True,
)
def why(call: Call, name: str) -> Answer:
    if name.upper() in REGISTER:
        return _code(name.upper(), call)
    if name in OVERLAYS:
        return _said(name, sentence(OVERLAYS[name], call.language))
    head = name.partition(":")[0]
    if head in ("M", "O"):
        return _row(name, call)
    if head == "T":
        return _triage(name, call)
    if head in REASONS and ":" in name:
        return _said(
            name, sentence(REASONS[head], call.language), spoken(_words(name), call.language)
        )
    return _thing(name, call)


def _said(name: str, *lines: str) -> Answer:
    kept = [line for line in lines if line]
    return Answer(data={"rule": name, "text": " ".join(kept)}, text=kept)


def _triage(name: str, call: Call) -> Answer:
    """The plan's entry behind a screening's reason. Raises NotFoundError where there is none."""
    found = next(
        (
            t
            for t in call.settings.plan.triage
            if name == f"T:{t.scale}:{t.flag}:{t.severity.value}"
        ),
        None,
    )
    if found is None:
        raise NotFoundError
    language = call.language
    severity = spoken(f"severity:{found.severity.value}", language)
    data = {
        "rule": name,
        "severity": found.severity.value,
        "review_by": found.review_by,
        "review_within": str(found.review_within),
        "origin": str(found.origin),
    }
    cap = call.settings.plan.review_cap(found)
    data |= {"review_cap": str(cap)} if cap is not None else {}
    who = spoken(f"roles:{found.review_by}", language)
    reviewed = f"{who}, {review(data, language)}"
    text = pairs(
        [
            (say("severity", language), severity),
            (say("review", language), reviewed),
            (say("origin", language), plan_words.origin(str(found.origin), language)),
        ]
    )
    return Answer(data=data, text=[sentence(REASONS["T"], language), *text])


def _words(rule: str) -> str:
    """`S:symptom:insomnia:marked` as codes of the register that have words."""
    match rule.split(":"):
        case ["S", "symptom", code, degree]:
            return f"symptoms:{code} degrees:{degree}"
        case ["S", "danger", code]:
            return f"danger_facts:{code}"
    return ""


def _code(code: str, call: Call) -> Answer:
    """The page of an error code, in both languages, the reader's first."""
    first = call.language
    order = [first, *(other for other in catalogue.LANGUAGES if other != first)]
    data: dict[str, Any] = {"code": code, **{lang: _page(code, lang) for lang in order}}
    text = [code]
    for language in order:
        page = data[language]
        text += [
            "",
            page["what"],
            "  " + say("why: {why}", language, why=page["why"]),
            "  " + say("cure: {cure}", language, cure=page["cure"]),
        ]
    return Answer(data=data, text=text)


def _row(name: str, call: Call) -> Answer:
    """A row of the privacy matrix. Raises NotFoundError where it has none of that name.

    A row of the school's own is shown as it holds now.
    """
    parts = name.split(":")
    if parts[0] == "O":
        return _own_row(name, call)
    for viewer, item, state, effect in shipped_matrix():
        if parts == ["M", viewer, item, state]:
            language = call.language
            data = {"rule": name, "viewer": viewer, "item": item, "state": state, "effect": effect}
            text = pairs(
                [
                    (say("viewer", language), viewer),
                    (say("item", language), item),
                    (say("state", language), state),
                    (say("effect", language), f"{effect}: {sentence(EFFECTS[effect], language)}"),
                ]
            )
            return Answer(data=data, text=text)
    raise NotFoundError


def _own_row(name: str, call: Call) -> Answer:
    language = call.language
    for cell in call.operator.policy.in_force():
        if name == f"O:{cell.row.place}":
            effect, shipped = cell.effect.code, cell.shipped.code
            data = {"rule": name, "effect": effect, "shipped": shipped, "wider": cell.wider}
            text = pairs(
                [
                    (say("effect", language), f"{effect}: {sentence(EFFECTS[effect], language)}"),
                    (
                        say("shipped", language),
                        f"{shipped}: {sentence(EFFECTS[shipped], language)}",
                    ),
                    (say("why", language), cell.row.reason or "-"),
                ]
            )
            return Answer(data=data, text=text)
    raise NotFoundError


def _thing(name: str, call: Call) -> Answer:
    """A duty, case, flag or notice, as far as whoever asks may know of it.

    Raises NotPermittedError PSY015 where nobody asks, NotFoundError for everything else.
    """
    if not name.startswith(THINGS):
        raise NotFoundError
    desk = call.desk
    data = None
    if name.startswith("duty-"):
        data = _duty(desk, name)
    elif name.startswith("case-"):
        view = desk.cases.get(name).data
        data = {"case": name, "reasons": view.get("reasons", [])}
    elif name.startswith("flag-"):
        data = next((f for f in desk.flags.list() if name in f["flags"]), None)
    elif name.startswith("notice-"):
        data = next((n for n in desk.inbox.list() if n["notice"] == name), None)
    if data is None:
        raise NotFoundError
    return Answer(data=data, text=pairs(_entries(call, data)))


def _duty(desk: Desk, name: str) -> dict[str, Any] | None:
    """A duty of one of the cases that the actor sees; None where there is none."""
    for line in desk.cases.list():
        if "severity" not in line:
            continue
        for duty in desk.cases.get(line["case"]).data.get("duties", ()):
            if duty["duty"] == name:
                return {**duty, "case": line["case"]}
    return None


def _reason(reason: Mapping[str, str], language: str) -> tuple[str, str]:
    """A reason of a case by its rule, or of a flag by its scale."""
    if "scale" in reason:
        return reason["scale"], flag_words.flag(reason["code"], language)
    return reason["rule"], flag_words.rule(reason["rule"], reason["text"], language)


def _entries(call: Call, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    language = call.language
    found = []
    for key, value in data.items():
        if key == "due":
            found.append((say("due", language), local(value, call.zone)))
        elif key == "reasons":
            found += [_reason(reason, language) for reason in value]
        elif key == "kind":
            found.append((say("kind", language), spoken(f"duties:{value}", language)))
        elif key == "origin":
            found.append((say("origin", language), plan_words.origin(str(value), language)))
        elif key == "severity":
            found.append((say("severity", language), spoken(f"severity:{value}", language)))
        elif key in _LABELS:
            found.append((sentence(_LABELS[key], language), str(value)))
    return found
