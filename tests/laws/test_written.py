"""What people wrote is shown as letters: for any text, and whole for the names of people."""

from __future__ import annotations

import json
import re
import unicodedata
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psysafe.cli.calling import Call, write
from psysafe.cli.output import Answer
from psysafe.desk.inbound_form import Shown, form
from psysafe.desk.speaking import CatalogueSpeaker
from psysafe.domain.codes import REGISTERS
from psysafe.engine import words
from psysafe.engine.inbound import Listed
from psysafe.engine.words import Written, phrase
from psysafe.ids import StudentId
from psysafe.intake.formula_cells import neutralised, restored
from psysafe.papers.contents import fitted
from psysafe.papers.kinds import TEXT
from psysafe.written import cleaned, in_json, on_a_terminal, told, visible

SPEAKER = CatalogueSpeaker(("zh", "en"), ZoneInfo("Asia/Shanghai"))
#: What does harm somewhere, beside letters of many scripts.
HOSTILE = (
    '<a href="http://evil.example">x</a>',
    '<at user_id="all"></at>',
    "[x](http://evil.example)",
    "@all",
    "**x**",
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31m",
    "\u202egnp.exe",
    "\u2066a\u2069",
    "a\r\nBcc: x@evil.example",
    "a\u2028b\u2029c\vd\fe\x85f",
    "www.evil.example/x",
    "t.cn/abc",
    "https:\u200b//evil.example",
    "evil\u200b.com",
    "\ufeff\u00ad\u2060",
    "\U000e0041\U000e007f",
    "\u3164\u115f",
    "e" + "\u0301" * 40,
    '=HYPERLINK("http://evil.example")',
    "\ud800",
    "places:home",
    "\ufdd0\uffff",
)
TEXTS = st.text(max_size=40) | st.lists(
    st.sampled_from(HOSTILE) | st.text(max_size=4), max_size=5
).map("".join)
#: Names as people bear them.
NAMES = (
    "林小满",
    "王　芳",
    "欧阳𠮷",
    "\ue000某",
    "阿卜杜拉·买买提",
    "阿里木.买买提",
    "ئابدۇللا مەمتىمىن",
    "قۇرمان\u200cبەك",
    "Әбілқайыр Қуанышұлы",
    "བསྟན་འཛིན་རྒྱ་མཚོ",
    "ᠪᠠᠲᠤ ᠰᠠᠢᠬᠠᠨ",
    "ᠬᠤᠸᠠ\u180e",
    "क्\u200dष",
    "O'Brien-Smith, J. R.",
    "Nguyễn Thị Hương",
    "N\u0303un\u0303ez",
    "3班",
)
TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LINE_ENDS = re.compile("[\n\r\v\f\x1c-\x1f\x85\u2028\u2029]")
LINK = re.compile(r"[A-Za-z0-9+.-]+://|\w\.(?:[A-Za-z]{2}|中国|公司)")


def harm(text: str) -> list[str]:
    """What a text would do besides standing there."""
    found = [
        name
        for name, sign in (("turns", TURNS), ("lines", LINE_ENDS), ("link", LINK))
        if sign.search(text)
    ]
    found += ["mention"] * ("@" in text)
    found += ["control"] * any(unicodedata.category(c) in ("Cc", "Cs") for c in text)
    return found


def test_each_sort_of_harm_is_seen_where_nothing_is_cleaned() -> None:
    seen = {one for text in HOSTILE for one in harm(text)}
    assert seen == {"turns", "lines", "link", "mention", "control"}


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_a_cleaned_text_does_nothing_and_is_clean(text: str) -> None:
    plain = cleaned(text)
    assert not harm(plain), ascii(plain)
    assert cleaned(plain) == plain
    assert visible(visible(text)) == visible(text)
    # Nothing is put into somebody's mouth: every letter stood there before, in this order.
    letters = iter(text)
    kept = plain.replace("\uff20", "@")
    assert all(c in " \ufffd" or c in letters for c in kept), ascii(plain)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_of_any_people_stays_whole(name: str) -> None:
    assert visible(name) == name
    assert cleaned(name) == name
    assert on_a_terminal(name) == name
    assert in_json(name) == name


def test_a_joiner_stays_where_a_script_is_written_with_it_and_nowhere_else() -> None:
    assert cleaned("a\u200db\u200c") == "ab"
    assert cleaned("قۇر\u200c\u200c\u200d") == "قۇر\u200c"
    assert cleaned("\u200cق") == "ق"


def test_a_name_that_runs_right_to_left_turns_nothing_beside_it() -> None:
    assert told("ئابدۇللا") == "\u2068ئابدۇللا\u2069"
    assert told("林小满") == "林小满"


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from(["zh", "en"]))
@example("places:home", "zh")
@example("grade:10", "en")
def test_a_sentence_shows_what_somebody_wrote_and_looks_nothing_up(
    text: str, language: str
) -> None:
    said = SPEAKER.say([phrase(words.SAY_NAME, name=Written(text))], language)
    empty = SPEAKER.say([phrase(words.SAY_NAME, name=Written(""))], language)
    bare = said.replace("\u2068", "").replace("\u2069", "")
    assert bare == empty[:-1] + cleaned(text) + empty[-1]


def test_every_code_of_every_register_stays_itself_in_a_name() -> None:
    for register, codes in REGISTERS.items():
        for code in codes:
            name = f"{register}:{code}"
            assert name in SPEAKER.say([phrase(words.SAY_CLASS, name=Written(name))], "zh")


# -- where a text comes to beside messages ---------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_a_terminal_shows_one_line_and_obeys_nothing(text: str) -> None:
    shown = on_a_terminal(text)
    assert not TURNS.search(shown)
    assert not LINE_ENDS.search(shown)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") and c != "\t" for c in shown)
    assert len(shown) <= len(text)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_json_on_a_terminal_is_the_same_data_and_does_nothing(text: str) -> None:
    written = in_json(json.dumps({"name": text}, ensure_ascii=False))
    assert json.loads(written) == {"name": text}
    assert not TURNS.search(written)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in written)


def test_a_command_writes_a_hostile_name_as_letters(capsys: pytest.CaptureFixture[str]) -> None:
    text = "\x1b[2J林\r\n小\u202e满\x9b1m"
    call = Call()
    write("case show", Answer(data={"name": text}, text=[text]), call)
    plain = capsys.readouterr().out
    call.json = True
    write("case show", Answer(data={"name": text}, text=[text]), call)
    as_json = capsys.readouterr().out
    for out in (plain, as_json):
        assert not re.search("[\x1b\x9b\u202e\r]", out)
        assert out.count("\n") == 1
    assert json.loads(as_json)["data"]["name"] == text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.text += "".join(value or "" for name, value in attrs if name == "label")

    def handle_data(self, data: str) -> None:
        self.text += data


def _page(name: str) -> _Reader:
    listed = Listed(students=((name, ((StudentId("s-1"), name),)),))
    shown = Shown(
        mark="m",
        post_to="/",
        listed=listed,
        myself=False,
        sources=(),
        numbers=("12356",),
        language="zh",
    )
    reader = _Reader()
    reader.feed(form(shown, lambda text, **facts: text.format_map(facts)))
    reader.close()
    return reader


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_a_form_shows_a_name_and_no_tag_of_it(name: str) -> None:
    page = _page(name)
    assert page.tags == _page("x").tags
    assert visible(name) in page.text
    assert not TURNS.search(page.text)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_a_paper_has_no_line_that_its_text_did_not_have(text: str) -> None:
    made = fitted({"what": text}, {"what": TEXT})["what"]
    assert made.count("\n") == text.count("\n")
    assert not TURNS.search(made)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") and c != "\n" for c in made)


@settings(max_examples=200, deadline=None)
@given(TEXTS | TEXTS.map(lambda text: "=" + text))
def test_a_cell_is_no_formula_and_comes_back_as_it_was(text: str) -> None:
    cell = neutralised(text)
    assert not re.match("[=+\\-@\t\r\n＝＋－＠]", cell)
    assert restored(cell) == text
