"""Codes of what is owed where an adult is suspected of harm, and of who must hear of it."""

from __future__ import annotations

from typing import Final

from psysafe.domain.words import Word, words

#: Who must be told of suspected harm to a minor, at once and with nobody's leave.
HARM_RECEIVERS: Final = words(
    safeguarding_lead=Word("学生保护专员", "safeguarding lead"),
    police=Word("公安机关", "police", ("公安", "警察", "派出所", "110")),
    civil_affairs=Word("民政部门", "civil affairs", ("民政", "民政局")),
    education_authority=Word("教育行政部门", "education authority", ("教育局", "教委", "教育部门")),
)

#: What is owed in a protected procedure.
BAR_DUTIES: Final = words(
    report_harm=Word(
        "强制报告：移交疑似侵害线索", "hand suspected harm over to those who must know"
    ),
    confirm_bar=Word("确认或解除回避", "confirm or lift a bar"),
    second_adult=Word("由另一位成年人先行接触学生", "another adult is with the student first"),
)
