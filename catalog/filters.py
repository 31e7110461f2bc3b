"""The filter language of `search_runs`, compiled to SQL with bound values.

    metrics.auc > 0.8 and params.model = 'rf' and tags.team in ('a', 'b')
    (best(metrics.loss) < 0.1 or not status = 'FAILED') and start_time > '2026-01-01'
    params.depth between 4 and 8 and duration < '2h' and tags.checked is null

catalog/filter_grammar.py draws the grammar, catalog/filter_names.py lists the names. No text of
the filter reaches the SQL: values are bound, and columns come from the caller.

What the comparisons mean:

- A run without the metric, param, tag or attribute matches `is null` and no other comparison,
  negated or not, as in SQL and in MLflow: `not metrics.auc > 0.8` wants runs that have an auc.
- NaN is neither greater nor less than anything, and unlike every number: `metrics.x > 0.8` leaves
  it out, `metrics.x != 0.5`, `not metrics.x > 0.8`, `metrics.x = nan` and `is nan` match it.
- Params and tags are text: `params.lr = '0.01'` compares text, `params.lr = 0.01` numbers. A text
  that is no number behaves like NaN there: `params.depth != 4` matches 'auto'.
- Times are UTC. A date is its first instant, and after = != and in its whole day. A bare number
  is milliseconds since 1970, compared with the milliseconds of the run's time, as in MLflow.
- Durations are seconds, or text such as '90s', '2h', '1h 30m'.
- A run has several datasets: a comparison of `dataset.name` asks for any of them.
- `like` minds case and `ilike` does not; in their patterns % stands for any text and _ for one
  character.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import Final, Literal

from catalog.errors import FilterError
from catalog.filter_grammar import (
    Comparison,
    Condition,
    Junction,
    Negation,
    Value,
    names_in,
    parse_filter,
)
from catalog.filter_names import ATTRIBUTES, Name, Operand, sample
from catalog.filter_order import compile_order, names_of_order
from catalog.filter_values import read_duration, read_time

__all__ = [
    "Filter",
    "Name",
    "compile_filter",
    "compile_order",
    "names_of",
    "names_of_order",
]

Column = Callable[[Name], str]
_ORDERINGS: Final = frozenset({"<", "<=", ">", ">=", "between"})
_PATTERNS: Final = frozenset({"like", "ilike"})


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition in SQL, and the values of its parameters `$p0`, `$p1` ..."""

    sql: str
    parameters: dict[str, object]


def names_of(filter_string: str) -> frozenset[Name]:
    """Collect what a filter speaks of. Raises FilterError.

    >>> sorted(name.key for name in names_of("metrics.auc > 0.8 or status = 'FAILED'"))
    ['auc', 'status']
    """
    return names_in(parse_filter(filter_string))


def compile_filter(filter_string: str, column: Callable[[Name], str]) -> Filter:
    """Compile a filter to a SQL condition over the columns that `column` gives.

    `column` gives the SQL of a name's column, trusted: double for metrics, varchar for params and
    tags, and for attributes what `catalog.filter_names.ATTRIBUTES` says. An empty filter is true.
    Raises FilterError, which says where and why, when the filter cannot be read or means nothing.

    >>> compile_filter("metrics.loss < 0.1 or status = 'FAILED'", lambda name: name.key)
    Filter(sql='((loss < $p0) or (status = $p1))', parameters={'p0': 0.1, 'p1': 'FAILED'})
    """
    condition = parse_filter(filter_string)
    if condition is None:
        return Filter("true", {})
    compiler = _Compiler(filter_string, column)
    return Filter(compiler.condition(condition), compiler.parameters)


@dataclass(frozen=True, slots=True)
class _Side:
    """The left side a value needs, and the value as it is bound."""

    sql: str
    bound: object
    may_be_nan: bool = False


class _Compiler:
    def __init__(self, text: str, column: Column) -> None:
        self._text = text
        self._column = column
        self.parameters: dict[str, object] = {}

    def condition(self, condition: Condition) -> str:
        match condition:
            case Junction(word, conditions):
                return f"({f' {word} '.join(map(self.condition, conditions))})"
            case Negation(inner):
                return f"(not {self.condition(inner)})"
            case Comparison():
                return self._comparison(condition)

    def _comparison(self, comparison: Comparison) -> str:
        name = comparison.operand.name
        column = self._column(name)
        several = name.kind == "attribute" and ATTRIBUTES[name.key] == "texts"
        if comparison.operator == "null":
            column = f"nullif(len({column}), 0)" if several else column
            return f"({column} is {'not ' * comparison.negated}null)"
        sql = self._predicate(comparison, "element" if several else column)
        if comparison.negated:
            sql = f"(not {sql})"
        return f"(len(list_filter({column}, lambda element: {sql})) > 0)" if several else sql

    def _predicate(self, comparison: Comparison, column: str) -> str:
        operand, operator = comparison.operand, comparison.operator
        if operator == "nan":
            self._require_metric(operand, operand.position)
            return f"isnan({column})"
        sides = [self._side(operand, operator, value, column) for value in comparison.values]
        if operator == "in":
            return self._membership(sides)
        if operator == "between":
            low, high = sides
            if isinstance(low.bound, str) is not isinstance(high.bound, str):
                raise self._fault(
                    comparison.values[1], operand, operator, "both ends must be of a kind"
                )
            # NaN is the greatest of all to DuckDB, so the upper end leaves it out
            return f"({low.sql} >= {self._bind(low)} and {high.sql} <= {self._bind(high)})"
        (side,) = sides
        sql = f"{side.sql} {operator} {self._bind(side)}"
        if side.may_be_nan and operator in (">", ">="):
            return f"({sql} and not isnan({side.sql}))"
        return f"({sql})"

    def _membership(self, sides: list[_Side]) -> str:
        lists: dict[str, list[str]] = {}
        for side in sides:
            lists.setdefault(side.sql, []).append(self._bind(side))
        alternatives = [f"{sql} in ({', '.join(bound)})" for sql, bound in lists.items()]
        return f"({' or '.join(alternatives)})"

    def _bind(self, side: _Side) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = side.bound
        return f"${name}"

    # --- one value against one kind of column

    def _side(self, operand: Operand, operator: str, value: Value, column: str) -> _Side:
        content, kind = value.content, _kind(operand.name)
        if isinstance(content, str):
            if operator in _PATTERNS and kind in ("time", "seconds", "number"):
                problem = f"{operator} compares text, and {operand.source} is none"
                raise self._fault(value, operand, "=", problem)
            return self._text_side(operand, operator, value, column, content)
        if operator in _PATTERNS:
            raise self._fault(value, operand, operator, f"{operator} needs quoted text")
        if isnan(content) or content in (float("inf"), float("-inf")):
            self._require_metric(operand, value.position)
            if isnan(content) and operator in _ORDERINGS:
                problem = "nothing is greater or less than nan"
                example = f"{operand.source} is nan"
                raise self._fault(value, operand, operator, problem, example)
        match kind:
            case "number" | "seconds":
                return _Side(column, content, may_be_nan=kind == "number")
            case "time":
                # epoch_ms of DuckDB 2.0 rounds; MLflow and most clocks cut the rest off
                return _Side(f"floor(epoch_us({column}) / 1000)", content)
            case "words":
                return _Side(_number(column), content, may_be_nan=True)
            case "text":
                problem = f"{operand.source} is text and needs a quoted value"
                raise self._fault(value, operand, "=", problem)

    def _text_side(
        self, operand: Operand, operator: str, value: Value, column: str, content: str
    ) -> _Side:
        match _kind(operand.name):
            case "number":
                raise self._fault(value, operand, operator, f"{operand.source} is a number")
            case "seconds":
                try:
                    return _Side(column, read_duration(content))
                except ValueError:
                    problem = f"{content!r} is not a duration"
                    raise self._fault(value, operand, operator, problem) from None
            case "time":
                try:
                    moment, is_day = read_time(content)
                except ValueError:
                    problem = f"{content!r} is not a date or time"
                    raise self._fault(value, operand, operator, problem) from None
                whole = is_day and operator not in _ORDERINGS
                return _Side(f"date_trunc('day', {column})" if whole else column, moment)
            case "text":
                if operator in _ORDERINGS:
                    problem = f"{operand.source} has no order to compare with {operator}"
                    raise self._fault(value, operand, "in", problem)
            case "words":
                if operator in _ORDERINGS and _is_number(content):
                    problem = f"{operator} would compare the text {content!r}, not the number"
                    example = f"{operand.source} > {content.strip()}"
                    raise self._fault(value, operand, operator, problem, example)
        return _Side(column, content)

    # --- refusals

    def _require_metric(self, operand: Operand, position: int) -> None:
        if operand.name.kind != "metric":
            raise FilterError.at(
                position,
                self._text,
                f"only metrics are compared with nan and inf, and {operand.source} is none",
                example="metrics.loss = nan",
            )

    def _fault(
        self, value: Value, operand: Operand, operator: str, problem: str, example: str = ""
    ) -> FilterError:
        example = example or sample(operand, operator)
        return FilterError.at(value.position, self._text, problem, example=example)


def _kind(name: Name) -> Literal["number", "words", "text", "time", "seconds"]:
    """Tell how a name is compared; `words` are text that may hold numbers."""
    if name.kind == "metric":
        return "number"
    if name.kind != "attribute":
        return "words"
    kind = ATTRIBUTES[name.key]
    return "text" if kind == "texts" else kind


def _number(column: str) -> str:
    """The number in a text: NaN when it is none, null when there is no text."""
    number = f"coalesce(try_cast({column} as double), 'nan'::double)"
    return f"case when {column} is not null then {number} end"


def _is_number(text: str) -> bool:
    try:
        return not isnan(float(text))
    except ValueError:
        return False
