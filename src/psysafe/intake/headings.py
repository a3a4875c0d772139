"""What headings mean: the words that schools print over a column, brought to canonical names.

A word is compared after NFKC, without spaces, stars and signs, in lower case. What is not in these
tables is left as it is and never guessed; a school adds its own words under `[import.aliases]`.

The columns of guardians follow a small grammar instead of a list: an owner (监护人, 家长2, 父亲,
紧急联系人), then what the column holds of them (姓名, 关系, 电话). A relation that stands in the
heading alone (父亲姓名) travels as a derived column with a constant text, 监护人1关系 = 父亲.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import attrs

from psysafe.intake.grid import plain

Kind = Literal["roster", "staff", "answers", "duty"]
KINDS: Final[tuple[Kind, ...]] = ("roster", "staff", "answers", "duty")

#: Guardians of one student that a table may name.
GUARDIANS: Final = 9

_STUDENT: Final = {
    "姓名": "学生姓名 名字 学生名字 姓名全称 name studentname fullname displayname studentfullname",
    "学号": """校内学号 学生学号 学生编号 学生号 studentno studentnumber studentid studentcode
    schoolnumber pupilnumber""",
    "学籍号": "全国学籍号 全国学籍号码 学籍号码 学籍编号 全国统一学籍号 nationalstudentno",
    "身份证号": """身份证号码 身份证 身份证件号 身份证件号码 公民身份号码 学生身份证号
    学生身份证号码 idnumber idcard idcardnumber nationalid""",
    "性别": "学生性别 gender sex",
    "出生日期": "出生年月 生日 出生年月日 出生时间 dateofbirth birthdate birthday dob",
    "年级": "所在年级 所属年级 年级名称 就读年级 grade gradelevel yeargroup",
    "班级": "行政班 所在班 所在班级 所属班级 班级名称 行政班级 就读班级 class classname homeroom",
    "班主任": "班主任姓名 班主任老师 班主任教师 homeroomteacher classteacher formteacher",
    "校区": "所在校区 所属校区 校区名称 教学点 campus",
    "住址": "家庭住址 现住址 家庭地址 居住地址 现居住地址 家庭现住址 address homeaddress",
    "就读方式": "走读住宿 走读住校 住宿情况 住宿类型 就读类型 boarding",
    "状态": """学籍状态 在读状态 就读状态 在校状态 学生状态 学生当前状态 当前状态 status
    enrollmentstatus""",
    "健康状况": "身体状况 健康状况码 健康情况 health healthstatus",
}
#: Words that count only where no column has a better one: an exam number beside a student number.
_STUDENT_WEAK: Final = {
    "学号": "考号 考生号 准考证号 学校编号",
    "身份证号": "证件号码 证件号",
    "性别": "性别码",
    "年级": "届 级 入学年份 届别 级别",
    "班级": "班号 班 班别 班序号",
}
_STAFF: Final = {
    "staff_id": """工号 教工号 职工号 教职工号 教师编号 教职工编号 员工号 staffid staffno
    staffnumber teacherid employeeid""",
    "姓名": "教师姓名 教职工姓名 老师姓名 名字 name staffname teachername fullname",
    "角色": "职务 岗位 角色名称 职责 role position duty",
    "范围": "负责范围 管理范围 所带班级 负责班级 负责年级 scope range",
    "邮箱": "电子邮箱 电子邮件 邮件 邮箱地址 email emailaddress mail",
    "手机": "手机号 手机号码 移动电话 联系电话 电话 联系方式 mobile phone telephone mobilenumber",
    "起": "开始 开始日期 起始日期 起始 任职起 任职开始 since start startdate from",
    "止": "结束 结束日期 终止日期 终止 任职止 任职结束 until end enddate to",
    "代理": "代理人 代理工号 代理人工号 代班 deputy deputyid",
    "缺勤起": "缺勤开始 请假起 请假开始 absencestart absentfrom absencefrom",
    "缺勤止": "缺勤结束 请假止 请假结束 absenceend absentuntil absenceto",
}
_ANSWERS: Final = {
    "student_no": """学号 校内学号 学生学号 学生编号 学生号 您的学号 你的学号 请输入学号
    studentnumber studentid studentcode""",
    "answered_at": """作答时间 答题时间 填写时间 提交时间 提交答卷时间 完成时间 测评时间 测试时间
    submittedat submitted completedat timestamp completiontime""",
    "informant": "填写人 填报人 报告人 作答人 作答者 respondent",
    "学籍号": _STUDENT["学籍号"],
    "姓名": _STUDENT["姓名"] + " 您的姓名 你的姓名 请输入姓名",
    "性别": _STUDENT["性别"],
    "年级": _STUDENT["年级"],
    "班级": _STUDENT["班级"],
}
_DUTY: Final = {
    "roster": "值班表 值班 值班类型 值班岗位 岗位 dutyroster duty",
    "staff_id": _STAFF["staff_id"] + " 值班人员工号",
    "起": "开始 开始时间 起始 起始时间 值班开始 since start starttime from",
    "止": "结束 结束时间 终止 终止时间 值班结束 until end endtime to",
    "校区": _STUDENT["校区"],
}
_ANSWERS_WEAK: Final = {"student_no": "考号 考生号 准考证号", "年级": "届 级", "班级": "班号 班"}

_TABLES: Final[Mapping[Kind, tuple[Mapping[str, str], Mapping[str, str]]]] = {
    "roster": (_STUDENT, _STUDENT_WEAK),
    "staff": (_STAFF, {}),
    "answers": (_ANSWERS, _ANSWERS_WEAK),
    "duty": (_DUTY, {}),
}

#: Who an owner is: the relation and the capacity (身份) that the word itself says.
_OWNERS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(
        """监护人 法定监护人 家长 联系人 家庭成员 家庭成员或监护人 成员 亲属 guardian parent contact
        parentorguardian parent/guardian""".split(),
        ("", ""),
    ),
    **dict.fromkeys("父亲 父 爸爸 爸 father dad".split(), ("父亲", "")),
    **dict.fromkeys("母亲 母 妈妈 妈 mother mum mom".split(), ("母亲", "")),
    **{word: (word, "") for word in "爷爷 奶奶 外公 外婆".split()},
    **dict.fromkeys("紧急联系人 应急联系人 emergencycontact".split(), ("", "紧急联系人")),
    **dict.fromkeys(
        "实际照护人 照护人 看护人 实际照料人 受委托照护人 carer caregiver".split(),
        ("", "实际照护人"),
    ),
}
_HELD: Final[Mapping[str, str]] = {
    "姓名": "姓名 名字 名称 name fullname",
    "关系": """关系 与学生关系 与学生的关系 与本人关系 与孩子关系 与该生关系 称谓 relation
    relationship relationshiptostudent""",
    "电话": """电话 联系电话 手机 手机号 手机号码 电话号码 联系方式 移动电话 联系手机 联系电话号码
    phone mobile telephone tel phonenumber mobilenumber mobilephone cellphone telephonenumber""",
    "身份": "身份 类型 类别 监护类型 kind type",
}
#: What a column may hold of a guardian without saying of whom: it belongs to the one before it.
_BARE: Final = frozenset(
    """与学生关系 与学生的关系 与本人关系 与孩子关系 与该生关系 关系 称谓 relation relationship
    联系电话 手机 手机号 手机号码 电话 电话号码 联系方式 移动电话 联系手机 phone mobile telephone
    tel phonenumber mobilenumber""".split()
)
#: Labels over the student's own columns, and what may follow an owner in a label: 监护人信息.
_OF_STUDENT: Final = frozenset(
    "学生 学生信息 学生基本信息 基本信息 学生情况 个人信息 student studentinformation".split()
)
_LABEL_ENDS: Final = ("基本信息", "信息", "情况", "资料", "information", "info")
#: What only a student has, so that it is clear also under a label that is not known.
_ONLY_STUDENTS: Final = frozenset("学号 学籍号 年级 班级 班主任 校区 就读方式".split())

_NUMERALS: Final = {word: n for n, word in enumerate("一二三四五六七八九", 1)}
_NUMBER: Final = r"\(?([1-9一二三四五六七八九])\)?"
_HELD_BY_WORD: Final = {word: held for held, words in _HELD.items() for word in words.split()}


def _one_of(words: Sequence[str] | Mapping[str, object]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_GUARDIAN: Final = re.compile(
    rf"(?:第?{_NUMBER})?({_one_of(_OWNERS)})(?:{_NUMBER})?(?:'?s|的)?"
    rf"({_one_of(_HELD_BY_WORD)})?(?:{_NUMBER})?"
)
_IN_BRACKETS: Final = re.compile(r"(.+)\(([^()]{1,40})\)")
#: What a school writes in brackets behind a heading to say how to fill it in.
_HINT: Final = re.compile(
    r"必填|必填项|选填|可选|非必填|必须|文本|文本格式|yyyy.*|格式.*|如.*|例.*|\d+位.*|男/女|required|optional"
)
_ORDINAL: Final = re.compile(r"\d{1,3}[.、:)]")


@attrs.frozen(kw_only=True)
class _Held:
    """What a heading says of a guardian."""

    held: str
    owner: str | None
    """the word; None: the guardian of the columns before"""
    number: int | None = None

    @property
    def generic(self) -> bool:
        return self.owner is not None and _OWNERS[self.owner] == ("", "") and self.number is None


@attrs.frozen(kw_only=True)
class Heading:
    """One column's heading: what is printed, and the label above it where there are two rows."""

    text: str = attrs.field(repr=False)
    label: str = attrs.field(default="", repr=False)
    begins: bool = False
    """whether the label begins over this column"""


@attrs.frozen(kw_only=True)
class Derived:
    """A column that does not stand in the file: its text, in rows where one of `beside` is filled.

    Without `beside` the text stands in every row.
    """

    heading: str
    text: str = attrs.field(repr=False)
    beside: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class Understood:
    """The columns' names in order, those derived, and how many columns were known."""

    names: tuple[str, ...] = attrs.field(repr=False)
    derived: tuple[Derived, ...]
    known: int
    """how many columns are known; 0 where only guardians are: 父亲 may be a cell under 关系"""


def shown(text: str) -> str:
    """A heading that is not known: NFKC, without spaces and stars."""
    return plain(text).replace("*", "").replace("★", "")


def word(text: str) -> str:
    """A heading for looking up: as `shown`, without signs, in lower case."""
    return re.sub(r"[_\-·\"“”:]", "", shown(text).casefold())


def canonical_names(kind: Kind) -> frozenset[str]:
    """Every canonical name of a kind of table."""
    names = set(_TABLES[kind][0])
    if kind == "roster":
        names |= {f"监护人{n}{held}" for n in range(1, GUARDIANS + 1) for held in _HELD}
    return frozenset(names)


def _words(table: Mapping[str, str]) -> dict[str, str]:
    found = {word(name): name for name in table}
    found.update({one: name for name, words in table.items() for one in words.split()})
    return found


class Vocabulary:
    """The headings of one kind of table, with a school's own words."""

    def __init__(self, kind: Kind, own: Mapping[str, Sequence[str]] | None = None) -> None:
        strong, weak = _TABLES[kind]
        self.kind = kind
        self._strong = _words(strong)
        self._weak = {one: name for one, name in _words(weak).items() if one not in self._strong}
        names = canonical_names(kind)
        # A school's own word goes before every other meaning of it.
        self._own = {
            word(one): name for name, words in (own or {}).items() if name in names for one in words
        }

    def name(self, text: str) -> str | None:
        """The canonical name of one heading by itself; None where it is not known."""
        found = self._direct(text)
        return found[0] if found else None

    def _direct(self, text: str) -> tuple[str, bool] | None:
        """Canonical name, and whether the word is a weak one."""
        for one in self._forms(text):
            if one in self._own:
                return self._own[one], False
            if one in self._strong:
                return self._strong[one], False
            if one in self._weak:
                return self._weak[one], True
        return None

    def _forms(self, text: str) -> list[str]:
        """The word, and without a hint in brackets or a question's number."""
        found = [word(text)]
        if (inside := _IN_BRACKETS.fullmatch(found[0])) and _HINT.fullmatch(inside[2]):
            found.append(inside[1])
        if self.kind == "answers" and (ordinal := _ORDINAL.match(shown(text))):
            found.append(word(shown(text)[ordinal.end() :]))
        return found

    def _guardian(self, text: str) -> _Held | None:
        if self.kind != "roster":
            return None
        for one in self._forms(text):
            if one in _BARE:
                return _Held(held=_HELD_BY_WORD[one], owner=None)
            if (inside := _IN_BRACKETS.fullmatch(one)) and inside[2] in _OWNERS:
                one = inside[2] + inside[1].removeprefix("家长").removeprefix("监护人")
            if found := _GUARDIAN.fullmatch(one):
                before, owner, middle, held, after = found.groups()
                digit = before or middle or after
                return _Held(
                    held=_HELD_BY_WORD[held] if held else "姓名",
                    owner=owner,
                    number=_NUMERALS.get(digit) or int(digit) if digit else None,
                )
        return None

    def understand(self, headings: Sequence[Heading]) -> Understood:
        """Name every column. A known name that stands twice stays twice: nobody guesses."""
        names = [_joined(heading) for heading in headings]
        weak: list[tuple[int, str]] = []
        relatives: list[tuple[int, _Held, Heading]] = []
        known: set[int] = set()
        for column, heading in enumerate(headings):
            found, held = self._one(heading)
            if found:
                if found[1]:
                    weak.append((column, found[0]))
                    continue
                names[column] = found[0]
                known.add(column)
            elif held:
                relatives.append((column, held, heading))
        strong = {names[column] for column in known}
        for column, name in weak:
            if name not in strong:
                names[column] = name
                known.add(column)
        blocks = _blocks(relatives)
        alone = not known
        derived = _named(blocks, names, known)
        return Understood(names=tuple(names), derived=derived, known=0 if alone else len(known))

    def _one(self, heading: Heading) -> tuple[tuple[str, bool] | None, _Held | None]:
        """What one column is: a name, or something of a guardian, or neither."""
        text, label = heading.text, _bare_label(heading.label)
        if not text:
            return None, None
        clear = self.kind != "roster" or label in _OF_STUDENT or word(text) in self._own
        if not label or clear:
            return self._direct(text), None if label else self._guardian(text)
        owner = _GUARDIAN.fullmatch(label)
        if owner and self.kind == "roster" and owner[4] is None:
            held = _HELD_BY_WORD.get(word(text))
            inner = self._guardian(text)
            if held is None and inner is not None:
                return None, inner  # 监护人信息 over 父亲姓名: the column says more than its label
            if held is None:
                return None, None
            digit = owner[1] or owner[3] or owner[5]
            number = _NUMERALS.get(digit) or int(digit) if digit else None
            return None, _Held(held=held, owner=owner[2], number=number)
        found = self._direct(text)
        return (found if found and found[0] in _ONLY_STUDENTS else None), None


def _joined(heading: Heading) -> str:
    if heading.text == heading.label:
        return shown(heading.text)
    # PHQ-9 over 3 is "PHQ-9.3", not the ninety-third of something.
    gap = "." if heading.label[-1:].isdigit() and heading.text[:1].isdigit() else ""
    return shown(heading.label + gap + heading.text)


def _bare_label(label: str) -> str:
    found = word(label)
    if found in _OF_STUDENT:
        return found
    for end in _LABEL_ENDS:
        if found.endswith(end) and found != end:
            return found.removesuffix(end)
    return found


@attrs.define(kw_only=True)
class _Block:
    """The columns of one guardian while a heading is understood."""

    columns: dict[str, list[int]]
    owner: str | None = None
    number: int | None = None

    @property
    def generic(self) -> bool:
        return self.owner is None or (_OWNERS[self.owner] == ("", "") and self.number is None)


def _blocks(relatives: Sequence[tuple[int, _Held, Heading]]) -> list[_Block]:
    """The guardians, each with their columns.

    父亲电话 and 监护人2电话 find their own; 监护人姓名 begins a guardian where the one before has a
    name; 联系电话 belongs to the guardian before it.
    """
    blocks: list[_Block] = []
    last: _Block | None = None
    ahead: list[int] = []  # a relation before anybody is that of the one who comes first
    for column, held, heading in relatives:
        block: _Block | None
        if held.owner is None:
            block = last
            if block is None:
                ahead += [column] if held.held == "关系" else []
                continue  # it may be the student's own telephone: listed, never guessed
        elif held.generic:
            taken = last is not None and held.held in last.columns
            another = taken and (held.held == "姓名" or bool(heading.label))
            begins = last is None or not last.generic or heading.begins or another
            block = None if begins else last
        else:
            same = [b for b in blocks if _who(b.owner, b.number) == _who(held.owner, held.number)]
            block = same[0] if same else None
        if block is None:
            block = _Block(columns={}, owner=held.owner, number=held.number)
            blocks.append(block)
            if ahead and block.generic:
                block.columns["关系"], ahead = ahead, []
        block.columns.setdefault(held.held, []).append(column)
        last = block
    return blocks


def _who(owner: str | None, number: int | None) -> tuple[str, str, int | None]:
    relation, capacity = _OWNERS[owner] if owner else ("", "")
    return relation, capacity, number


def _named(blocks: Sequence[_Block], names: list[str], known: set[int]) -> tuple[Derived, ...]:
    """Give the guardians their numbers: those that are printed, the others the next free ones."""
    printed = {b.number for b in blocks if b.number and not any(_who(b.owner, None)[:2])}
    free = iter([n for n in range(1, GUARDIANS + 1) if n not in printed])
    derived: list[Derived] = []
    for block in blocks:
        relation, capacity, number = _who(block.owner, block.number)
        own = number if number and not (relation or capacity) else next(free, None)
        if own is None:
            continue
        columns = tuple(sorted(c for places in block.columns.values() for c in places))
        for held, places in block.columns.items():
            for column in places:
                names[column] = f"监护人{own}{held}"
                known.add(column)
        for held, text in (("关系", relation), ("身份", capacity)):
            if text and held not in block.columns:
                derived.append(Derived(heading=f"监护人{own}{held}", text=text, beside=columns))
    return tuple(derived)
