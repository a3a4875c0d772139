"""The words of the papers, Chinese and English side by side. `papers.py` makes files of them."""

from __future__ import annotations

from collections.abc import Callable

from word_parts import Paper, heading, listed, p, run, small, table, title, when

Words = Callable[[str, str], str]


def _blank(words: Words, chinese: int = 1) -> str:
    return words("＿" * 6 * chinese, "_" * 14 * chinese)


def _numbers(t: Words) -> str:
    """Whom anybody can telephone."""
    return table(
        (3, 3, 4),
        [
            (
                t("=校内联系人　", "=At school ") + "{{ call }}",
                t("=急救 120　报警 110", "=Ambulance 120, police 110"),
                t("=全国统一心理援助热线 12356", "=National psychological helpline 12356"),
            )
        ],
    ) + when(
        "hotline",
        p(t("学校心理援助热线：{{ hotline }}", "The school's own helpline: {{ hotline }}")),
    )


def _guardians(t: Words) -> str:
    return when(
        "guardians",
        table(
            (3, 2, 2, 4),
            [("{{ g.name }}", "{{ g.relation }}", "{{ g.kind }}", "{{ g.telephones }}")],
            heads=(
                t("姓名", "Name"),
                t("关系", "Relation"),
                t("身份", "Kind"),
                t("电话", "Telephone"),
            ),
            each="g in guardians",
        ),
    )


def _duties(t: Words) -> str:
    return when(
        "duties",
        table(
            (5, 2, 3, 1),
            [("{{ d.what }}", "{{ d.owner }}", "{{ d.due }}", "{{ d.late }}")],
            heads=(t("事项", "What"), t("责任人", "Who"), t("期限", "By"), ""),
            each="d in duties",
        ),
    )


def _advice(t: Words) -> str:
    return when(
        "advice",
        table(
            (3, 5, 2, 2),
            [("{{ a.at }}", "{{ a.advice }}", "{{ a.answer }}", "{{ a.by }}")],
            heads=(t("时间", "When"), t("建议", "Advice"), t("答复", "Answer"), t("建议人", "By")),
            each="a in advice",
        ),
    ) + when("advice_summary", p("{{ advice_summary }}"))


def _whereabouts(t: Words) -> str:
    return t(
        "{{ supervision.place }}{% if supervision.state %}，{{ supervision.state }}{% endif %}"
        "{% if supervision.adult %}：{{ supervision.adult }}{% endif %}{{ supervision.summary }}",
        "{{ supervision.place }}{% if supervision.state %}, {{ supervision.state }}{% endif %}"
        "{% if supervision.adult %}: {{ supervision.adult }}{% endif %}{{ supervision.summary }}",
    )


def _said(t: Words) -> str:
    """What a family may say tonight, and what can be answered."""
    pairs = [
        (
            t("“他就是闹脾气、装的。”", "“It is only a mood.”"),
            t(
                "我也希望只是闹脾气。可今天他说的、做的，让我们不敢不当真。请医生看一看，没事最好。",
                "I hope so too. But what was said and done today we must take seriously. "
                "Let a doctor look; if it is nothing, all the better.",
            ),
        ),
        (
            t("“我家孩子没病，别乱说。”", "“My child is not ill.”"),
            t(
                "学校不作诊断，我也没有说孩子有病。我们看到的是危险，要请医生来判断。",
                "The school makes no diagnosis, and I did not say ill. What we see is danger; "
                "a doctor has to judge it.",
            ),
        ),
        (
            t("“传出去怎么办？影响升学吗？”", "“What if people hear of it?”"),
            t(
                "只有必须知道的几个人知道。不进学籍，不影响评优和升学。",
                "Only the few who must know will know. It goes into no school record and "
                "changes no mark and no admission.",
            ),
        ),
        (
            t("“我没空，明天再说。”", "“I have no time today.”"),
            t(
                "今晚最要紧。请您现在来，或者请另一位家人来；您到之前，我们一直陪着他。",
                "Tonight matters most. Please come now, or send another of the family; "
                "until then we stay with your child.",
            ),
        ),
        (
            t("“出了事我负责，不用你们管。”", "“I take the responsibility.”"),
            t(
                "我明白您着急。危机中不同意就医，学校要书面告知您，并按规定报告教育主管部门。"
                "这是为了保护孩子，不是追究您。",
                "I understand. Where care is refused in a crisis the school gives you this in "
                "writing and must report to the education authority: to protect the child, "
                "not to blame you.",
            ),
        ),
        (
            t("“你们就是怕担责任。”", "“You only want to be rid of it.”"),
            t(
                "我们今晚一直陪着孩子，明天也在。我们和您站在一边。",
                "We stay with your child tonight and are here tomorrow. We are on your side.",
            ),
        ),
    ]
    return table((3, 7), pairs, heads=(t("家长说", "They say"), t("可以这样说", "You can say")))


def tonight(t: Words) -> tuple[str, str]:
    first = [
        t(
            "学生身边始终有一名成年人，一刻不离，包括上厕所和睡觉时。",
            "An adult is with the student all the time, also in the washroom and at night.",
        ),
        t(
            "已经受伤、服药或马上有危险：先拨120、110，再打其他电话。",
            "Hurt, poisoned or about to be: telephone 120 and 110 first, then the others.",
        ),
        t(
            "收走刀具、绳带、药品、农药；关好窗，不去高处和水边。",
            "Take away blades, cords, medicine, pesticide; windows shut, no roofs, no water.",
        ),
        t(
            "平静、直接地问：“你有没有想过伤害自己、不想活？”直接问不会让人产生这个念头。",
            "Ask calmly and directly: “Have you thought of hurting yourself, of dying?” "
            "Asking puts no such thought into anybody.",
        ),
        t(
            "多听少说。不争辩，不训斥，不许诺“我谁也不告诉”。",
            "Listen. Do not argue, do not scold, do not promise to tell nobody.",
        ),
        t(
            "请监护人当面接走，或由校方送医；不让学生独自离开。",
            "A guardian fetches the student in person, or the school takes them to hospital; "
            "the student never leaves alone.",
        ),
    ]
    body = (
        title(t("今 晚 卡", "Tonight's card"))
        + table(
            (2, 3, 2, 3),
            [
                (t("=学生", "=Student"), "{{ student }}", t("=班级", "=Class"), "{{ class_name }}"),
                (
                    t("=危险", "=Danger"),
                    "{{ crisis.danger }}{{ crisis.help }}",
                    t("=级别", "=Severity"),
                    "{{ severity }}{{ what_to_do }}",
                ),
                (
                    t("=现在何处", "=Where"),
                    _whereabouts(t),
                    t("=处置建议", "=Proposal"),
                    "{{ crisis.proposal }}",
                ),
            ],
        )
        + heading(t("一、先做这几件事", "1. First"))
        + listed(first)
        + heading(t("二、打给谁", "2. Whom to telephone"))
        + _numbers(t)
        + _guardians(t)
        + when("family.answer or family.summary", p("{{ family.answer }}{{ family.summary }}"))
        + heading(
            t("三、家长不相信、不同意时怎么说", "3. When parents do not believe it, or refuse")
        )
        + _said(t)
        + p(
            t(
                "不要说：“想开点”“别人都没事”“你这样对得起谁”“我保证不会有事”；不说病名。",
                "Do not say: “cheer up”, “others manage”, “think of your parents”, “I promise it "
                "will be all right”; name no illness.",
            )
        )
        + when("duties", heading(t("四、还要做的", "4. What is owed"), fresh=True) + _duties(t))
        + heading(t("今晚记录", "What was done tonight"))
        + table(
            (2, 5, 3),
            [("", "", "")] * 4,
            heads=(
                t("时间", "When"),
                t("做了什么、联系了谁", "What was done, who was told"),
                t("结果与签名", "Result, signature"),
            ),
            tall=440,
        )
    )
    return t("保密 · 用后交心理中心", "Confidential · return to the counseling center"), body


def guardian_notification(t: Words) -> tuple[str, str]:
    blank = _blank(t)
    please = [
        t(
            "让孩子身边一直有成年人陪伴，不责骂、不追问、不让孩子独处。",
            "See that an adult is always with your child; do not scold, press or leave them alone.",
        ),
        t(
            "收好刀具、绳带、药品、农药等，关好门窗。",
            "Lock away blades, cords, medicine and pesticide; shut the windows.",
        ),
        t(
            "尽快带孩子到精神专科医院或综合医院心理（精神）科就诊，并把结果告诉学校。",
            "Take your child to a psychiatric hospital or department as soon as you can, and tell "
            "the school what it says.",
        ),
        t(
            "情况紧急时立即拨打120或110；也可拨打全国统一心理援助热线12356。",
            "In an emergency telephone 120 or 110 at once; the national helpline is 12356.",
        ),
    ]
    known = [
        t(
            "学校不作医学诊断。上述情况只用于保护孩子，不记入学籍，不影响评优和升学。",
            "The school makes no medical diagnosis. This serves to protect your child only; it "
            "goes into no school record and changes no mark and no admission.",
        ),
        t(
            "危机中监护人或学生拒绝就医的，学校将按规定及时报告教育主管部门。",
            "Where a guardian or the student refuses medical care in a crisis, the school reports "
            "to the education authority promptly.",
        ),
    ]
    body = (
        title(t("学生心理危机情况家长告知书", "Notification to the guardians"))
        + p(
            t("{{ addressed }}（监护人）：", "To the guardians: {{ addressed }}"),
        )
        + p(
            t(
                "　　您的孩子 {{ student }}（{{ class_name }}）目前可能处于心理危机之中。"
                "{% if crisis.declared %}学校已于 {{ crisis.declared }} 启动危机干预。{% endif %}"
                "现将情况和建议告知如下。",
                "Your child {{ student }} ({{ class_name }}) may be in a psychological crisis. "
                "{% if crisis.declared %}The school began its crisis intervention at "
                "{{ crisis.declared }}. {% endif %}This is how it stands, and what we advise.",
            )
        )
        + heading(t("一、情况与学校建议", "1. How it stands"))
        + table(
            (2, 8),
            [
                (t("=主要危险", "=Danger"), "{{ crisis.danger }}{{ crisis.help }}"),
                (t("=孩子现在", "=Your child is"), _whereabouts(t)),
                (t("=学校建议", "=We propose"), "{{ crisis.proposal }}"),
                (t("=学校联系电话", "=Telephone"), "{{ call }}"),
            ],
        )
        + _advice(t)
        + heading(t("二、请您做到", "2. What we ask of you"))
        + listed(please)
        + heading(t("三、请您知悉", "3. What you should know"))
        + listed(known)
        + heading(t("四、监护人意见（请勾选）", "4. The guardians' answer (please tick)"))
        + p(t("□ 已阅读并了解以上内容。", "□ I have read and understood this."))
        + p(
            t(
                f"□ 同意就医。就诊时间：{blank}　医院：{blank}",
                f"□ I agree to medical care. When: {blank} Hospital: {blank}",
            )
        )
        + p(
            t(
                f"□ 暂未决定，于 {blank} 前答复。",
                f"□ I have not decided; I will answer by {blank}.",
            )
        )
        + p(
            t(
                f"□ 不同意就医。理由：{_blank(t, 3)}",
                f"□ I refuse medical care. Reason: {_blank(t, 3)}",
            )
        )
        + table(
            (3, 2, 3, 3),
            [("", "", "", "")] * 2,
            heads=(
                t("监护人签名", "Guardian's signature"),
                t("与学生关系", "Relation"),
                t("电话", "Telephone"),
                t("日期、时间", "Date and time"),
            ),
            tall=520,
        )
        + heading(
            t("五、拒绝签名记录（两名见证人）", "5. Refused to sign (two witnesses)"), fresh=True
        )
        + p(
            t(
                "监护人拒绝签名的，由告知人向其宣读全文，两名见证人在场并签名。",
                "Where a guardian refuses to sign, this is read out in full, and two witnesses who "
                "were present sign.",
            ),
            keep=True,
        )
        + p(
            t(
                f"告知方式：□ 当面　□ 电话　□ 视频　　时间：{blank}　地点：{blank}",
                f"Told: □ in person □ by telephone □ by video. When: {blank} Where: {blank}",
            ),
            keep=True,
        )
        + table(
            (2, 3, 3, 3),
            [
                (t("=见证人一", "=Witness 1"), "", "", ""),
                (t("=见证人二", "=Witness 2"), "", "", ""),
            ],
            heads=(
                "",
                t("签名", "Signature"),
                t("单位、职务", "Post"),
                t("日期、时间", "Date and time"),
            ),
            tall=520,
        )
        + table(
            (2, 3, 2, 4),
            [
                (
                    t("=告知人签名", "=Told by"),
                    "",
                    t("=学校（盖章）", "=School (seal)"),
                    "",
                )
            ],
            tall=620,
        )
        + small(
            t(
                "本告知书一式两份，监护人和学校各执一份。编号：{{ case }}",
                "In two copies, one for the guardians and one for the school. No. {{ case }}",
            )
        )
    )
    return t("保密 · 仅交监护人", "Confidential · for the guardians only"), body


def referral_letter(t: Words) -> tuple[str, str]:
    blank = _blank(t)
    body = (
        title(t("学生心理危机转介单", "Referral letter"))
        + p(t(f"致：{_blank(t, 3)}", f"To: {_blank(t, 3)}"))
        + p(
            t(
                "　　我校学生因下述情况，建议由贵机构作进一步评估和诊治，请予接诊为盼。",
                "We ask you to see our student, whose situation is described here, for assessment "
                "and care.",
            )
        )
        + heading(t("一、基本情况", "1. The student"))
        + table(
            (2, 3, 2, 3),
            [
                (t("=学生", "=Student"), "{{ student }}", t("=编号", "=No."), "{{ case }}"),
                (
                    t("=学校联系人", "=At school"),
                    "{{ lead }}",
                    t("=联系电话", "=Telephone"),
                    "{{ call }}",
                ),
            ],
        )
        + _guardians(t)
        + heading(t("二、情况说明", "2. The situation"))
        + table(
            (2, 8),
            [
                (t("=学校评估", "=Severity"), "{{ severity }}"),
                (t("=主要危险", "=Danger"), "{{ crisis.danger }}"),
                (t("=学校建议", "=Proposal"), "{{ crisis.proposal }}"),
                (t("=目前所在", "=Now"), _whereabouts(t)),
            ],
        )
        + when("request", p(t("转介事由：{{ request }}", "We ask: {{ request }}")))
        + when(
            "observations",
            table(
                (3, 4, 5),
                [("{{ o.at }}", "{{ o.what }}", "{{ o.note }}")],
                heads=(t("时间", "When"), t("表现", "What was seen"), t("说明", "Note")),
                each="o in observations",
            ),
        )
        + table(
            (1,),
            [("",)],
            heads=(
                t(
                    "情况详述（转介教师当面说明并填写：起因、经过、已做的工作）",
                    "In detail (by the counselor: how it began, what happened, what was done)",
                ),
            ),
            tall=1900,
        )
        + heading(t("三、已向家庭提出的建议", "3. What the family was advised"))
        + _advice(t)
        + when(
            "not advice and not advice_summary",
            p(t("尚无记录。", "Nothing is recorded yet.")),
        )
        + heading(t("四、征求意见", "4. The opinions that were asked for"))
        + p(
            t(
                "来访者本人：□ 同意转介　□ 不同意　□ 有条件同意：" + blank,
                f"The student: □ agrees □ does not agree □ agrees if: {blank}",
            )
        )
        + p(
            t(
                "监护人：□ 同意转介并提供上述信息　□ 不同意　□ 只同意提供：" + blank,
                f"Guardian: □ agrees, also to this information □ does not agree □ only: {blank}",
            )
        )
        + table(
            (3, 3, 3),
            [("", "", "")],
            heads=(
                t("学生签名、日期", "Student, date"),
                t("监护人签名、日期", "Guardian, date"),
                t("转介教师签名、日期", "Counselor, date"),
            ),
            tall=560,
        )
        + heading(
            t("回执（请交监护人带回，或寄回学校）", "Reply (please return it to the school)"),
            fresh=True,
        )
        + p(
            t(
                f"编号 {{{{ case }}}}　□ 已接诊　□ 不能接诊，原因：{blank}",
                f"No. {{{{ case }}}} □ seen □ cannot be seen, because: {blank}",
            ),
            keep=True,
        )
        + table(
            (1,),
            [("",)],
            heads=(
                t(
                    "诊治意见及对学校的建议（由医疗机构填写）",
                    "Findings, and advice to the school (by the institution)",
                ),
            ),
            tall=1100,
        )
        + p(
            t(
                f"医师签名（盖章）：{blank}　　日期：{blank}　　复诊时间：{blank}",
                f"Physician (seal): {blank} Date: {blank} Next visit: {blank}",
            )
        )
    )
    return t("保密 · 仅供接诊机构", "Confidential · for the receiving institution"), body


def case_card(t: Words) -> tuple[str, str]:
    body = (
        title(t("一 生 一 策", "Case card"))
        + table(
            (2, 3, 2, 3),
            [
                (t("=学生", "=Student"), "{{ student }}", t("=班级", "=Class"), "{{ class_name }}"),
                (
                    t("=现在何处", "=Where"),
                    _whereabouts(t),
                    t("=危险", "=Danger"),
                    "{{ crisis.danger }}{{ crisis.help }}",
                ),
            ],
        )
        + when(
            "severity",
            table(
                (2, 3, 2, 3),
                [
                    (
                        t("=级别", "=Severity"),
                        "{{ severity }}",
                        t("=状态", "=State"),
                        "{{ state }}",
                    ),
                    (
                        t("=负责人", "=Lead"),
                        "{{ lead }}",
                        t("=督导老师", "=Supervisor"),
                        "{{ supervisor }}",
                    ),
                    (t("=编号", "=Case"), "{{ case }}", "", ""),
                ],
            ),
        )
        + when("what_to_do", p("{{ what_to_do }}"))
        + when("watch", p("{{ watch }}"))
        + when(
            "crisis.declared",
            p(
                t(
                    "危机宣布于 {{ crisis.declared }}。处置建议：{{ crisis.proposal }}",
                    "Crisis declared at {{ crisis.declared }}. Proposal: {{ crisis.proposal }}",
                )
            ),
        )
        + when(
            "reasons or observations",
            heading(t("一、为什么", "1. Why"))
            + when("reasons", p("{%p for r in reasons %}") + p("· {{ r }}") + p("{%p endfor %}"))
            + when(
                "observations",
                table(
                    (3, 2, 3, 5),
                    [("{{ o.at }}", "{{ o.source }}", "{{ o.what }}", "{{ o.note }}")],
                    heads=(
                        t("时间", "When"),
                        t("来源", "Source"),
                        t("表现", "What was seen"),
                        t("说明", "Note"),
                    ),
                    each="o in observations",
                ),
            ),
        )
        + heading(t("二、谁做什么、何时做", "2. Who does what, by when"))
        + _duties(t)
        + table(
            (4, 2, 3, 3),
            [("", "", "", "")] * 3,
            heads=(
                t("措施（手写补充）", "Measures (by hand)"),
                t("责任人", "Who"),
                t("频次、期限", "How often, until"),
                t("效果", "What came of it"),
            ),
            tall=440,
        )
        + heading(t("三、家庭", "3. The family"))
        + _guardians(t)
        + when("family.answer or family.summary", p("{{ family.answer }}{{ family.summary }}"))
        + when(
            "calls",
            table(
                (3, 3, 3, 3),
                [("{{ c.at }}", "{{ c.guardian }}", "{{ c.outcome }}", "{{ c.by }}")],
                heads=(
                    t("时间", "When"),
                    t("监护人", "Guardian"),
                    t("结果", "Outcome"),
                    t("联系人", "By"),
                ),
                each="c in calls",
            ),
        )
        + heading(t("四、就医建议与转介", "4. Advice and referral"))
        + _advice(t)
        + when(
            "not advice and not advice_summary",
            p(t("尚无记录。", "Nothing is recorded yet.")),
        )
        + when(
            "withheld",
            p(
                run(
                    t("按隐私规定未列：", "Not on this card, by the privacy policy: ")
                    + "{% for w in withheld %}{{ w }}{% if not loop.last %}"
                    + t("、", ", ")
                    + "{% endif %}{% endfor %}"
                ),
                style="Small",
            ),
        )
        + table(
            (3, 3, 3),
            [("", "", "")],
            heads=(
                t("心理教师", "Counselor"),
                t("班主任", "Homeroom teacher"),
                t("分管领导", "Leading group"),
            ),
            tall=560,
        )
    )
    return t("保密 · 仅限承办人", "Confidential · for those who answer for it"), body


def authority_report(t: Words) -> tuple[str, str]:
    blank = _blank(t)
    body = (
        title(t("学生心理危机情况报告", "Report on a psychological crisis"))
        + p(t(f"主送：{_blank(t, 3)}（教育主管部门）", f"To the education authority: {blank}"))
        + table(
            (2, 3, 2, 3),
            [
                (t("=学生", "=Student"), "{{ student }}", t("=班级", "=Class"), "{{ class_name }}"),
                (
                    t("=报告事由", "=Because"),
                    "{{ report.trigger }}",
                    t("=应报时间", "=Owed since"),
                    "{{ report.due_since }}",
                ),
                (
                    t("=报告状态", "=State"),
                    "{{ report.state }}",
                    t("=报送时间", "=Submitted"),
                    "{{ report.submitted }}",
                ),
            ],
        )
        + heading(t("一、基本情况", "1. How it stands"))
        + table(
            (2, 8),
            [
                (
                    t("=危机", "=Crisis"),
                    t(
                        "{% if crisis.declared %}{{ crisis.declared }} 宣布：{{ crisis.danger }}"
                        "{% endif %}{{ crisis.help }}",
                        "{% if crisis.declared %}declared at {{ crisis.declared }}: "
                        "{{ crisis.danger }}{% endif %}{{ crisis.help }}",
                    ),
                ),
                (t("=处置建议", "=Proposal"), "{{ crisis.proposal }}"),
                (t("=学生安全", "=Safety"), _whereabouts(t)),
                (t("=家庭", "=Family"), "{{ family.answer }}{{ family.summary }}"),
            ],
        )
        + heading(t("二、报告内容", "2. The report"))
        + p("{{ report.text }}")
        + when(
            "report.supplements",
            heading(t("三、补充报告", "3. Supplements"))
            + table(
                (3, 7, 2),
                [("{{ s.at }}", "{{ s.text }}", "{{ s.by }}")],
                heads=(t("时间", "When"), t("内容", "What"), t("填写人", "By")),
                each="s in report.supplements",
            ),
        )
        + table(
            (3, 3, 3),
            [("", "", "")],
            heads=(
                t("起草人签名、日期", "Drafted by, date"),
                t("批准人签名、日期", "Approved by, date"),
                t("报送人签名、学校盖章", "Submitted by, school's seal"),
            ),
            tall=700,
        )
        + table(
            (2, 8),
            [
                (
                    t("=回执", "=Receipt"),
                    t(
                        f"收到时间：{blank}　收件人签名：{blank}",
                        f"Received at: {blank} Signature: {blank}",
                    ),
                )
            ],
            tall=560,
        )
        + small(t("编号：{{ case }}", "No. {{ case }}"))
    )
    return t("保密 · 仅报教育主管部门", "Confidential · for the education authority"), body


def crisis_cards(t: Words) -> tuple[str, str]:
    heads = (t("顺序叫到谁", "In this order"), t("姓名、电话", "Name, telephone"))
    columns = (3, 7)
    danger = t(
        "马上有危险：先拨120、110，身边留一名成年人。全国统一心理援助热线 12356。",
        "Immediate danger: telephone 120 and 110 first; an adult stays. National helpline 12356.",
    )
    body = (
        title(t("停电应急联系卡", "Whom to call when the power is cut"))
        + p(
            t(
                "系统不能用时拆封。从上往下打，打通为止；一人十分钟内不接，就打下一位。"
                "记下时间和接电话的人，恢复后补录。",
                "Open when the system is down. Call from the top until somebody answers; after ten "
                "minutes without an answer call the next. Write down when, and who answered; enter "
                "it afterwards.",
            )
        )
        + p(danger)
        + table(
            (3, 3, 4),
            [("", "", "")],
            heads=(
                t("封存人签名、日期", "Sealed by, date"),
                t("启封人签名、时间", "Opened by, when"),
                t("启封原因", "Why it was opened"),
            ),
            tall=560,
        )
        + p("{%p for c in classes %}")
        + heading("{{ c.grade }}　{{ c.name }}", fresh=True)
        + p(danger)
        + p(t("担心一名学生（四级联动）", "Worried about a student (linkage)"), keep=True)
        + table(columns, [("{{ s.role }}", "{{ s.who }}")], heads=heads, each="s in c.linkage")
        + p(t("危机：由谁告知监护人", "Crisis: who tells the guardians"), keep=True)
        + table(columns, [("{{ s.role }}", "{{ s.who }}")], heads=heads, each="s in c.crisis")
        + table(
            (2, 5, 3),
            [("", "", "")] * 4,
            heads=(
                t("时间", "When"),
                t("打给谁、说了什么", "Who was called, what was said"),
                t("结果与签名", "Result, signature"),
            ),
            tall=440,
        )
        + p("{%p endfor %}")
    )
    return t("密封保存 · 只含教职工电话", "Keep sealed · telephones of staff only"), body


#: Each kind of paper, by its name.
PAPERS: dict[str, Paper] = {
    "tonight": tonight,
    "guardian-notification": guardian_notification,
    "referral-letter": referral_letter,
    "case-card": case_card,
    "authority-report": authority_report,
    "crisis-cards": crisis_cards,
}
