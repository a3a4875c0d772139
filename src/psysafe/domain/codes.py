"""The one register of codes: roles, relations, sources, symptoms, degrees, needs, places, dangers.

Each code has the plans' own Chinese word and an English one. Data carries codes; people read the
words. `psysafe doctor --codes` prints this register.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from psysafe.domain.activities import ACTIVITIES, PRINCIPLES, SOFTWARE
from psysafe.domain.clauses import CLAUSES
from psysafe.domain.words import Word, words
from psysafe.errors import Finding, InvalidDataError

#: Roles of staff. The code is the viewer code of the privacy matrix, with the three exceptions
#: that `domain.people.viewer_of` knows. Words: the plans' own (C0, C4, B2.2).
ROLES: Final = words(
    homeroom_teacher=Word("班主任", "homeroom teacher", ("班主任老师", "正班主任")),
    grade_head=Word("年段长", "grade head", ("年级组长", "年级主任", "年级长", "级长")),
    student_affairs_head=Word(
        "政教处负责人",
        "head of student affairs",
        (
            "政教主任",
            "政教处主任",
            "学生处主任",
            "学生处负责人",
            "德育主任",
            "德育处主任",
            "德育处负责人",
        ),
    ),
    duty_adult=Word("值班人员", "duty adult", ("值班领导", "宿管")),
    school_doctor=Word("校医", "school doctor"),
    counselor=Word(
        "心理教师",
        "counselor",
        (
            "心理健康教师",
            "心理健康教育教师",
            "专职心理老师",
            "专职心理教师",
            "心理咨询师",
            "心理老师",
        ),
    ),
    counseling_expert=Word("心理辅导专家", "counseling expert"),
    safeguarding_lead=Word("学生保护专员", "safeguarding lead"),
    leading_group_head=Word(
        "领导小组组长", "head of the leading group", ("心理危机干预工作领导小组组长",)
    ),
    leading_group_deputy=Word(
        "领导小组副组长",
        "deputy head of the leading group",
        ("心理危机干预工作领导小组副组长",),
    ),
    leading_group_core=Word(
        "领导小组核心成员",
        "core member of the leading group",
        ("领导小组核心组成员", "心理危机干预工作领导小组核心组成员"),
    ),
    hotline_volunteer=Word("热线值班员", "hotline volunteer"),
    registrar=Word("学籍管理员", "registrar"),
)

#: How a route step finds its people for one student.
STEP_RELATIONS: Final = words(
    of_student=Word("本人的", "of this student"),
    of_class=Word("本班的", "of the student's class"),
    of_grade=Word("本年级的", "of the student's grade"),
    of_school=Word("全校的", "of the school"),
    on_duty=Word("值班的", "on duty now"),
    lead=Word("个案负责人", "leading this case"),
)

#: The rosters of duty (B1.1, C4.1; duty leader and dormitory: practice).
DUTY_ROSTERS: Final = words(
    hotline=Word("热线值班", "hotline", ("心理咨询热线", "热线", "心理热线")),
    counselor_on_call=Word("心理教师值班", "counselor on call", ("心理值班", "值班心理教师")),
    duty_leader=Word("值班领导", "duty leader", ("领导值班", "行政值班", "带班领导")),
    dormitory=Word("宿管值班", "dormitory staff", ("宿管", "宿舍值班", "生活老师值班")),
)

GUARDIAN_KINDS: Final = words(
    legal_guardian=Word("监护人", "legal guardian", ("家长", "父亲", "母亲")),
    carer=Word("实际照护人", "carer at hand"),
    emergency_contact=Word("紧急联系人", "emergency contact"),
)

#: Why a student leaves the school, as rosters say it.
DEPARTURES: Final = words(
    left=Word("离校", "left"),
    transferred=Word("转出", "transferred"),
    graduated=Word("毕业", "graduated"),
)

#: Where a signal comes from (A1, A2.2, B1.1, B2.2, C3.1, C5.1).
SOURCES: Final = words(
    class_survey=Word("摸底", "class survey"),
    one_to_one=Word("一对一服务", "one-to-one support"),
    teacher_observation=Word("教师观察", "teacher observation"),
    hotline=Word("心理咨询热线", "hotline"),
    telephone=Word("电话", "telephone"),
    message=Word("微信/QQ/邮件留言", "chat or mail message"),
    barometer=Word("心理晴雨表", "barometer"),
    screening=Word("量表筛查", "screening"),
    self_report=Word("本人求助", "self-report"),
    peer=Word("同学反映", "peer"),
    guardian=Word("家长反映", "guardian"),
)

#: Symptoms named by the plans (B1.1, B2.1, C5.1) and what a counselor must hear at once.
SYMPTOMS: Final = words(
    anxiety=Word("焦虑", "anxiety"),
    fear=Word("恐惧", "fear"),
    depression=Word("抑郁", "low mood"),
    somatic=Word("躯体症状", "somatic complaints"),
    insomnia=Word("失眠", "insomnia"),
    study_pressure=Word("学习压力", "study pressure"),
    employment_pressure=Word("就业压力", "employment pressure"),
    negative_emotion=Word("负面情绪", "negative emotion"),
    withdrawal=Word("退缩", "withdrawal"),
    self_harm=Word("自伤", "self-harm"),
    harm_to_others=Word("伤人", "harm to others"),
    not_reached=Word("联系不上", "not reached"),
    other=Word("其他", "other"),
)

#: How strong a symptom is, the mildest first.
DEGREES: Final = words(
    some=Word("有些", "some"),
    marked=Word("明显", "marked"),
    severe=Word("严重", "severe"),
)

NEEDS: Final = words(
    device=Word("学习设备", "device"),
    food=Word("食物", "food"),
    money=Word("经济困难", "money"),
    lessons=Word("学业辅导", "help with lessons"),
    medicine=Word("药品和就医", "medicine and care"),
    protection=Word("防护用品", "protective supplies"),
    somebody_to_talk_to=Word("想找人谈谈", "somebody to talk to"),
)

#: What a report is: a worry, a question that wants an answer (B1.1), a wish to talk.
SIGNAL_KINDS: Final = words(
    worry=Word("情况反映", "a worry"),
    question=Word("提问", "a question"),
    talk=Word("想找人谈谈", "a wish to talk"),
)

#: What is known of a student and the epidemic (A2.1, B1.4, C5.1).
EXPOSURES: Final = words(
    away=Word("外出未归", "away"),
    returned_from=Word("外出返回", "returned from elsewhere", ("返校", "外地返回")),
    hard_hit_area=Word("来自疫情严重地区", "from a hard-hit area", ("疫区",)),
    confirmed=Word("确诊", "confirmed case"),
    suspected=Word("疑似", "suspected case"),
    fever=Word("发热", "fever"),
    close_contact=Word("密切接触者", "close contact", ("密接",)),
)

#: For what exposure is kept; after the purpose is closed it is used for nothing more.
EXPOSURE_PURPOSES: Final = words(
    epidemic_care=Word("疫情期间的关怀与服务", "care during the epidemic"),
)

#: By which way a teacher reached out to a student (A2.2).
MEANS: Final = words(
    wechat=Word("微信", "WeChat"),
    telephone=Word("电话", "telephone"),
    video=Word("视频", "video call"),
    message=Word("短信/QQ/邮件", "message"),
    in_person=Word("当面", "in person"),
    home_visit=Word("家访", "home visit"),
)

CONTACT_OUTCOMES: Final = words(
    reached=Word("已联系上", "reached"),
    not_reached=Word("联系不上", "not reached"),
)

#: What a class survey says of one student (A2.2).
SURVEY_OUTCOMES: Final = words(
    no_concern=Word("无异常", "no concern"),
    concern=Word("需关注", "concern"),
    not_reached=Word("联系不上", "not reached"),
)

#: What became of a note about somebody whom its teller may not look up.
NOTE_OUTCOMES: Final = words(
    linked=Word("已对应到学生", "linked to a student"),
    set_aside=Word("已核实，无须处理", "checked and set aside"),
)

#: Where the child is: the first question of every real crisis.
PLACES: Final = words(
    class_room=Word("教室", "class"),
    dormitory=Word("宿舍", "dormitory"),
    home=Word("家中", "home"),
    quarantine=Word("隔离点", "quarantine"),
    hospital=Word("医院", "hospital"),
    placement=Word("实习单位", "placement"),
    on_the_way=Word("途中", "on the way"),
    unknown=Word("不明", "unknown"),
)

#: To whom a crisis is a danger (C6.2).
DANGERS: Final = words(
    self=Word("危及自身", "self"),
    others=Word("危及他人", "others"),
    society=Word("危及社会", "society"),
)

#: Facts that start a new run whatever the severity is already.
DANGER_FACTS: Final = words(
    act=Word("已有行动", "an act"),
    plan=Word("已有计划", "a plan"),
    means=Word("手边有工具", "means at hand"),
    farewell=Word("告别", "a farewell"),
    whereabouts_unknown=Word("下落不明", "whereabouts unknown"),
    harm_by_adult=Word("受成人伤害", "harm by an adult"),
)

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

#: The epidemic situation of a phase: with the phase it decides what is switched on (B0.2).
SITUATIONS: Final = words(
    low=Word("低风险", "low"),
    medium=Word("中风险", "medium"),
    high=Word("高风险", "high"),
)

#: The phases that the plans name (B1.0). A school may name others of its own.
PHASES: Final = words(
    before_reopening=Word("开学前", "before reopening"),
    after_reopening=Word("开学后", "after reopening"),
)

#: Grades by the year of schooling; a roster may bring others, which are shown as they are.
GRADE: Final = words(
    g1=Word("一年级", "1"),
    g2=Word("二年级", "2"),
    g3=Word("三年级", "3"),
    g4=Word("四年级", "4"),
    g5=Word("五年级", "5"),
    g6=Word("六年级", "6"),
    g7=Word("初一", "7"),
    g8=Word("初二", "8"),
    g9=Word("初三", "9"),
    g10=Word("高一", "10"),
    g11=Word("高二", "11"),
    g12=Word("高三", "12"),
)

REGISTERS: Final[Mapping[str, Mapping[str, Word]]] = MappingProxyType(
    {
        "roles": ROLES,
        "step_relations": STEP_RELATIONS,
        "guardian_kinds": GUARDIAN_KINDS,
        "departures": DEPARTURES,
        "sources": SOURCES,
        "signal_kinds": SIGNAL_KINDS,
        "exposures": EXPOSURES,
        "exposure_purposes": EXPOSURE_PURPOSES,
        "means": MEANS,
        "contact_outcomes": CONTACT_OUTCOMES,
        "survey_outcomes": SURVEY_OUTCOMES,
        "note_outcomes": NOTE_OUTCOMES,
        "symptoms": SYMPTOMS,
        "degrees": DEGREES,
        "needs": NEEDS,
        "places": PLACES,
        "dangers": DANGERS,
        "danger_facts": DANGER_FACTS,
        "duties": DUTIES,
        "guardian_outcomes": GUARDIAN_OUTCOMES,
        "flag_outcomes": FLAG_OUTCOMES,
        "campaign": CAMPAIGN,
        "severity": SEVERITY,
        "duty_roster": DUTY_ROSTERS,
        "lifecycle": LIFECYCLE,
        "grade": GRADE,
        "phases": PHASES,
        "situations": SITUATIONS,
        "activities": ACTIVITIES,
        "principles": PRINCIPLES,
        "software": SOFTWARE,
        "clauses": CLAUSES,
    }
)


def known(register: str, code: str) -> str:
    """The code itself where the register has it. Raises InvalidDataError PSY013 otherwise.

    The unknown value stays out of the error: somebody may have typed a name into it.
    """
    if code not in REGISTERS[register]:
        facts = {"register": register, "value": "given"}
        raise InvalidDataError([Finding(code="PSY013", where={"field": register}, facts=facts)])
    return code


def from_word(register: str, text: str) -> str | None:
    """The code for a code or for one of its words; None where there is none."""
    entries = REGISTERS[register]
    if text in entries:
        return text
    for code, called in entries.items():
        if text in (called.zh, called.en, *called.also):
            return code
    return None


def word(register: str, code: str, language: str) -> str:
    """What a code is called in a language ("zh", otherwise English)."""
    found = REGISTERS[register].get(code)
    if found is None:
        return code
    return found.zh if language == "zh" else found.en
