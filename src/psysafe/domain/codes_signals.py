"""Codes of what is heard: sources, symptoms, needs, places, dangers, outcomes of contacts."""

from __future__ import annotations

from typing import Final

from psysafe.domain.words import Word, words

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
    unknown=Word("还不知道是谁，留待以后对应", "nobody knows yet who is meant: kept"),
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
