"""The kinds of papers: what each tells, to whom it is handed, and the fields of its template.

A field is a text, a group of fields, or a list of either. The lists here are what a template is
checked against, so a field that nobody foresaw cannot be named.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from psysafe.engine.printing import Wanted
from psysafe.sensitivity import ItemClass

_I = ItemClass

TEXT: Final = "text"
#: A field: TEXT, a mapping of fields, or a list of one sort of field.
Field = Any
Fields = Mapping[str, Field]


def texts(names: str) -> dict[str, Field]:
    return dict.fromkeys(names.split(), TEXT)


#: What every paper has.
COMMON: Final[Fields] = MappingProxyType(
    {"school": TEXT, "date": TEXT, "time": TEXT, "printed_by": TEXT, "hotline": TEXT}
)
#: What is said of one item of a case, by the item. A part is empty where nothing may be said.
OF_ITEM: Final[Mapping[ItemClass, Fields]] = MappingProxyType(
    {
        _I.DISPLAY_NAME: {"student": TEXT},
        _I.CLASS_PLACEMENT: {"class_name": TEXT},
        _I.CONTACT: {
            "guardians": [texts("name relation kind telephones")],
            "addressed": TEXT,
        },
        _I.OBSERVATION: {"observations": [texts("at source what note")], "watch": TEXT},
        _I.RISK_LEVEL: {
            "severity": TEXT,
            "state": TEXT,
            "lead": TEXT,
            "supervisor": TEXT,
            "reasons": [TEXT],
            "duties": [texts("what owner due late")],
            "what_to_do": TEXT,
        },
        _I.CRISIS_FLAG: {"crisis": texts("declared danger proposal help")},
        _I.SUPERVISION: {"supervision": texts("place state adult since summary")},
        _I.CONTACT_LOG: {
            "family": texts("answer summary"),
            "calls": [texts("at guardian outcome by")],
        },
        _I.REFERRAL_SUMMARY: {
            "advice": [texts("at by advice answer")],
            "advice_summary": TEXT,
            "request": TEXT,
        },
    }
)
_REPORT: Final[Fields] = MappingProxyType(
    {
        "report": {
            **texts("state trigger due_since text submitted"),
            "supplements": [texts("at by text")],
        }
    }
)
_CARDS: Final[Fields] = MappingProxyType(
    {
        "classes": [
            {
                "name": TEXT,
                "grade": TEXT,
                "crisis": [texts("role who")],
                "linkage": [texts("role who")],
            }
        ]
    }
)


@attrs.frozen(kw_only=True)
class Kind:
    """One kind of paper. `wanted` None: it is about no student."""

    name: str
    wanted: Wanted | None
    fields: Fields


def _about_a_case(name: str, wanted: Wanted, more: Fields, without: str = "") -> Kind:
    """A kind with the fields of its items, besides those that it leaves out."""
    own = {key: f for item in wanted.items for key, f in OF_ITEM[item].items()}
    kept = {key: field for key, field in own.items() if key not in without.split()}
    call = {"case": TEXT, "call": TEXT, "withheld": [TEXT]}
    fields = MappingProxyType({**COMMON, **call, **kept, **more})
    return Kind(name=name, wanted=wanted, fields=fields)


_ABOUT: Final = (_I.DISPLAY_NAME, _I.CLASS_PLACEMENT)

#: By name, in the order of a bad night.
KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            _about_a_case(
                "tonight",
                Wanted(
                    items=(
                        *_ABOUT,
                        _I.CONTACT,
                        _I.RISK_LEVEL,
                        _I.CRISIS_FLAG,
                        _I.SUPERVISION,
                        _I.CONTACT_LOG,
                    ),
                    needs=(_I.DISPLAY_NAME,),
                ),
                {},
                without="reasons lead supervisor state",
            ),
            _about_a_case(
                "guardian-notification",
                Wanted(
                    items=(
                        *_ABOUT,
                        _I.CONTACT,
                        _I.CRISIS_FLAG,
                        _I.SUPERVISION,
                        _I.REFERRAL_SUMMARY,
                    ),
                    needs=(_I.DISPLAY_NAME, _I.CRISIS_FLAG),
                    reader="guardian",
                ),
                {},
                without="request",
            ),
            _about_a_case(
                "referral-letter",
                Wanted(
                    items=(
                        *_ABOUT,
                        _I.CONTACT,
                        _I.OBSERVATION,
                        _I.RISK_LEVEL,
                        _I.CRISIS_FLAG,
                        _I.SUPERVISION,
                        _I.REFERRAL_SUMMARY,
                    ),
                    needs=(_I.DISPLAY_NAME,),
                    whole=(_I.REFERRAL_SUMMARY,),
                    reader="medical_institution",
                    purpose="referral",
                ),
                {},
                without="duties state what_to_do watch",
            ),
            _about_a_case("case-card", Wanted(items=tuple(OF_ITEM), needs=(_I.DISPLAY_NAME,)), {}),
            _about_a_case(
                "authority-report",
                Wanted(
                    items=(
                        *_ABOUT,
                        _I.RISK_LEVEL,
                        _I.CRISIS_FLAG,
                        _I.SUPERVISION,
                        _I.CONTACT_LOG,
                        _I.REFERRAL_SUMMARY,
                    ),
                    needs=(_I.DISPLAY_NAME,),
                    reader="education_authority",
                    said=(_I.REFERRAL_SUMMARY,),
                    stands="authority_report",
                    purpose="statutory_report",
                ),
                _REPORT,
                without="duties reasons lead supervisor state advice advice_summary request calls "
                "what_to_do",
            ),
            Kind(
                name="crisis-cards",
                wanted=None,
                fields=MappingProxyType({**COMMON, **_CARDS}),
            ),
        )
    }
)
#: What the cards of a class say, by the purpose of the plan's routes.
CARD_PURPOSES: Final = ("linkage", "crisis")
