"""Codes of what is done: duties, outcomes, severity, the steps of a case and of a campaign."""

from __future__ import annotations

from typing import Final

from psysafe.domain.codes_bars import BAR_DUTIES
from psysafe.domain.words import Word, words

#: What somebody owes (domain of duties).
DUTIES: Final = words(
    triage=Word("初步研判", "triage"),
    tell_homeroom_teacher=Word("告知班主任", "tell the homeroom teacher"),
    tell_guardian=Word("告知监护人", "tell a legal guardian"),
    leading_group_report=Word("报告领导小组", "report to the leading group"),
    full_analysis=Word("全面分析并建议就医", "full analysis and medical advice"),
    review_flag=Word("复核筛查提示", "review of a screening flag"),
    second_stage=Word("第二阶段访谈", "second-stage interview"),
    review_signal=Word("复核新信息", "review of a joined signal"),
    taken_up=Word("接手反映的情况", "take up what was reported"),
    talk=Word("找想谈谈的学生谈话", "talk with a student who asked to"),
    question=Word("答复提问", "answer a question"),
    whereabouts=Word("弄清学生在何处", "find out where the student is"),
    class_survey=Word("班级摸底", "class survey"),
    one_to_one=Word("一对一服务", "one-to-one support"),
    not_reached=Word("联系不上，继续联系", "student not reached: go on trying"),
    check_note=Word("核实留言", "check a note"),
    reassess=Word("再次评估", "re-assessment"),
    answer_unheard_route=Word("无人应答，须立即电话联系", "nobody answered: telephone now"),
    **BAR_DUTIES,
)

GUARDIAN_OUTCOMES: Final = words(
    reached=Word("已联系上", "reached"),
    not_reached=Word("未联系上", "not reached"),
)

FLAG_OUTCOMES: Final = words(
    no_concern=Word("暂无明显风险", "no concern"),
    second_stage=Word("转入第二阶段访谈", "invited to a second-stage interview", ("二阶段访谈",)),
    joined_case=Word("并入个案", "joined to a case"),
)

#: Where a screening campaign stands.
CAMPAIGN: Final = words(
    planned=Word("已计划", "planned"),
    open=Word("进行中", "open"),
    closed=Word("已结束", "closed"),
    cancelled=Word("已取消", "cancelled"),
)

#: How bad it is, in the plans' words; never 一级/二级/三级, which name tiers (C4).
SEVERITY: Final = words(
    none=Word("暂无明显风险", "no concern"),
    attention=Word("关注", "attention"),
    moderate=Word("较重", "moderate"),
    high=Word("高危", "high"),
    imminent=Word("紧急", "imminent"),
    not_assessed=Word("未评估", "not assessed"),
)

LIFECYCLE: Final = words(
    signalled=Word("已报告", "signalled"),
    triage=Word("研判中", "in triage"),
    open=Word("干预中", "open"),
    closing=Word("申请结案", "closing"),
    closed=Word("已结案", "closed"),
    dismissed=Word("已排除", "dismissed"),
)
