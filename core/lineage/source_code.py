"""The text of what transforms data: SQL as it is given, functions as they stand in their file."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import LineageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

_HINT = (
    "Define it in a file or a notebook's cell, or give its text to"
    " track_transformation(transformation_code=...)."
)


@dataclass(frozen=True, slots=True)
class Code:
    """A text, and the language it is in: "sql" or "python"."""

    text: str
    language: str


def code_of(code: str | Callable[..., Any]) -> Code:
    """Return SQL, or the source of a function, without what that calls or closes over.

    A `functools.partial` is the function under it, an object that can be called is its class.
    Raises LineageError when there is no source, as of what is built in or was typed into a plain
    interpreter.

    >>> code_of("select 1 as one")
    Code(text='select 1 as one', language='sql')
    """
    if isinstance(code, str):
        if not code.strip():
            message = "A transformation without code says nothing."
            raise LineageError(message, hint="Give SQL, or the function that makes the output.")
        return Code(code, "sql")
    if not callable(code):
        message = f"{code!r} is neither SQL nor a function."
        raise LineageError(message, hint="Give a text in SQL, or the function itself.")
    function = _function_of(code)
    try:
        text = _lambda_source(function) or inspect.getsource(function)
    except (OSError, TypeError) as error:
        name = getattr(function, "__qualname__", repr(function))
        message = f"There is no source of {name} to be kept."
        raise LineageError(message, hint=_HINT, function=name) from error
    return Code(textwrap.dedent(text), "python")


def _function_of(code: Any) -> Any:
    while isinstance(code, functools.partial):
        code = code.func
    if inspect.isroutine(code) or inspect.isclass(code):
        return inspect.unwrap(code)
    return type(code)


def _lambda_source(function: Any) -> str:
    """Return a lambda alone: `inspect` gives the whole statement it stands in."""
    found: CodeType | None = getattr(function, "__code__", None)
    if found is None or found.co_name != "<lambda>":
        return ""
    lines = "".join(linecache.getlines(found.co_filename, function.__globals__))
    try:
        tree = ast.parse(lines)
    except SyntaxError:  # a notebook's cell with commands of its own
        return ""
    starts = {
        (line, column)
        for line, _, column, _ in found.co_positions()
        if line is not None and column is not None
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda) and node.lineno == found.co_firstlineno:
            inside = {
                (part.lineno, part.col_offset)
                for part in ast.walk(node.body)
                if isinstance(part, ast.expr)
            }
            if inside & starts:
                return ast.get_source_segment(lines, node) or ""
    return ""
