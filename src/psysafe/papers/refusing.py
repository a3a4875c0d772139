"""How a template is refused: with its name, and what is wrong with it."""

from __future__ import annotations

from psysafe.errors import Finding, InvalidDataError


def refused(template: str, problem: str) -> InvalidDataError:
    """PSY158 about one template."""
    facts = {"template": template, "problem": problem}
    return InvalidDataError([Finding(code="PSY158", facts=facts)])
