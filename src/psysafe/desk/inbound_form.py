"""The form of three taps as HTML: no script, no style, every word from outside escaped.

A fragment for a page of the school's own site. Its classes begin with `psysafe-`, so the site
can give it its own look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Final

import attrs

from psysafe.domain.codes import DANGER_FACTS, DEGREES, PLACES, SYMPTOMS
from psysafe.domain.codes import word as code_word
from psysafe.domain.notes import ABOUT_LIMIT, TEXT_LIMIT
from psysafe.engine.inbound import Listed
from psysafe.errors import N_
from psysafe.written import visible

#: What stands for a student who is not in the list, and for the student who fills the form in.
OTHER: Final = "other"
ME: Final = "me"
QUESTION: Final = "question"

NOW = N_("Is a life in danger? Telephone now: {numbers}. Do not wait for an answer to this form.")
WHO = N_("Which student?")
CHOOSE = N_("please choose")
MYSELF = N_("myself")
SOMEBODY_ELSE = N_("somebody who is not in this list")
ABOUT = N_("Not in the list: student number, or class and name")
WHAT = N_("What is it?")
A_QUESTION = N_("a question that wants an answer")
HOW = N_("How bad is it?")
DANGER = N_("danger: {what}")
MORE = N_("More, if you know it")
WHERE = N_("Where is the student now?")
BY_WHICH = N_("How did it reach you?")
WORDS = N_("What was said, as far as it matters")
SEND = N_("Send")
CLASS = N_("Which class?")
GO_ON = N_("Go on")
#: What the fields are called in a refusal.
FIELDS: Final[Mapping[str, str]] = {"student": WHO, "what": WHAT, "how": HOW}

Say = Callable[..., str]


@attrs.frozen(kw_only=True)
class Shown:
    """What one form is made of: the mark, where it is posted, whom it lists, what was entered."""

    mark: str
    post_to: str
    listed: Listed = attrs.field(repr=False)
    myself: bool
    sources: tuple[str, ...]
    """by which ways it may have come; none where there is nothing to choose"""
    numbers: tuple[str, ...]
    language: str
    entered: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    problem: str = ""


def form(shown: Shown, say: Say) -> str:
    """The form, or the choice of a class before it where there are too many students."""
    if shown.listed.classes and not shown.listed.students:
        return _classes(shown, say)
    parts = [
        _opening(shown, "post"),
        f'<input type="hidden" name="form" value="{escape(shown.mark)}">',
        _warning(shown, say),
        _set(1, say(WHO), _students(shown, say)),
        _set(2, say(WHAT), _radios("what", _whats(shown, say), shown)),
        _set(3, say(HOW), _radios("how", _hows(shown, say), shown)),
        _more(shown, say),
        f'<button type="submit">{escape(say(SEND))}</button>',
        "</form>",
    ]
    return "\n".join(part for part in parts if part)


def told(shown: Shown, sentences: Iterable[str]) -> str:
    """The page after the form: what comes now."""
    said = "".join(f"<p>{escape(one)}</p>" for one in sentences)
    return f'<div class="psysafe-inbound" lang="{_lang(shown)}" role="status">{said}</div>'


def _opening(shown: Shown, method: str) -> str:
    return (
        f'<form class="psysafe-inbound" lang="{_lang(shown)}" method="{method}"'
        f' action="{escape(shown.post_to)}" accept-charset="utf-8" autocomplete="off">'
    )


def _lang(shown: Shown) -> str:
    return "zh-CN" if shown.language == "zh" else "en"


def _warning(shown: Shown, say: Say) -> str:
    gap = "、" if shown.language == "zh" else ", "
    said = escape(say(NOW, numbers=gap.join(shown.numbers)))
    found = f'<p class="psysafe-now"><strong>{said}</strong></p>'
    if shown.problem:
        found += f'\n<p class="psysafe-problem" role="alert">{escape(shown.problem)}</p>'
    return found


def _set(number: int, legend: str, inside: str) -> str:
    return f"<fieldset>\n<legend>{number}. {escape(legend)}</legend>\n{inside}\n</fieldset>"


def _students(shown: Shown, say: Say) -> str:
    chosen = shown.entered.get("student", "")
    options = [_option("", say(CHOOSE), chosen)]
    if shown.myself:
        options.append(_option(ME, say(MYSELF), chosen))
    for name, some in shown.listed.students:
        inside = "".join(_option(student, called, chosen) for student, called in some)
        options.append(f'<optgroup label="{escape(visible(name))}">{inside}</optgroup>')
    options.append(_option(OTHER, say(SOMEBODY_ELSE), chosen))
    about = escape(shown.entered.get("about", ""))
    return (
        f'<select name="student" aria-label="{escape(say(WHO))}" required>'
        + "".join(options)
        + "</select>\n"
        + f"<label>{escape(say(ABOUT))} "
        + f'<input type="text" name="about" maxlength="{ABOUT_LIMIT}" value="{about}"></label>'
    )


def _whats(shown: Shown, say: Say) -> list[tuple[str, str]]:
    symptoms = [(code, code_word("symptoms", code, shown.language)) for code in SYMPTOMS]
    return symptoms if shown.myself else [*symptoms, (QUESTION, say(A_QUESTION))]


def _hows(shown: Shown, say: Say) -> list[tuple[str, str]]:
    """Degrees, then what a danger is: what somebody can see, and never a level to choose."""
    language = shown.language
    dangers = {code: code_word("danger_facts", code, language) for code in DANGER_FACTS}
    return [
        *((code, code_word("degrees", code, language)) for code in DEGREES),
        *((code, say(DANGER, what=called)) for code, called in dangers.items()),
    ]


def _radios(name: str, choices: Iterable[tuple[str, str]], shown: Shown) -> str:
    chosen = shown.entered.get(name, "")
    return "\n".join(
        f'<label><input type="radio" name="{name}" value="{code}" required'
        f"{' checked' if code == chosen else ''}> {escape(called)}</label>"
        for code, called in choices
    )


def _more(shown: Shown, say: Say) -> str:
    place = shown.entered.get("place", "unknown")
    places = "".join(
        _option(code, code_word("places", code, shown.language), place) for code in PLACES
    )
    lines = [
        f'<label>{escape(say(WHERE))} <select name="place">{places}</select></label>',
    ]
    if shown.sources:
        source = shown.entered.get("source", shown.sources[0])
        ways = "".join(
            _option(code, code_word("sources", code, shown.language), source)
            for code in shown.sources
        )
        lines.append(
            f'<label>{escape(say(BY_WHICH))} <select name="source">{ways}</select></label>'
        )
    words = escape(shown.entered.get("note", ""))
    lines.append(
        f"<label>{escape(say(WORDS))} "
        f'<textarea name="note" rows="3" maxlength="{TEXT_LIMIT}">{words}</textarea></label>'
    )
    inside = "\n".join(lines)
    opened = " open" if place != "unknown" or words else ""
    return f"<details{opened}>\n<summary>{escape(say(MORE))}</summary>\n{inside}\n</details>"


def _classes(shown: Shown, say: Say) -> str:
    options = "".join(_option(one, called, "") for one, called in shown.listed.classes)
    choice = f'<select name="class" aria-label="{escape(say(CLASS))}" required>{options}</select>'
    return "\n".join(
        [
            _opening(shown, "get"),
            _warning(shown, say),
            _set(1, say(CLASS), choice),
            f'<button type="submit">{escape(say(GO_ON))}</button>',
            "</form>",
        ]
    )


def _option(value: str, called: str, chosen: str) -> str:
    mark = " selected" if value == chosen else ""
    return f'<option value="{escape(value)}"{mark}>{escape(visible(called))}</option>'
