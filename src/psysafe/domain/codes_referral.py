"""Codes of handing a student on: consents, opinions, bases, states, what came of it."""

from __future__ import annotations

from typing import Final

from psysafe.domain.words import Word, words

REFERRAL_DUTIES: Final = words(
    answer_offer=Word("答复转介", "answer an offer"),
    referral_unmet=Word("转介无人接收，须另作安排", "nobody has taken a referral: arrange another"),
    decide_referral=Word("决定转介如何继续", "decide how a referral goes on"),
    renew_consent=Word("同意已失效，须重新征求", "ask for a consent again that has lapsed"),
    explain_to_student=Word(
        "事后向学生说明为何未经同意转介", "explain to the student why it was done without consent"
    ),
)
#: For what something is passed on.
CONSENT_PURPOSES: Final = words(
    counseling=Word("心理辅导", "counseling"),
    medical_care=Word("就医", "medical care"),
    school_transfer=Word("转学衔接", "transfer to another school"),
    guardian_sight=Word("监护人知情", "letting a guardian look"),
    guardian_details=Word("监护人了解详情", "letting a guardian see details"),
)
#: What may be passed on, in the words of the form that a family signs.
SCOPES: Final = words(
    identity=Word("姓名、身份与班级", "name, numbers and class"),
    contact=Word("联系方式", "ways to reach the family"),
    situation=Word("目前状况与安全安排", "how things stand, and what keeps the student safe"),
    observation=Word("观察到的情况", "what was observed"),
    screening=Word("筛查结果", "what a screening came to"),
    family=Word("与监护人的联系情况", "what was said with the guardians"),
)
#: What a student thinks of being handed on (C6.1).
OPINIONS: Final = words(
    agrees=Word("同意", "agrees"),
    within_limits=Word("有条件同意", "agrees within limits"),
    opposes=Word("不同意", "opposes"),
    cannot_say=Word("无法表达", "cannot say"),
)
#: On what a referral rests.
REFERRAL_BASES: Final = words(
    consent=Word("知情同意", "consent"),
    statutory_duty=Word("法定义务", "statutory duty"),
    emergency=Word("生命紧急情况", "emergency for life"),
)
REFERRAL_STATES: Final = words(
    draft=Word("拟稿", "draft"),
    active=Word("进行中", "active"),
    on_hold=Word("暂停", "on hold"),
    completed=Word("已完成", "completed"),
    revoked=Word("已撤销", "revoked"),
)
OFFER_STATES: Final = words(
    requested=Word("已发出", "requested"),
    received=Word("已打开", "received"),
    accepted=Word("已接受", "accepted"),
    in_progress=Word("进行中", "in progress"),
    completed=Word("已完成", "completed"),
    failed=Word("未成", "failed"),
    rejected=Word("接收方不接受", "rejected"),
    cancelled=Word("已收回", "cancelled"),
)
#: What became of a student who was handed on.
OFFER_OUTCOMES: Final = words(
    attended=Word("已就诊或已面谈", "attended"),
    admitted=Word("已住院", "admitted"),
    no_disorder_found=Word("未发现疾病", "no disorder found"),
    no_show=Word("未前往", "no show"),
    refused_by_guardian=Word("监护人拒绝", "refused by a guardian"),
    refused_by_student=Word("学生拒绝", "refused by the student"),
    unreachable=Word("联系不上", "unreachable"),
    declined_by_institution=Word("机构不予受理", "declined by the institution"),
)
