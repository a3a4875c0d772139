"""The clauses of the three school plans, by id, each in a line.

A plan, a rule, a deadline and a test name a clause by its id; whoever reads one looks up here
what it says. The Chinese is the plans' own wording, shortened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from psysafe.domain.words import Word

CLAUSES: Final[Mapping[str, Word]] = MappingProxyType(
    {
        # Plan A: a school's mental-health plan for the time of the epidemic
        "A0": Word(
            "帮助全校师生应对疫情，预防、减少和控制心理影响，落实教育主管部门要求",
            "help all students and staff cope; prevent, reduce and control the effect",
        ),
        "A1": Word(
            "心理咨询室开通心理咨询热线，面向全体学生",
            "the counseling room opens a psychological-support hotline for all students",
        ),
        "A2.1": Word(
            "重点对象：外出学生和从外地返回的学生",
            "for students who went away and students who came back from elsewhere",
        ),
        "A2.2": Word(
            "班主任对全班摸底，通过微信等方式主动为每一名这样的学生提供一对一服务",
            "the homeroom teacher surveys the class and reaches out to each such student",
        ),
        "A2.3": Word(
            "了解思想动态和心理状况，持续密切关注变化",
            "thoughts and mental state are learned and closely followed over time",
        ),
        "A2.4": Word(
            "发现高危症状，班主任及时联合心理中心人员主动干预",
            "at high-risk symptoms the homeroom teacher joins promptly with the counseling center",
        ),
        "A3": Word(
            "利用各年级网络平台发布权威信息和新要求，宣传预防知识和调节情绪的方法",
            "authoritative messages and prevention on each grade's network platform",
        ),
        "A4": Word(
            "复学后的心理辅导方案：讲座、热线、个别咨询",
            "guidance after reopening: lectures, hotline, individual counseling",
        ),
        # Plan B: a school's plan in two phases
        "B0.0": Word("为师生构筑心理安全网", "a psychological-safety net for students and staff"),
        "B0.1": Word(
            "教育为主、预防为主、及时干预，减少和控制疫情的心理社会影响",
            "education first, prevention first, intervene in time",
        ),
        "B0.2": Word(
            "心理防护纳入疫情防控整体部署，随防控工作推进调整重点",
            "part of the whole epidemic deployment; its focus follows the control work",
        ),
        "B0.3": Word(
            "针对不同情况分类处理，严格保护受助者隐私",
            "handled by category; the helped person's privacy is strictly protected",
        ),
        "B1.0": Word(
            "以开学为界，分开学前、开学后两个阶段",
            "two phases, divided by the reopening date",
        ),
        "B1.1": Word(
            "开学前：通过热线、直播平台、邮箱、微信、QQ、公众号等多渠道答疑，及时回应焦虑、恐惧、抑郁、躯体症状等",
            "before: many help channels; concerns are answered in time",
        ),
        "B1.2": Word(
            "开学前：利用网络和班级群开展在线心理辅导",
            "before: online counseling through the network and class groups",
        ),
        "B1.3": Word(
            "开学前：推送疫情信息、心理健康资源、手册和微课",
            "before: epidemic information, mental-health resources, handbooks, micro-lessons",
        ),
        "B1.4": Word(
            "开学前：为疫情严重地区学生建立亲情微信群，及时了解状态和各种需要，及时答疑",
            "before: care groups for students of hard-hit areas",
        ),
        "B1.5": Word(
            "开学前：在线培训教师心理辅导和危机干预",
            "before: teachers are trained online in counseling and crisis intervention",
        ),
        "B2.1": Word(
            "开学后：提高多渠道帮助的质量，化解负面情绪，重点是学习压力和就业压力",
            "after: better help over the same channels, above all study and employment pressure",
        ),
        "B2.2": Word(
            "开学后：启动四级联动和心理晴雨表，双向关爱、帮扶、沟通，及时发现、精准帮助",
            "after: four-level linkage in both directions, and the barometer; precise help",
        ),
        "B2.3": Word(
            "开学后：继续更新疫情和心理健康信息",
            "after: epidemic and mental-health information goes on",
        ),
        "B2.4": Word(
            "开学后：培训专业队伍的知识和技术，提供科学、专业的帮助",
            "after: the professionals are trained",
        ),
        # Plan C: a primary or secondary school's education and intervention plan
        "C0.0": Word(
            "早预防、早疏导、快干预、有效控制，减少生命、财产和健康损失",
            "prevent early, relieve promptly, intervene fast, control effectively",
        ),
        "C0": Word(
            "成立心理危机干预工作领导小组：组长、副组长、核心组成员、各班主任",
            "a crisis leading group: head, deputies, core members, all homeroom teachers",
        ),
        "C1.1": Word("生命第一", "life first"),
        "C1.2": Word(
            "面向全体师生开展危机心理辅导、知识宣传和培训，提高意识和能力",
            "crisis counseling, knowledge and training for all students and staff",
        ),
        "C1.3": Word(
            "预防预警为主：早发现、早反应，及时精准帮助",
            "prevention and early warning first",
        ),
        "C1.4": Word(
            "对全体学生尊重、理解、关爱、共情",
            "respect, understanding, care, empathy toward all students",
        ),
        "C1.5": Word(
            "结合师生个人特点和背景，个别化对待",
            "individual treatment by traits and background",
        ),
        "C1.6": Word(
            "领导小组统筹负责，成员分工协作、互相通报、互相学习",
            "the leading group answers for the whole; its members divide the work",
        ),
        "C2": Word(
            "为受影响的人提供心理服务，为有需要的人进行危机干预，预防社会影响",
            "service for the affected, crisis intervention for those in need",
        ),
        "C3.1": Word(
            "掌握受影响学生的状况，根据掌握的信息及时识别高危学生，防止极端事件",
            "high-risk students are identified in time from the information held",
        ),
        "C3.2": Word(
            "发现可能出现心理危机的苗头，及时向防控工作领导小组报告，并提出解决方案",
            "early signs are reported promptly to the leading group, with a proposed solution",
        ),
        "C3.3": Word("干预技术与教育相结合", "intervention is combined with education"),
        "C4.1": Word(
            "一级预警（班级）：班主任及时发现和预防",
            "warning level 1, the class: the homeroom teacher",
        ),
        "C4.2": Word(
            "二级预警（年级）：年段长和政教处掌握本年级特点",
            "warning level 2, the grade: grade head and student affairs",
        ),
        "C4.3": Word(
            "三级预警（专职心理教师）：知识、心理档案、咨询和危机处理，必要时转介",
            "warning level 3: the full-time counselors",
        ),
        "C5.1": Word(
            "班主任统计确诊、疑似、发热人数，了解密切接触情况和过度焦虑、恐惧、失眠，报告政教处",
            "the homeroom teacher counts cases, learns of contacts and symptoms, reports",
        ),
        "C5.2": Word(
            "心理中心针对性干预和教育，指导自我调节，个别咨询",
            "targeted intervention, self-regulation, individual counseling",
        ),
        "C5.3": Word(
            "公布心理教师手机号，为学生和家长在线个别帮助；建立心理危机干预群答一般问题",
            "counselors' numbers are published; a crisis group answers general questions",
        ),
        "C5.4": Word(
            "心理教师按需要通过 QQ、钉钉、微信为有需求的群体开讲座",
            "lectures for the groups that ask",
        ),
        "C6.1": Word(
            "转介：详细记录和说明来访者情况，提出转介建议，并征求来访者意见",
            "referral: recorded, proposed, and the visitor's opinion asked",
        ),
        "C6.2": Word(
            "危机：心理教师第一时间告知班主任，班主任告知监护人，全面分析，建议转专业医疗机构",
            "crisis: counselor, homeroom teacher, guardian at once; medical advice",
        ),
        "C6.3": Word(
            "危机中监护人或学生拒绝就医，学校及时报告教育主管部门",
            "refusal of medical care in a crisis is reported to the education authority",
        ),
    }
)

_ID = re.compile(r"\b[ABC]\d(?:\.\d)?\b")


def clauses_in(text: str) -> tuple[str, ...]:
    """The clause ids that a text names, in its order; unknown ones too, for whoever checks."""
    return tuple(_ID.findall(text))
