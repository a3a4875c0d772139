"""The privacy policy: what a role sees, and what one question comes to.

Needs no school; where there is one, its own rows stand in the table.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

import click

from psysafe.builtin.policy import shipped_matrix
from psysafe.catalogue import LANGUAGES, say, sentence
from psysafe.cli.calling import SCHOOL_VARIABLE, Call, command
from psysafe.cli.json_lines import LINE_LIMIT, answered
from psysafe.cli.output import Answer, folded, table
from psysafe.cli.own_policy import adopt, check, key, marked, own_lines, sign
from psysafe.cli.policy_words import EFFECTS, ITEMS, OVERLAYS, SHORT, STATES, VIEWERS
from psysafe.cli.supporting import group
from psysafe.clock import to_wire
from psysafe.desk.own_policy import OwnCell, PolicyDesk
from psysafe.domain.privacy import Policy
from psysafe.domain.privacy_questions import answer
from psysafe.errors import N_, Fact, Finding, InvalidDataError

policy = group("policy", "隐私规则：谁能看到什么 · the privacy policy: who sees what")

#: Rules that are worth a line under a role's table: whatever else may take something away.
_ROW: Final = N_("to the {viewer}, {item} in the state {state}: {effect}")
_OWN_ROW: Final = N_("the school's own row: to the {viewer}, {item} in the state {state}: {effect}")
_BESIDE: Final = ("X1", "X2", "X10")


@command(
    "policy show",
    click.Argument(["role"], required=False),
    help="某角色在各状态下能看到什么 · what a role sees in each state; without ROLE: the roles",
)
def show(call: Call, role: str | None) -> Answer:
    language = call.language
    if role is None:
        words = {code: sentence(word, language) for code, word in VIEWERS.items()}
        return Answer(
            data=words,
            text=table([say("role", language), say("who", language)], list(words.items())),
        )
    code = next((c for c, word in VIEWERS.items() if role in _called(c, word)), None)
    if code is None:
        raise click.BadParameter(f"one of: {', '.join(VIEWERS)}", param_hint="ROLE")
    own = {cell.row.place: cell for cell in _own_cells(call)}
    found: dict[str, dict[str, str]] = {}
    for viewer, item, state, effect in shipped_matrix():
        if viewer == code:
            cell = own.get(f"{viewer}:{item}:{state}")
            found.setdefault(item, {})[state] = cell.effect.code if cell else effect
    here = {place: cell for place, cell in own.items() if place.partition(":")[0] == code}
    data = {
        "role": code,
        "items": found,
        "own": [
            {
                "row": place,
                "effect": cell.effect.code,
                "shipped": cell.shipped.code,
                "wider": cell.wider,
                "until": cell.row.until and to_wire(cell.row.until),
                "signed_by": cell.row.signed_by,
            }
            for place, cell in here.items()
        ],
    }
    return Answer(data=data, text=_page(code, found, here, call, language))


def _called(code: str, word: str) -> tuple[str, ...]:
    """What a role is called: its code, and its word in each language, whichever is spoken."""
    return (code, *(sentence(word, language) for language in LANGUAGES))


def _own_cells(call: Call) -> tuple[OwnCell, ...]:
    """The school's own cells that hold now; none where there is no school."""
    own = _adopted(call)
    return own.in_force() if own is not None else ()


def _rules(call: Call) -> Policy:
    """The matrix that holds now: the school's, or the shipped one where there is no school."""
    own = _adopted(call)
    return own.now() if own is not None else Policy.compile(shipped_matrix())


def _adopted(call: Call) -> PolicyDesk | None:
    """What the school has adopted, for whoever asks: it is about roles and nobody in particular.

    None where no school is named or lies here: the shipped table can be asked without.
    """
    named = call.school or os.environ.get(SCHOOL_VARIABLE)
    return call.net.operator().policy if named or call.place.is_file() else None


def _page(
    code: str,
    found: Mapping[str, Mapping[str, str]],
    own: Mapping[str, OwnCell],
    call: Call,
    language: str,
) -> list[str]:
    headings = [say("item", language), *(sentence(word, language) for word in STATES.values())]
    rows = [
        [
            sentence(ITEMS[item], language),
            *(
                marked(sentence(SHORT[effects[state]], language), own.get(f"{code}:{item}:{state}"))
                for state in STATES
            ),
        ]
        for item, effects in found.items()
    ]
    used = [e for e in EFFECTS if any(e in effects.values() for effects in found.values())]
    meaning = [f"{sentence(SHORT[e], language)}: {sentence(EFFECTS[e], language)}" for e in used]
    beside = [line for r in _BESIDE for line in folded(f"{r}  {sentence(OVERLAYS[r], language)}")]
    return [
        f"{sentence(VIEWERS[code], language)} ({code})",
        "",
        *table(headings, rows),
        "",
        *meaning,
        *(own_lines(own, call.zone, language) if own else ()),
        "",
        say("This holds only for students with whom the role has to do. Besides:", language),
        *beside,
    ]


@command(
    "policy ask",
    click.Argument(["file"], type=click.File("rb"), default="-", metavar="[FILE]"),
    help="逐行提问，JSON 进出（- 为标准输入） · one question a line, JSON in and out; - is stdin",
)
def ask(call: Call, file: BinaryIO) -> Answer:
    rules = _rules(call)

    def one(number: int, line: bytes) -> dict[str, Any]:
        found = answer(rules, _question(number, line))
        return {**found, "explanation": explanation(found, call.language)}

    return answered(call, one, file)


def explanation(found: Mapping[str, Any], language: str) -> str:
    """Why, in a sentence: the overlay's words, or the row of the matrix in words."""
    rule = found["rule"]
    if rule in OVERLAYS:
        return sentence(OVERLAYS[rule], language)
    origin, viewer, item, state = rule.split(":")
    row = _OWN_ROW if origin == "O" else _ROW
    return say(
        row,
        language,
        viewer=sentence(VIEWERS[viewer], language),
        item=sentence(ITEMS[item], language),
        state=sentence(STATES[state], language),
        effect=sentence(EFFECTS[found["effect"]], language),
    )


def _question(number: int, line: bytes) -> Mapping[str, Any]:
    """The object of a line. Raises InvalidDataError PSY021 too long, PSY709 no object."""
    if len(line) > LINE_LIMIT:
        facts: dict[str, Fact] = {"field": "line", "limit": LINE_LIMIT, "unit": "bytes"}
        raise InvalidDataError([Finding(code="PSY021", where={"line": number}, facts=facts)])
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise InvalidDataError(
            [Finding(code="PSY709", where={"line": number}, facts={"line": number})]
        )
    return read


for each in (show, ask, check, key, sign, adopt):
    policy.add_command(each)
