"""What a plan can switch on besides routes, and how far this version does it by itself.

A plan says which of these a school does, in which phase, who answers for it, and by which clause.
How much of one is software is a property of the software and not of a school's plan, so it stands
here: an activity that comes later is printed as such, never as if it were done.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from psysafe.domain.words import Word, words

#: Ways of helping and finding, by code. What the plans call them.
ACTIVITIES: Final = words(
    hotline=Word("心理咨询热线", "psychological-support hotline"),
    help_channels=Word("多渠道求助与答疑", "questions answered over many channels"),
    self_report=Word("“我想找人谈谈”", "“I want to talk to somebody”"),
    published_contacts=Word("公布心理教师联系方式", "counselors' numbers published"),
    exposure_list=Word("外出、返回及接触情况统计", "who is away, returned, in contact or ill"),
    class_survey=Word("班级摸底", "class survey"),
    one_to_one=Word("一对一服务", "one-to-one support"),
    screening=Word("量表筛查", "screening by scales"),
    early_identification=Word("及早识别高危学生", "high-risk students identified early"),
    barometer=Word("心理晴雨表", "barometer"),
    joint_intervention=Word("班主任与心理中心联合干预", "teacher and center intervene together"),
    linkage=Word("四级联动", "four-level linkage, in both directions"),
    warning_network=Word("三级预警", "warning network of three levels"),
    early_signs=Word("苗头报告与解决方案", "early signs reported with a proposed solution"),
    leading_group=Word("心理危机干预工作领导小组", "crisis leading group"),
    crisis_relay=Word("危机告知（班主任、监护人）", "crisis relay to teacher and guardian"),
    care_advice=Word("全面分析并建议就医", "full analysis and advice to seek medical care"),
    authority_report=Word("拒绝就医时报告教育主管部门", "refusal reported to the authority"),
    referral=Word("转介", "referral"),
    counseling=Word("个别咨询", "individual counseling"),
    online_counseling=Word("在线心理辅导", "online counseling"),
    pressure_counseling=Word("学习与就业压力辅导", "counseling on study and employment pressure"),
    psychological_file=Word("学生心理档案", "psychological file"),
    care_groups=Word("亲情微信群", "care groups"),
    crisis_group=Word("心理危机干预群", "crisis group for general questions"),
    bulletins=Word("权威信息发布", "authoritative information"),
    resources=Word("心理健康资源、手册和微课", "mental-health resources, handbooks, lessons"),
    lectures=Word("心理讲座", "lectures"),
    reopening_guidance=Word("复学后心理辅导方案", "guidance after reopening"),
    community_training=Word("全体师生知识宣传与培训", "knowledge and training for everybody"),
    teacher_training=Word("教师在线培训", "online training of teachers"),
    professional_training=Word("专业队伍培训", "training of the professionals"),
    phases=Word("分阶段推进", "work by phases and situation"),
)

#: Aims and principles: nothing is switched on, everything is measured by them.
PRINCIPLES: Final = words(
    help_everybody=Word("帮助全校师生", "help for all students and staff"),
    safety_net=Word("心理安全网", "a psychological-safety net"),
    prevention_first=Word("预防预警为主，及时干预", "prevention and early warning first"),
    part_of_the_whole=Word("纳入疫情防控整体部署", "part of the whole deployment"),
    by_category=Word("分类处理", "handled by category"),
    privacy=Word("严格保护隐私", "privacy strictly protected"),
    life_first=Word("生命第一", "life first"),
    respect=Word("尊重、理解、关爱、共情", "respect, understanding, care, empathy"),
    individual=Word("个别化对待", "individual treatment"),
    coordination=Word("统筹协作", "coordination"),
    service_and_crisis_help=Word("心理服务与危机干预", "service, and intervention in crises"),
    with_education=Word("干预与教育相结合", "intervention combined with education"),
)

#: How far an activity is done by this software.
SOFTWARE: Final = words(
    now=Word("软件支持", "done by the software"),
    part=Word("软件部分支持", "in part by the software"),
    later=Word("软件尚未支持，由人完成", "by people; software comes later"),
    own=Word("本校自定，由人完成", "the school's own, by people"),
)

_NOW: Final = (
    "self_report class_survey one_to_one screening early_identification exposure_list "
    "warning_network crisis_relay phases"
).split()
#: hotline: its reports and notes are taken, its duty roster is not kept yet. help_channels,
#: crisis_group: a question that comes in is somebody's duty until it is answered; the channels and
#: groups themselves are the school's. published_contacts: a student who asks to talk sees whom to
#: call; notices elsewhere are the school's. joint_intervention: the teacher's report calls the
#: center at once, a plan of care of both is not kept yet. linkage: without the expert. early_signs,
#: leading_group: the report about one student, not yet the nameless figures. care_advice: the duty
#: and the record, not yet the referral that follows from it.
_IN_PART: Final = (
    "hotline help_channels crisis_group published_contacts joint_intervention linkage early_signs "
    "leading_group care_advice"
).split()

_SOFTWARE: Final[Mapping[str, str]] = MappingProxyType(
    {**dict.fromkeys(_NOW, "now"), **dict.fromkeys(_IN_PART, "part")}
)


def software_of(activity: str) -> str:
    """How far this version does an activity: a code of `SOFTWARE`."""
    if activity not in ACTIVITIES:
        return "own"
    return _SOFTWARE.get(activity, "later")
