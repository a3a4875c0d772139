"""Codes of what is done: duties, outcomes, severity, the steps of a case and of a campaign."""

from __future__ import annotations

from typing import Final

from psysafe.domain.codes_bars import BAR_DUTIES
from psysafe.domain.codes_death import DEATH_DUTIES
from psysafe.domain.codes_referral import REFERRAL_DUTIES
from psysafe.domain.codes_signs import SIGN_DUTIES
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
    never_alone=Word(
        "立即有人陪伴，先拨120或110", "be with the student now; telephone 120 or 110 first"
    ),
    guardian_decision=Word("弄清监护人的决定", "learn what the guardians decide"),
    family_disputed=Word(
        "监护人意见不一，由领导小组决定", "guardians differ: the leading group decides"
    ),
    family_unreachable=Word(
        "监护人都联系不上：决定就医并请公安或村（居）委会寻找家人",
        "no guardian can be reached: decide on care, have the family looked for",
    ),
    authority_report=Word(
        "起草并批准向教育主管部门的报告", "draft and approve the report to the authority"
    ),
    submit_report=Word("报送教育主管部门", "submit the report to the authority"),
    report_supplement=Word("向教育主管部门补充报告", "add a supplement to the report"),
    hospital_outcome=Word("了解医院的处理结果", "learn what the hospital says"),
    follow_up=Word("危机后随访", "follow-up after a crisis"),
    accept_lead=Word("接手个案负责", "accept the lead of a case"),
    name_supervisor=Word("为个案负责人指定督导老师", "name a supervisor for whoever leads a case"),
    decide_closure=Word("批准或驳回结案", "approve or reject a closure"),
    read_dismissed=Word("复查已排除的信息", "read what was dismissed"),
    holiday_plan=Word("制定假期安排", "plan for the break"),
    hand_over_home=Word("停课：当面交接给家长", "school closes: hand over to home"),
    tell_stood_down=Word(
        "告知监护人：警报已解除", "tell the guardians who heard of the alarm that it is over"
    ),
    **DEATH_DUTIES,
    answer_unheard_route=Word("无人应答，须立即电话联系", "nobody answered: telephone now"),
    **BAR_DUTIES,
    **REFERRAL_DUTIES,
    answer_access=Word("答复本人查阅申请", "look over what somebody may have of their own record"),
    review_glass=Word("复核凭理由的查阅", "review that somebody looked for a stated reason"),
    **SIGN_DUTIES,
)

GUARDIAN_OUTCOMES: Final = words(
    reached=Word("已联系上", "reached"),
    agrees=Word("同意", "agrees"),
    undecided=Word("未决定", "undecided"),
    refuses=Word("拒绝", "refuses"),
    unreachable=Word("所有电话均联系不上", "unreachable on every number"),
    not_reached=Word("未联系上", "not reached"),
)

#: Who is with the child (C1.1).
SUPERVISION: Final = words(
    in_person=Word("有人陪伴", "somebody is with the student"),
    handed_to=Word("已移交", "handed over"),
    ended=Word("已结束", "ended"),
)
#: To whom a child is handed over.
HANDED_TO: Final = words(
    guardian=Word("监护人", "guardian"),
    hospital=Word("医院", "hospital"),
    police=Word("公安", "police"),
)
#: What a family answers to the advice to see a medical institution (C6.2).
ADVICE_ANSWERS: Final = words(
    accepted=Word("接受", "accepted"),
    undecided=Word("未决定", "undecided"),
    declined=Word("不接受", "declined"),
)
#: Why a report to the education authority is due (C6.3).
REPORT_TRIGGERS: Final = words(
    refusal=Word("监护人或学生拒绝", "a guardian or the student refuses"),
    undecided=Word("监护人逾期未决定", "the guardians have not decided in time"),
    harm=Word("疑似受到伤害", "suspected harm"),
)
#: The steps of that report.
REPORT_STEPS: Final = words(
    due=Word("待起草", "due"),
    draft=Word("起草", "draft"),
    drafted=Word("已起草", "drafted"),
    approve=Word("批准", "approve"),
    approved=Word("已批准", "approved"),
    submit=Word("报送", "submit"),
    submitted=Word("已报送", "submitted"),
    acknowledge=Word("登记回执", "acknowledge"),
    acknowledged=Word("已收到回执", "acknowledged"),
    supplement=Word("补充", "supplement"),
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
    away=Word("暂离学校", "away"),
    closing=Word("申请结案", "closing"),
    closed=Word("已结案", "closed"),
    dismissed=Word("已排除", "dismissed"),
    transferred=Word("已转出", "transferred"),
    void=Word("误录作废", "void"),
)
