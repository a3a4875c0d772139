"""`psysafe policy`: what a role sees, and what one question comes to. No school is needed."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from psysafe.builtin.policy import shipped_matrix
from psysafe.cli import main
from psysafe.cli.output import width
from psysafe.cli.policy_words import EFFECTS, ITEMS, OVERLAYS, SHORT, STATES, VIEWERS
from psysafe.domain.privacy import OVERLAY_RULES


def ask(*questions: object, language: str = "en") -> tuple[int, list[dict[str, object]]]:
    lines = "\n".join(q if isinstance(q, str) else json.dumps(q) for q in questions)
    done = CliRunner().invoke(main, ["policy", "ask", "--lang", language], input=lines)
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.clause("B0.3")
def test_every_row_of_the_matrix_is_the_answer_to_its_question() -> None:
    rows = [row for row in shipped_matrix() if row[0] in ("guardian", "grade_head", "police")]
    code, answers = ask(
        *({"viewer": viewer, "item": item, "states": [state]} for viewer, item, state, _ in rows)
    )
    assert code == 0
    for (viewer, item, state, effect), answer in zip(rows, answers, strict=True):
        assert (answer["effect"], answer["rule"]) == (effect, f"M:{viewer}:{item}:{state}")
        assert answer["explanation"]


@pytest.mark.clause("B0.3")
def test_what_is_not_known_is_answered_with_no_and_why() -> None:
    base = {"viewer": "counselor_assigned", "item": "risk_level", "states": ["crisis"]}
    code, answers = ask(
        base,
        base | {"viewer": "somebody"},
        base | {"item": "anything"},
        base | {"states": ["crisis", "other"]},
        base | {"states": []},
        base | {"purpose": "curiosity"},
        base | {"action": "sell"},
        base | {"purpose": "discipline"},
        base | {"relation": "ended"},
        base | {"facts": {"erased": True}},
        base | {"facts": {"barred": True}},
        base | {"facts": {"relative": True}},
        base | {"objects": "deny"},
        base | {"action": "send", "trust": "shared"},
        base | {"action": "send", "trust": "telepathy"},
    )
    assert code == 0
    assert answers[0]["effect"] == "allow"
    assert [answer["effect"] for answer in answers[1:]] == ["deny"] * 14
    rules = [answer["rule"] for answer in answers[1:]]
    assert rules == "X2 X2 X2 X2 X2 X2 X13 X8 X15 X1 X6 P1 X10 X10".split()
    assert all(answer["explanation"] for answer in answers)


def test_danger_broken_glass_and_consent_are_facts_of_a_question() -> None:
    flag = {"viewer": "guardian", "item": "crisis_flag", "states": ["attention", "crisis"]}
    sheet = {"viewer": "counselor_unassigned", "item": "scale_items", "states": ["crisis"]}
    _, answers = ask(
        flag | {"facts": {"of_age": True}},
        flag | {"facts": {"of_age": True, "danger": True}},
        flag | {"facts": {"of_age": True, "guardians_agreed": True}},
        sheet,
        sheet | {"facts": {"glass_broken": True}},
    )
    assert [(a["effect"], a["rule"]) for a in answers] == [
        ("deny", "X7"),
        ("allow", "X5"),
        ("allow", "M:guardian:crisis_flag:crisis"),
        ("break_glass", "M:counselor_unassigned:scale_items:crisis"),
        ("allow", "X9"),
    ]
    assert answers[1]["obligations"] == ["tell_the_student_later"]
    assert answers[3]["obligations"] == ["reason", "notice", "review"]


@pytest.mark.clause("B0.3")
def test_a_small_figure_and_reviewed_notes_are_named_by_their_rules() -> None:
    count = {"viewer": "grade_head", "item": "mood_checkin", "action": "count"}
    notes = {"viewer": "student", "item": "counseling_notes", "facts": {"notes_reviewed": True}}
    _, answers = ask(
        count | {"facts": {"figure": 4}},
        count | {"facts": {"figure": 5}},
        count | {"facts": {"figure": 9, "k": 10}},
        notes | {"action": "export", "purpose": "own_record"},
        notes | {"purpose": "own_record"},
    )
    assert [(a["effect"], a["rule"]) for a in answers] == [
        ("deny", "X11"),
        ("statistics", "M:grade_head:mood_checkin:routine"),
        ("deny", "X11"),
        ("redact", "X16"),
        ("deny", "M:student:counseling_notes:routine"),
    ]
    assert answers[3]["obligations"] == ["facts_about_this_student"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("[1]", "PSY709"),
        ("{", "PSY709"),
        ("[" * 5000, "PSY709"),
        ('{"viewer": "guardian"}', "PSY708"),
        ('{"viewer": "guardian", "item": "contact", "reason": "x"}', "PSY708"),
        ('{"viewer": 3, "item": "contact"}', "PSY708"),
        ('{"viewer": "guardian", "item": "contact", "states": "crisis"}', "PSY708"),
        ('{"viewer": "guardian", "item": "contact", "facts": {"of_age": 1}}', "PSY708"),
        ('{"viewer": "guardian", "item": "contact", "facts": {"rich": true}}', "PSY708"),
        ('{"viewer": "guardian", "item": "contact", "facts": {"figure": true}}', "PSY708"),
        ('{"viewer": "guardian", "item": "contact", "facts": {"k": -1}}', "PSY708"),
        ('{"viewer": "' + "x" * 70_000 + '"}', "PSY021"),
    ],
)
def test_a_line_that_is_no_question_is_refused_and_the_next_is_answered(
    line: str, code: str
) -> None:
    exit_code, answers = ask(line, {"viewer": "guardian", "item": "contact"})
    assert exit_code == 4
    assert answers[0]["error"]["code"] == code  # type: ignore[index]
    assert answers[1]["effect"] == "allow"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_head_teacher_can_read_the_table_of_every_role(language: str) -> None:
    for role in VIEWERS:
        done = CliRunner().invoke(main, ["policy", "show", role, "--lang", language])
        assert done.exit_code == 0
        lines = done.stdout.splitlines()
        table = lines[2 : 4 + len(ITEMS)]
        assert len({len(line.split("  ")) > 1 for line in table}) == 1
        assert max(map(width, table)) <= 100
        assert not any(state in done.stdout for state in ("routine", "attention", "risk_level"))


def test_a_role_is_found_by_its_code_and_by_its_word() -> None:
    by_word = CliRunner().invoke(main, ["policy", "show", "班主任", "--lang", "zh"])
    by_code = CliRunner().invoke(main, ["policy", "show", "homeroom_teacher", "--lang", "zh"])
    assert by_word.stdout == by_code.stdout
    found = json.loads(
        CliRunner().invoke(main, ["policy", "show", "homeroom_teacher", "--json"]).stdout
    )["data"]["items"]
    assert {(item, state, effect) for item, s in found.items() for state, effect in s.items()} == {
        (i, s, e) for v, i, s, e in shipped_matrix() if v == "homeroom_teacher"
    }
    either = CliRunner().invoke(main, ["policy", "show", "班主任", "--lang", "en"])
    assert either.stdout.startswith("homeroom teacher")
    wrong = CliRunner().invoke(main, ["policy", "show", "nobody"])
    assert wrong.exit_code == 2
    assert "homeroom_teacher" in wrong.stderr, "whoever mistypes a role reads which there are"


def test_every_code_and_every_rule_has_words() -> None:
    viewers, items, states, effects = (
        set(column) for column in zip(*shipped_matrix(), strict=True)
    )
    assert (set(VIEWERS), set(ITEMS), set(STATES)) == (viewers, items, states)
    assert set(EFFECTS) == set(SHORT) == effects
    assert set(OVERLAYS) == set(OVERLAY_RULES)
    for rule in OVERLAY_RULES:
        assert CliRunner().invoke(main, ["why", rule]).exit_code == 0
