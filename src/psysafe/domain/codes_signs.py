"""Codes of collective signs: circles, measures, duties, and who may do what about them."""

from __future__ import annotations

from typing import Final

from psysafe.domain.words import Word, words

#: What somebody owes about a sign.
SIGN_DUTIES: Final = words(
    propose_for_sign=Word("核实群体苗头并提出处置建议", "look at a collective sign and propose"),
    answer_sign=Word("答复群体苗头的处置建议", "answer what is proposed for a collective sign"),
)
#: In what a sign is looked for. A class is there with every roster; the others are declared.
CIRCLES: Final = words(
    **{"class": Word("班级", "class")},
    dormitory=Word("宿舍", "dormitory"),
    friends=Word("朋友圈", "circle of friends"),
)
#: Where a sign stands.
SIGN_STATES: Final = words(
    raised=Word("待提出建议", "to be looked at"),
    proposed=Word("待答复", "to be answered"),
    answered=Word("已答复", "answered"),
    taken_back=Word("已撤回", "taken back"),
)
#: What is proposed. Codes, because what goes to the epidemic leading group holds no name.
MEASURES: Final = words(
    look_after_each=Word("逐一关心已了解到的每名学生", "see each student of whom was heard"),
    talk_in_small_groups=Word("分小组谈心，不点名、不开大会", "talk in small groups, name nobody"),
    watch_closely=Word("班主任和宿管加强关注", "teachers and dormitory staff watch closely"),
    make_safe=Word("排查并收管危险物品与场所", "make places and things safe"),
    more_counselors=Word("增派心理教师或请专家支援", "send more counselors, ask for an expert"),
    tell_families=Word("分别告知家长，不群发", "tell families one by one, never as a group"),
    no_public_word=Word("不公开发布，不传播细节", "nothing public, no details passed on"),
    support_staff=Word("关心班主任和教职工", "support the teachers themselves"),
)
#: What can be permitted about them.
SIGN_RIGHTS: Final = (
    "declare_circle",
    "see_sign",
    "see_sign_figures",
    "propose_for_sign",
    "answer_sign",
    "take_back_sign",
)
