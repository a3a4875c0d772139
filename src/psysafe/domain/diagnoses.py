"""A school screens and accompanies; it does not diagnose (Mental Health Law, article 23).

What a hospital stated is written down as just that, with its document. Words that name an illness
are refused where a person of the school judges in words of their own.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from psysafe.ids import PersonId
from psysafe.sensitivity import ItemClass, item, record, ref

#: Names of illnesses, in which a school has no say. Low mood, fear or sleeplessness are none.
_ZH: Final = (
    "抑郁症 重度抑郁 抑郁发作 双相 躁狂 躁郁 焦虑症 焦虑障碍 恐惧症 惊恐障碍 "
    "强迫症 强迫障碍 精神分裂 精神病 精神障碍 人格障碍 创伤后应激障碍 "
    "适应障碍 进食障碍 厌食症 贪食症 多动症 自闭症 孤独症"
).split()
_EN: Final = (
    "depressive disorder|major depression|clinical depression|bipolar|mania|manic|schizophreni\\w*"
    "|psychosis|psychotic|anxiety disorder|panic disorder|obsessive[- ]compulsive|ocd"
    "|personality disorder|ptsd|post[- ]?traumatic stress|adjustment disorder|eating disorder"
    "|anorexia|bulimia|adhd|autism|autistic"
)
_NAMED: Final = re.compile(f"{'|'.join(_ZH)}|\\b(?:{_EN})\\b", re.IGNORECASE)


@record
class HospitalStatement:
    """What a hospital stated about a student, and where that is written."""

    at: datetime = ref()
    by: PersonId = ref()
    """who entered it"""
    institution: str = item(ItemClass.COUNSELING_NOTES)
    diagnosis: str = item(ItemClass.COUNSELING_NOTES)
    document: str = item(ItemClass.COUNSELING_NOTES)
    """the hospital's own paper: its number, or where it lies"""


def names_an_illness(text: str) -> bool:
    """Whether a text names an illness, as only a hospital may."""
    return _NAMED.search(text) is not None
