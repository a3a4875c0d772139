"""Codes 156 to 160: papers and their templates. Each says what, why it matters, and the cure."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY156": (
        "papers cannot be made here",
        "the part of psysafe that makes Word files is not installed",
        "run pip install 'psysafe[papers]'; until then use the cards in the sealed envelope",
    ),
    "PSY157": (
        "this paper needs what you, or whoever reads it, may not see now: {items}",
        "a paper leaves the school, and nobody can call it back",
        "ask somebody who may see it; or wait until a crisis, referral or report stands",
    ),
    "PSY158": (
        "the template {template} is refused: {problem}",
        "a template that anybody may have touched could carry more than a form",
        "mend it; print with --shipped meanwhile; psysafe print templates gives a fresh copy",
    ),
    "PSY159": (
        "{file} is there already",
        "somebody may have written on it",
        "give another name with --to, or repeat the command with --replace",
    ),
}
