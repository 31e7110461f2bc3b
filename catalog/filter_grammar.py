"""The grammar of filters and order keys: text in, a small closed tree out.

    condition  = all ("or" all)*
    all        = one ("and" one)*
    one        = "not" one | "(" condition ")" | comparison
    comparison = operand ("=" | "!=" | "<>" | "<" | "<=" | ">" | ">=") value
               | operand ["not"] ("like" | "ilike") text
               | operand ["not"] "in" "(" value ("," value)* ")"
               | operand ["not"] "between" value "and" value
               | operand "is" ["not"] ("null" | "nan")
    operand    = name | ("best" | "min" | "max" | "last") "(" name ")"
    value      = number | nan | inf | 'text' | "text"
    order key  = operand ["asc" | "desc"]

A parser of its own, because a general SQL parser costs 350 ms of import at the first search,
accepts a hundred things that would have to be refused again, and loses the positions of half of
them. What is not drawn above cannot be said.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from catalog.errors import FilterError
from catalog.filter_names import (
    AGGREGATES,
    Operand,
    close_names,
    read_name,
    sample,
    with_aggregate,
)
from catalog.filter_tokens import Token, tokenize

if TYPE_CHECKING:
    from catalog.filter_names import Name

DEEPEST: Final = 50  # parentheses and nots within each other, far from Python's own limit
LONGEST_REMEMBERED: Final = 4096  # characters: a list of 10,000 run ids is not worth the memory
_EXAMPLE: Final = "metrics.auc > 0.8 and params.model = 'rf'"
_OPERATORS: Final = {"=": "=", "==": "=", "!=": "!=", "<>": "!="} | {
    sign: sign for sign in ("<", "<=", ">", ">=")
}
_KEYWORDS: Final = frozenset({"and", "or", "not", "in", "between", "like", "ilike", "is", "null"})
_NUMBERS: Final = frozenset({"nan", "inf", "infinity"})


@dataclass(frozen=True, slots=True)
class Value:
    """What an operand is compared with."""

    content: str | float
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison; `operator` is one of = != < <= > >= like ilike in between null nan."""

    operand: Operand
    operator: str
    values: tuple[Value, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Negation:
    """The opposite of a condition."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Junction:
    """Several conditions of which all hold, or at least one."""

    word: Literal["and", "or"]
    conditions: tuple[Condition, ...]


Condition = Comparison | Negation | Junction


def parse_filter(text: str) -> Condition | None:
    """Read a filter; None when it is empty. Raises FilterError.

    >>> parse_filter("status = 'FAILED'").operator
    '='
    """
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _read(text)


def _read(text: str) -> Condition | None:
    parser = _Parser(text)
    return parser.filter() if parser.tokens else None


_remembered = lru_cache(maxsize=512)(_read)


@lru_cache(maxsize=512)
def parse_order_key(text: str) -> tuple[Operand, bool]:
    """Read an order key: the operand, and whether it descends. Raises FilterError."""
    return _Parser(text).order_key()


def names_in(condition: Condition | None) -> frozenset[Name]:
    """Collect the names a condition speaks of."""
    match condition:
        case Comparison(operand):
            return frozenset({operand.name})
        case Negation(inner):
            return names_in(inner)
        case Junction(conditions=conditions):
            return frozenset().union(*map(names_in, conditions))
        case None:
            return frozenset()


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self._at = 0
        self._depth = 0

    def filter(self) -> Condition:
        condition = self._any()
        if self._token is not None:
            raise self._rest_fault(self._token)
        return condition

    def order_key(self) -> tuple[Operand, bool]:
        example = "metrics.auc desc"
        operand = self._operand(example)
        descending = self._word("desc")
        if not descending:
            self._word("asc")
        if (token := self._token) is not None:
            raise self._fault(
                token.start,
                f"{token.source!r} cannot follow an order key",
                "Only asc or desc can; give several keys as a list.",
                example,
            )
        return operand, descending

    # --- conditions

    def _any(self) -> Condition:
        conditions = [self._all()]
        while self._word("or"):
            conditions.append(self._all())
        return conditions[0] if len(conditions) == 1 else Junction("or", tuple(conditions))

    def _all(self) -> Condition:
        conditions = [self._one()]
        while self._word("and"):
            conditions.append(self._one())
        return conditions[0] if len(conditions) == 1 else Junction("and", tuple(conditions))

    def _one(self) -> Condition:
        token = self._token
        self._depth += 1
        if token is not None and self._depth > DEEPEST:
            raise self._fault(token.start, f"there are more than {DEEPEST} levels")
        if self._word("not"):
            condition: Condition = Negation(self._one())
        elif token is not None and self._sign("("):
            condition = self._any()
            if not self._sign(")"):
                if self._token is not None:
                    raise self._rest_fault(self._token)
                raise self._fault(token.start, "this parenthesis is never closed")
        else:
            condition = self._comparison()
        self._depth -= 1
        return condition

    def _comparison(self) -> Comparison:
        operand = self._operand("metrics.auc > 0.8")
        example = sample(operand, "=")
        token = self._next(f"{operand.source} is compared with nothing", example)
        if token.kind == "sign" and token.source in _OPERATORS:
            operator = _OPERATORS[token.source]
            return Comparison(operand, operator, (self._value(operand, operator),))
        negated = token.word == "not"
        if negated:
            token = self._next("nothing follows `not`", sample(operand, "not in"))
        match token.word:
            case "in":
                return Comparison(operand, "in", self._list(operand), negated)
            case "between":
                return Comparison(operand, "between", self._range(operand), negated)
            case "like" | "ilike" as operator:
                return Comparison(operand, operator, (self._value(operand, operator),), negated)
            case "is" if not negated:
                negated = self._word("not")
                return Comparison(operand, self._state(operand), (), negated)
        raise self._operator_fault(token, operand)

    def _state(self, operand: Operand) -> str:
        example = f"{operand.source} is null"
        token = self._next("nothing follows `is`", example)
        if token.word in ("null", "nan"):
            return token.word
        problem = f"`is` is followed by null or nan, not by {token.source}"
        raise self._fault(token.start, problem, "Values are compared with = and !=.", example)

    def _list(self, operand: Operand) -> tuple[Value, ...]:
        example = sample(operand, "in")
        opening = self._next("`in` needs values", example)
        if opening.source != "(":
            raise self._fault(opening.start, "the values of `in` stand in parentheses", "", example)
        if (token := self._token) is not None and self._sign(")"):
            raise self._fault(token.start, "the list of values is empty", "", example)
        values = [self._value(operand, "in")]
        while self._sign(","):
            if self._peek(")"):
                break
            values.append(self._value(operand, "in"))
        closing = self._next("the list of values is never closed", example)
        if closing.source != ")":
            problem = f"{closing.source!r} cannot stand in a list of values"
            raise self._fault(closing.start, problem, "Put commas between the values.", example)
        return tuple(values)

    def _range(self, operand: Operand) -> tuple[Value, ...]:
        example = sample(operand, "between")
        low = self._value(operand, "between")
        token = self._next("`between` needs two values", example)
        if token.word != "and":
            raise self._fault(
                token.start, "the two values of `between` are joined by `and`", "", example
            )
        return low, self._value(operand, "between")

    # --- operands and values

    def _operand(self, example: str) -> Operand:
        token = self._next("a name is missing", example)
        if token.kind not in ("name", "quoted") or token.word in _KEYWORDS:
            problem = f"a name is expected, not {token.source}"
            hint = "The name stands on the left, the value on the right."
            if token.kind not in ("text", "number"):
                hint = ""
            raise self._fault(token.start, problem, hint, example)
        if not self._peek("("):
            return Operand(read_name(token.parts, self.text), token.start, token.source)
        example = "best(metrics.auc) > 0.8"
        if token.word not in AGGREGATES:
            near = close_names(token.source, AGGREGATES)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(AGGREGATES)}."
            raise self._fault(token.start, f"there is no function {token.source!r}", hint, example)
        self._sign("(")
        inner = self._next(f"{token.source} needs a metric", example)
        name = read_name(inner.parts, self.text) if inner.parts else None
        if name is None or name.kind != "metric":
            raise self._fault(inner.start, f"{token.source} takes a metric", "", example)
        if (closing := self._next("a parenthesis is missing", example)).source != ")":
            raise self._fault(closing.start, f"{token.source} takes one metric only", "", example)
        source = self.text[token.start : closing.end]
        return Operand(with_aggregate(name, token.word), token.start, source)

    def _value(self, operand: Operand, operator: str) -> Value:
        example = sample(operand, operator)
        token = self._next("a value is missing", example)
        if token.kind == "text" or (token.kind == "quoted" and token.source[0] == '"'):
            return Value(token.content, token.start)
        sign = token.source if token.source in ("+", "-") else ""
        number = self._next("a number is missing", example) if sign else token
        if number.kind == "number":
            return Value(float(sign + number.source.replace("_", "")), token.start)
        if number.word in _NUMBERS:
            return Value(float(sign + number.word), token.start)
        raise self._value_fault(token, operand, example)

    # --- tokens

    @property
    def _token(self) -> Token | None:
        return self.tokens[self._at] if self._at < len(self.tokens) else None

    def _next(self, problem: str, example: str) -> Token:
        token = self._token
        if token is None:
            raise self._fault(len(self.text.rstrip()), problem, "", example)
        self._at += 1
        return token

    def _peek(self, sign: str) -> bool:
        return (token := self._token) is not None and token.kind == "sign" and token.source == sign

    def _sign(self, sign: str) -> bool:
        found = self._peek(sign)
        self._at += found
        return found

    def _word(self, word: str) -> bool:
        found = (token := self._token) is not None and token.word == word
        self._at += found
        return found

    # --- refusals

    def _fault(self, position: int, problem: str, hint: str = "", example: str = "") -> FilterError:
        return FilterError.at(position, self.text, problem, hint=hint, example=example or _EXAMPLE)

    def _rest_fault(self, token: Token) -> FilterError:
        if token.source == ")":
            return self._fault(token.start, "this parenthesis was never opened")
        if token.source in ("+", "-"):
            hint = "Names with such a sign, dates and text are quoted."
            return self._fault(
                token.start, "there is no arithmetic in a filter", hint, 'metrics."a-b" > 1'
            )
        hint = "Between two conditions stands `and` or `or`."
        if token.start == self.tokens[self._at - 1].end:
            hint = "A quote inside quotes is written twice."
        return self._fault(token.start, f"{token.source!r} cannot follow a whole condition", hint)

    def _operator_fault(self, token: Token, operand: Operand) -> FilterError:
        hint = "There are = != < <= > >= like, ilike, in, between, is null and is nan."
        if token.source in ("+", "-"):
            hint = f"There is no arithmetic; a name with {token.source} is quoted."
            return self._fault(token.start, "a comparison is expected", hint, 'metrics."a-b" > 1')
        problem = f"a comparison is expected after {operand.source}, not {token.source}"
        return self._fault(token.start, problem, hint, sample(operand, "="))

    def _value_fault(self, token: Token, operand: Operand, example: str) -> FilterError:
        source, hint = token.source, ""
        if token.word == "null":
            problem, example = "null is no value", f"{operand.source} is null"
        elif len(token.parts) > 1:
            problem = f"a name is compared with a value, and {source} is a name"
            hint = "Text needs quotes."
        elif token.parts:
            problem = f"{source} is neither a number nor quoted text"
            hint = "Text needs quotes."
        else:
            problem = f"a value is expected, not {source}"
        return self._fault(token.start, problem, hint, example)
