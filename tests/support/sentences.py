"""The sentences in ccore's source, with a stand-in for what is known only when one is said."""

import ast
import re
from collections.abc import Iterator
from functools import partial
from itertools import product

VALUE = "samp1e"  # stands for what is known only when something is said
Function = ast.FunctionDef | ast.AsyncFunctionDef
_WORDS = re.compile(r"[a-z0-9`]{2,},? [a-z0-9`(]")


def assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """What is given a name there."""
    for statement in body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            yield statement.targets[0].id, statement.value


def texts(expression: ast.expr, line: int, function: ast.AST, constants: dict[str, ast.expr]) -> list[str]:
    """What the expression of ``line`` may be."""
    inside = partial(texts, line=line, function=function, constants=constants)
    match expression:
        case ast.Constant(value=str() as text):
            found = [text]
        case ast.JoinedStr(values=parts):
            found = ["".join(each) for each in product(*map(inside, parts))]
        case ast.FormattedValue(value=value):
            found = inside(value)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            found = ["".join(each) for each in product(inside(left), inside(right))]
        case ast.IfExp(body=one, orelse=other):
            found = [*inside(one), *inside(other)]
        case ast.Name(id=name):
            here = [node for node in ast.walk(function) if isinstance(node, ast.Assign) and node.lineno <= line]
            own = [(node.lineno, value) for node in here for key, value in assigned([node]) if key == name]
            of_module = [(line, constants[name])] if name in constants else []
            at, value = max(own or of_module, key=lambda each: each[0], default=(line, ast.Constant(VALUE)))
            found = texts(value, at - 1, function, constants if own else {})
        case _:
            found = [VALUE]
    return found


def sentences_in(place: ast.AST, constants: dict[str, ast.expr]) -> Iterator[str]:
    """All that is said in a part of a module, but for its docstrings, its log and what is asserted."""
    for node, scope in _outermost(place, place):
        for text in texts(node, node.lineno, scope, constants):
            if _WORDS.search(text):
                yield text


def _outermost(place: ast.AST, scope: ast.AST) -> Iterator[tuple[ast.expr, ast.AST]]:
    for node in ast.iter_child_nodes(place):
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Assert():
                pass
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log"))):
                pass
            case ast.Constant() | ast.JoinedStr() | ast.BinOp(op=ast.Add()):
                yield node, scope
            case _:
                yield from _outermost(node, node if isinstance(node, Function) else scope)
