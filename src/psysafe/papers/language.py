"""What a template may say: fields, conditions and lists of what its paper has, and nothing else.

Every expression is read before anything is filled in. What is not on the list here is refused: no
call, no arithmetic, no include, no attribute that is no field, also in a branch that would not be
taken. How long the paper can become is reckoned from the template and its lists, so that no loop
has to be stopped while it runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from psysafe.papers.kinds import TEXT, Field, Fields
from psysafe.papers.refusing import refused

#: What a list tells of its own place.
_LOOP: Final[Fields] = {"index": TEXT, "first": TEXT, "last": TEXT, "length": TEXT}
#: Lists within lists: a class has its steps. Deeper ones multiply.
DEEPEST: Final = 2
#: Letters that a part of a paper can come to at most.
LARGEST: Final = 50_000_000
#: Letters that one field takes at most as XML: each may be written in six.
_WIDEST: Final = 6
_COMPARED: Final = ("eq", "ne", "gt", "gteq", "lt", "lteq")


class Checked(ImmutableSandboxedEnvironment):
    """An environment that reads every template before it makes one of it.

    `fields`: what there is, `values`: what stands in it now.
    """

    def __init__(self, template: str, fields: Fields, values: Mapping[str, Any]) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, loader=None)
        self._template = template
        self._fields = fields
        self._texts, self._lists = measured(values)

    def from_string(self, source: str | nodes.Template, *given: Any, **more: Any) -> Template:
        """Read, then make. Raises InvalidDataError PSY158."""
        try:
            tree = self.parse(source) if isinstance(source, str) else source
        except TemplateError as error:
            kind = type(error).__name__
            raise refused(self._template, f"{kind} in a field or condition") from None
        cost = self._cost(tree.body, self._fields, 0)
        if cost > LARGEST:
            raise refused(self._template, "it would become too long")
        return super().from_string(tree, *given, **more)

    def _cost(self, body: Iterable[nodes.Node], scope: Fields, deep: int) -> int:
        """The letters that some nodes come to at most; refuses what is not allowed."""
        return sum(self._one(node, scope, deep) for node in body)

    def _one(self, node: nodes.Node, scope: Fields, deep: int) -> int:
        if isinstance(node, nodes.TemplateData):
            return len(node.data)
        if isinstance(node, nodes.Output):
            return self._cost(node.nodes, scope, deep)
        if isinstance(node, nodes.If):
            self._condition(node.test, scope)
            return self._cost([*node.body, *node.elif_, *node.else_], scope, deep)
        if isinstance(node, nodes.For):
            return self._loop(node, scope, deep)
        if isinstance(node, nodes.Expr):
            self._text(node, scope)
            return self._texts * _WIDEST
        raise self._forbidden(node)

    def _loop(self, node: nodes.For, scope: Fields, deep: int) -> int:
        if deep >= DEEPEST:
            raise refused(self._template, f"lists within lists, more than {DEEPEST} deep")
        if not isinstance(node.target, nodes.Name) or node.recursive:
            raise self._forbidden(node)
        listed = self._field(node.iter, scope)
        if not isinstance(listed, list):
            raise refused(self._template, f"{named(node.iter)} is no list")
        inside = {**scope, node.target.name: listed[0], "loop": _LOOP}
        if node.test is not None:
            self._condition(node.test, inside)
        each = self._cost(node.body, inside, deep + 1)
        return each * self._lists + self._cost(node.else_, scope, deep)

    def _text(self, node: nodes.Node, scope: Fields) -> None:
        """What is to be printed: a text. A group or a list would print its insides."""
        if isinstance(node, nodes.CondExpr):
            self._condition(node.test, scope)
            self._text(node.expr1, scope)
            if node.expr2 is not None:
                self._text(node.expr2, scope)
        elif isinstance(node, nodes.Const):
            return
        elif self._field(node, scope) != TEXT:
            raise refused(self._template, f"{named(node)} is no text")

    def _condition(self, node: nodes.Node, scope: Fields) -> None:
        if isinstance(node, nodes.Not):
            self._condition(node.node, scope)
        elif isinstance(node, nodes.And | nodes.Or):
            self._condition(node.left, scope)
            self._condition(node.right, scope)
        elif isinstance(node, nodes.Compare):
            self._text(node.expr, scope)
            for operand in node.ops:
                if operand.op not in _COMPARED:
                    raise self._forbidden(operand)
                self._text(operand.expr, scope)
        elif not isinstance(node, nodes.Const):
            self._field(node, scope)

    def _field(self, node: nodes.Node, scope: Fields) -> Field:
        """The sort of a field that an expression names. Refuses a name that there is not."""
        if isinstance(node, nodes.Name):
            within, key = scope, node.name
        elif isinstance(node, nodes.Getattr):
            within, key = self._field(node.node, scope), node.attr
        else:
            raise self._forbidden(node)
        if not isinstance(within, Mapping) or key not in within:
            raise refused(self._template, f"no field of this paper: {named(node)}")
        return within[key]

    def _forbidden(self, node: nodes.Node) -> Exception:
        return refused(self._template, f"not allowed in a template: {type(node).__name__}")


def named(node: nodes.Node) -> str:
    """What an expression names, `report.text`; short, for an error."""
    if isinstance(node, nodes.Name):
        return node.name[:40]
    if isinstance(node, nodes.Getattr):
        return f"{named(node.node)}.{node.attr[:40]}"[-80:]
    return type(node).__name__


def measured(values: Mapping[str, Any]) -> tuple[int, int]:
    """The letters of the longest text and the entries of the longest list, at least one each."""
    longest, most = 1, 1
    waiting: list[Any] = [values]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            longest = max(longest, len(one))
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, Sequence):
            most = max(most, len(one))
            waiting += one
    return longest, most
