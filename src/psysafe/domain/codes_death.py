"""Codes of what is owed when a death was entered, rightly or in error."""

from __future__ import annotations

from typing import Final

from psysafe.domain.words import Word, words

DEATH_DUTIES: Final = words(
    postvention_friends=Word("事后干预：好友与同伴", "care for close friends after a death"),
    postvention_class=Word("事后干预：所在班级", "care for the class after a death"),
    postvention_dormitory=Word("事后干预：同宿舍学生", "care for the dormitory after a death"),
    postvention_staff=Word("事后干预：教职工", "care for the staff after a death"),
    check_death=Word("核实去世登记是否有误", "find out whether the death was entered rightly"),
    tell_death_error=Word(
        "逐一告知：去世登记有误",
        "tell by word whoever was told of the death: it was an error",
    ),
    confirm_alive=Word(
        "由另一人复核：学生在世", "look over, as somebody else, that the student is alive"
    ),
)
