"""Code in which one condition is wrong: for tests that look whether a table notices it."""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import pytest

#: Calls that refuse, and give nothing.
REFUSES = ("guards.", "unopposed(")


def _turned(guard: ast.stmt) -> ast.stmt:
    """Refuses where the guard lets pass, and lets pass where it refuses."""
    (tried,) = ast.parse("try:\n pass\nexcept Exception:\n pass\nelse:\n 1/0").body
    assert isinstance(tried, ast.Try)
    tried.body = [guard]
    return tried


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(op=ast.Not(), operand=test)


def _ways(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], None]]]:
    """In which ways this place can be wrong, and how it is made so in a copy of it."""
    if isinstance(node, ast.If | ast.IfExp):
        yield f"turned: {ast.unparse(node.test)}", lambda n: setattr(n, "test", _not(n.test))
        yield (
            f"dropped: {ast.unparse(node.test)}",
            lambda n: setattr(n, "test", ast.Constant(value=False)),
        )
    elif isinstance(node, ast.BoolOp):
        for i, one in enumerate(node.values):
            nothing = ast.Constant(value=isinstance(node.op, ast.And))
            yield (
                f"dropped: {ast.unparse(one)}",
                lambda n, i=i, nothing=nothing: n.values.__setitem__(i, nothing),
            )
            yield (
                f"turned: {ast.unparse(one)}",
                lambda n, i=i: n.values.__setitem__(i, _not(n.values[i])),
            )
    elif isinstance(node, ast.comprehension) and node.ifs:
        (one,) = node.ifs
        yield f"dropped: {ast.unparse(one)}", lambda n: n.ifs.clear()
        yield f"turned: {ast.unparse(one)}", lambda n: n.ifs.__setitem__(0, _not(n.ifs[0]))
    elif isinstance(node, ast.Compare) and len(node.ops) > 1:
        yield f"lower end dropped: {ast.unparse(node)}", _without_first
        yield f"upper end dropped: {ast.unparse(node)}", _without_last
    elif isinstance(node, ast.GeneratorExp) and isinstance(node.elt, ast.Compare):
        yield f"turned: {ast.unparse(node.elt)}", lambda n: setattr(n, "elt", _not(n.elt))
    elif isinstance(getattr(node, "body", None), list):
        for i, one in enumerate(node.body):
            if isinstance(one, ast.Expr) and ast.unparse(one).startswith(REFUSES):
                yield f"dropped: {ast.unparse(one)}", lambda n, i=i: n.body.pop(i)
                yield (
                    f"turned: {ast.unparse(one)}",
                    lambda n, i=i: n.body.__setitem__(i, _turned(n.body[i])),
                )


def _without_first(node: ast.Compare) -> None:
    node.left = node.comparators.pop(0)
    node.ops.pop(0)


def _without_last(node: ast.Compare) -> None:
    node.comparators.pop()
    node.ops.pop()


def _mutants(function: Callable[..., Any]) -> Iterator[tuple[str, CodeType]]:
    """The function's code with one of its conditions wrong, for each and each way."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for place, node in enumerate(ast.walk(tree)):
        for name, spoil in _ways(node):
            wrong = copy.deepcopy(tree)
            spoil(list(ast.walk(wrong))[place])
            ast.fix_missing_locations(wrong)
            made: dict[str, Any] = {}
            exec(compile(wrong, "<wrong>", "exec"), function.__globals__, made)
            yield f"{function.__name__}: {name}", made[function.__name__].__code__


@pytest.fixture(scope="session")
def mutants() -> Callable[[Callable[..., Any]], Iterator[tuple[str, CodeType]]]:
    """Gives each way in which one condition of a function can be wrong, and the code of it.

    A condition is left out: what it guards is always, or never, done; or it is turned round. The
    code takes the place of the function's `__code__`, so that whoever calls it meets it.
    """
    return _mutants
