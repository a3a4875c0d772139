"""Codes of people: roles, how a step finds its people, rosters of duty, grades."""

from __future__ import annotations

from typing import Final

from psysafe.domain.words import Word, words

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
    counseling_expert=Word(
        "心理辅导专家",
        "counseling expert",
        # The expert of the district is one (decision 0038).
        ("district counselor", "区县心理教研员", "区心理教研员", "区县心理辅导员", "片区心理教师"),
    ),
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
    epidemic_leading_group=Word(
        "防控工作领导小组成员",
        "member of the epidemic leading group",
        ("防控工作领导小组", "防控领导小组", "疫情防控工作领导小组"),
    ),
    hotline_volunteer=Word("热线值班员", "hotline volunteer"),
    registrar=Word("学籍管理员", "registrar"),
    # Houses outside, to which a student may be handed on.
    medical_institution=Word("专业医疗机构", "medical institution", ("医院", "医疗机构")),
    receiving_school=Word("接收学校", "receiving school"),
    district_center=Word(
        "区县心理中心", "district counseling center", ("区心理中心", "区域心理中心")
    ),
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
