"""The privacy policy: what a role sees, and what one question comes to. Needs no school."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

import click

from psysafe.builtin.policy import shipped_matrix
from psysafe.catalogue import LANGUAGES, say, sentence
from psysafe.cli.calling import Call, command
from psysafe.cli.json_lines import LINE_LIMIT, answered
from psysafe.cli.output import Answer, folded, table
from psysafe.cli.policy_words import EFFECTS, ITEMS, OVERLAYS, SHORT, STATES, VIEWERS
from psysafe.cli.supporting import group
from psysafe.domain.privacy import Policy
from psysafe.domain.privacy_questions import answer
from psysafe.errors import Fact, Finding, InvalidDataError

policy = group("policy", "隐私规则：谁能看到什么 · the privacy policy: who sees what")

#: Rules that are worth a line under a role's table: whatever else may take something away.
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
        raise click.BadParameter(", ".join(VIEWERS), param_hint="ROLE")
    found: dict[str, dict[str, str]] = {}
    for viewer, item, state, effect in shipped_matrix():
        if viewer == code:
            found.setdefault(item, {})[state] = effect
    return Answer(data={"role": code, "items": found}, text=_page(code, found, language))


def _called(code: str, word: str) -> tuple[str, ...]:
    """What a role is called: its code, and its word in each language, whichever is spoken."""
    return (code, *(sentence(word, language) for language in LANGUAGES))


def _page(code: str, found: Mapping[str, Mapping[str, str]], language: str) -> list[str]:
    headings = [say("item", language), *(sentence(word, language) for word in STATES.values())]
    rows = [
        [
            sentence(ITEMS[item], language),
            *(sentence(SHORT[effects[state]], language) for state in STATES),
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
        "",
        say("This holds only for students with whom the role has to do. Besides:", language),
        *beside,
    ]


@command(
    "policy ask",
    click.Argument(["file"], type=click.File("rb"), default="-", metavar="[FILE]"),
    help="逐行提问，JSON 进出 · one question a line, JSON in and out; - is stdin",
)
def ask(call: Call, file: BinaryIO) -> Answer:
    rules = Policy.compile(shipped_matrix())

    def one(number: int, line: bytes) -> dict[str, Any]:
        found = answer(rules, _question(number, line))
        return {**found, "explanation": explanation(found, call.language)}

    return answered(call, one, file)


def explanation(found: Mapping[str, Any], language: str) -> str:
    """Why, in a sentence: the overlay's words, or the row of the matrix in words."""
    rule = found["rule"]
    if rule in OVERLAYS:
        return sentence(OVERLAYS[rule], language)
    _, viewer, item, state = rule.split(":")
    return say(
        "to the {viewer}, {item} in the state {state}: {effect}",
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


for each in (show, ask):
    policy.add_command(each)
