"""Codes 7xx: privacy and keys. Each says what, why it matters, and the cure."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY701": (
        "the privacy matrix is wrong at row {row}: {problem}",
        "who may see what would be guessed",
        "restore the shipped file",
    ),
    "PSY703": (
        "a plugin objects, or failed: {plugin}",
        "an error or an objection denies a disclosure; it never stops an alarm",
        "mend the plugin or disable it; see psysafe plugins",
    ),
    "PSY702": (
        "no rule for {viewer}, {item}, {state}: denied",
        "what no rule allows is not shown",
        "nothing to do; a missing row of the matrix is a defect",
    ),
    "PSY705": (
        "who is said to do harm is not named yet",
        "the usual order of calls may tell just that person",
        "bar them: psysafe bar set STUDENT PERSON; or repeat the report with --accused",
    ),
    "PSY706": (
        "what a hospital stated needs {field}",
        "a diagnosis is the hospital's word: who said it, and where it is written",
        "repeat the command with institution, diagnosis and document",
    ),
    "PSY707": (
        "this names an illness",
        "a school screens and accompanies, it does not diagnose",
        "write what was seen and heard; what a hospital stated goes in by psysafe hospital",
    ),
    "PSY708": (
        "a question to the policy is wrong at {key}",
        "an answer to another question would be taken for one to this",
        "say viewer and item; see psysafe policy ask --help",
    ),
    "PSY709": (
        "line {line} is no JSON object",
        "it was not answered; the other lines were",
        "write one object a line",
    ),
    "PSY730": (
        "a stated reason opens for more than no time and at most {most} hours",
        "a look that never ends is a right that nobody gave",
        "say fewer hours; say your reason again when they are over",
    ),
    "PSY731": (
        "{most} looks for a stated reason wait for their review",
        "a look that nobody reviews is a right that nobody gave",
        "ask the leading group to review them: psysafe looked review",
    ),
    "PSY704": (
        "this table of figures cannot be shown: {problem}",
        "small counts could be worked out from it",
        "ask for fewer rows or columns",
    ),
}
