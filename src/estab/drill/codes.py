"""The blocks `%{ … }%` of a script: assertions in Python, of which a small part is understood.

The source is parsed and then walked here; nothing is compiled or executed.  Allowed are assertions, assignments, `print`, `if`, and
expressions of numbers, strings, comparisons and a few functions.  Names that begin with `tcpi_` are the connection's TCP_INFO.
"""

from __future__ import annotations

import ast
import operator
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from estab.text import Text, msg

_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.RShift: operator.rshift,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {"abs": abs, "min": min, "max": max, "len": len, "int": int, "float": float, "round": round}


class CodeRefusedError(Exception):
    """Code that is not understood here, or that cannot be evaluated; `line` counts from the block's first."""

    def __init__(self, reason: Text, line: int) -> None:
        self.reason, self.line = reason, line
        super().__init__(str(reason))


class AssertionFailedError(Exception):
    """An assertion that does not hold: its source, and the values of the names in it."""

    def __init__(self, source: str, values: Mapping[str, object], line: int) -> None:
        self.source, self.values, self.line = source, values, line
        super().__init__(source)


def run_code(text: str, given: Mapping[str, Any], kept: dict[str, Any]) -> None:
    """Evaluates a block: `given` are the connection's values now, `kept` the names that blocks before it have assigned.

    >>> run_code(" cwnd = 5; assert tcpi_snd_cwnd == 2 * cwnd ", {"tcpi_snd_cwnd": 10}, {})
    """
    source = textwrap.dedent(text.strip(" \t").replace("\\\n", " "))
    try:
        tree = ast.parse(source)
    except SyntaxError as problem:
        raise CodeRefusedError(msg("this is not Python: {why}", why=problem.msg), problem.lineno or 1) from None
    block = _Block(given, kept)
    for statement in tree.body:
        block.run(statement)


class _Block:
    """One block being walked."""

    def __init__(self, given: Mapping[str, Any], kept: dict[str, Any]) -> None:
        self._given = given
        self._kept = kept

    def run(self, node: ast.stmt) -> None:
        match node:
            case ast.Assert(test=test):
                if not self.value(test):
                    raise AssertionFailedError(ast.unparse(test), self._named(test), node.lineno)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._kept[name] = self.value(value)
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                self._kept[name] = self._applied(op, self._name(name, target), self.value(value), node)
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=arguments)):
                for argument in arguments:
                    self.value(argument)
            case ast.If(test=test, body=body, orelse=otherwise):
                for statement in body if self.value(test) else otherwise:
                    self.run(statement)
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case _:
                raise _refusal(node)

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._name(name, node)
            case ast.Compare(left=left, ops=ops, comparators=rights):
                return self._compared(self.value(left), ops, rights)
            case ast.BoolOp(op=op, values=values):
                return self._joined(op, values)
            case ast.BinOp(left=left, op=op, right=right):
                return self._applied(op, self.value(left), self.value(right), node)
            case ast.UnaryOp(op=unary, operand=operand):
                return _UNARY[type(unary)](self.value(operand))
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                return self.value(body if self.value(test) else otherwise)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return tuple(self.value(item) for item in items)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
                return _FUNCTIONS[name](*[self.value(argument) for argument in arguments])
        raise _refusal(node)

    def _name(self, name: str, node: ast.AST) -> Any:
        for names in (self._kept, self._given):
            if name in names:
                return names[name]
        raise CodeRefusedError(msg('nothing is called "{name}"', name=name), getattr(node, "lineno", 1))

    def _compared(self, left: Any, ops: list[ast.cmpop], rights: list[ast.expr]) -> bool:
        for op, right in zip(ops, rights, strict=True):
            if type(op) not in _COMPARISONS:
                raise _refusal(right)
            value = self.value(right)
            if not _COMPARISONS[type(op)](left, value):
                return False
            left = value
        return True

    def _joined(self, op: ast.boolop, values: list[ast.expr]) -> Any:
        stops_at = isinstance(op, ast.Or)
        result: Any = None
        for value in values:
            result = self.value(value)
            if bool(result) is stops_at:
                break
        return result

    def _applied(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if type(op) not in _ARITHMETIC or not (numbers or (isinstance(op, ast.Mod | ast.Add) and isinstance(left, str))):
            raise _refusal(node)
        try:
            return _ARITHMETIC[type(op)](left, right)
        except (ArithmeticError, TypeError, ValueError) as problem:
            raise CodeRefusedError(msg("this cannot be computed: {why}", why=str(problem)), getattr(node, "lineno", 1)) from None

    def _named(self, node: ast.expr) -> dict[str, object]:
        """The names in an expression with their values, in the order of their first use."""
        names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
        return {name: self._name(name, node) for name in dict.fromkeys(names) if name not in _FUNCTIONS}


def _refusal(node: ast.AST) -> CodeRefusedError:
    return CodeRefusedError(msg('"{code}" is more than a script may ask', code=ast.unparse(node)), getattr(node, "lineno", 1))
