"""One mailbox in its one form; lists, names and second lines are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.contracts.channel import Problem
from psysafe_email.addresses import parse_address


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("wang@school.example", "wang@school.example"),
        ("  wang@school.example ", "wang@school.example"),
        ("Wang.Li+a_b@SCHOOL.Example", "Wang.Li+a_b@school.example"),
        ("ｗａｎｇ＠ｓｃｈｏｏｌ．ｅｘａｍｐｌｅ", "wang@school.example"),
        ("wang@学校.中国", "wang@xn--48s290a.xn--fiqs8s"),
        ("wang@xn--48s290a.xn--fiqs8s", "wang@xn--48s290a.xn--fiqs8s"),
        ("wang@school.example.", "wang@school.example"),
        ("o'brien@school.example", "o'brien@school.example"),
        ("10001@qq.com", "10001@qq.com"),
    ],
)
def test_an_address_comes_in_its_one_form(text: str, form: str) -> None:
    assert parse_address(text) == form
    assert parse_address(form) == form


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wang",
        "@school.example",
        "wang@",
        "wang@school",
        "wang@localhost",
        "wang@[127.0.0.1]",
        "wang@127.0.0.1",
        "wang@school..example",
        "wang@-school.example",
        "wang@school_.example",
        ".wang@school.example",
        "wang.@school.example",
        "wa..ng@school.example",
        "wa ng@school.example",
        '"wang li"@school.example',
        "=?utf-8?q?=0D=0ABcc?=@school.example",
        "wang@school.example,li@school.example",
        "wang@school.example;li@school.example",
        "wang@school.example li@school.example",
        "Wang <wang@school.example>",
        "<wang@school.example>",
        "wang@school.example (Wang)",
        "wang@school.example\r\nRCPT TO:<li@school.example>",
        "wang@school.example\n",
        "\x00wang@school.example",
        "王@school.example",
        "wang@school.example@school.example",
        "a" * 65 + "@school.example",
        "a@" + "b" * 64 + ".example",
        "a@" + ".".join(["b" * 60] * 5),
        "wang@\ud800.example",
        "wang@\u202eelpmaxe.example",
    ],
)
def test_anything_else_is_a_problem_that_does_not_repeat_it(text: str) -> None:
    found = parse_address(text)
    assert isinstance(found, Problem)
    assert len(text) < 4 or text not in found.problem


@given(st.text(max_size=80) | st.text(alphabet='a.@-_+ ,;<>"()\\\r\n一。', max_size=40))
def test_no_text_makes_an_address_that_could_be_two_or_end_a_line(text: str) -> None:
    found = parse_address(text)
    if isinstance(found, str):
        assert found.isascii()
        assert found.count("@") == 1
        assert not set(found) & set(' ,;:<>()[]\\"\r\n\t')
        assert len(found) <= 254
        assert parse_address(found) == found
