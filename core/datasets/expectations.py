"""What a dataset must be like: a contract that versions are checked against.

    other_columns = false                  columns that are not named here are refused
    unique = [["person", "wave"]]          these columns together tell rows apart
    minimum_rows = 100

    [columns.age]
    type = "integer"                       a family (below), or an Arrow type as `int64`
    minimum = 0                            of numbers, dates and times; bounds are allowed values
    maximum = 120
    max_missing = 0.05                     share of nulls and NaNs

    [columns.sex]
    allowed = ["f", "m"]
    required = false

    [columns.postcode]
    pattern = "[0-9]{5}"                   the whole text, RE2
    unique = true

Families: integer, number, text, boolean, date, timestamp. What is missing breaks no rule but
`max_missing`, and no row is a double of another where one of its columns is missing.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args

from core.errors import ContractError, DataVersionError
from lake.digest import digest_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.datasets.version import DatasetVersion

OnViolation = Literal["refuse", "warn"]
ON_VIOLATION: Final[tuple[OnViolation, ...]] = get_args(OnViolation)
Bound = int | float | str | date | datetime
_MOST_ALLOWED: Final = 20
_HINT: Final = "docs/datasets.md shows a contract."
# what a rule must be given as, and how a fault says that
_BOUND: Final = ((int, float, str, date), "a number, a date or a time")
_KINDS: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    "type": ((str,), "a text"),
    "minimum": _BOUND,
    "maximum": _BOUND,
    "allowed": ((list, tuple), "a list"),
    "pattern": ((str,), "a text"),
    "unique": ((bool,), "true or false"),
    "max_missing": ((int, float), "a share from 0 to 1"),
    "required": ((bool,), "true or false"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRule:
    """What is expected of a column; what is None is not."""

    type: str | None = None
    minimum: Bound | None = None
    maximum: Bound | None = None
    allowed: tuple[Any, ...] | None = None
    pattern: str | None = None
    unique: bool = False
    max_missing: float | None = None
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rule that is broken: by how many rows, and some of them.

    `count` is all rows for what is wrong with a column as a whole. An example has the row's number,
    counted from 0, under "row", its key, and the columns of the rule.
    """

    rule: str
    columns: tuple[str, ...]
    count: int
    message: str
    examples: tuple[Mapping[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what may be kept and shown to all: no values of rows."""
        columns = list(self.columns)
        return {"rule": self.rule, "columns": columns, "count": self.count, "text": self.message}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a dataset must be like.

    >>> contract = Contract.from_dict({"columns": {"age": {"type": "integer", "minimum": 0}}})
    >>> contract.columns["age"].minimum, Contract.from_dict(contract.to_dict()) == contract
    (0, True)
    """

    columns: Mapping[str, ColumnRule] = field(default_factory=dict)
    unique: tuple[tuple[str, ...], ...] = ()
    other_columns: bool = True
    minimum_rows: int = 0

    @property
    def digest(self) -> str:
        """SHA-256 of what it says."""
        return digest_bytes(self.to_json().encode())

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Read a contract. Raises DataVersionError with everything that is wrong."""
        faults = [*_faults(document)]
        if faults:
            message = f"This is no contract: {'; '.join(faults)}."
            raise DataVersionError(message, hint=_HINT, faults=tuple(faults))
        return cls(
            columns={n: _rule(rule) for n, rule in document.get("columns", {}).items()},
            unique=tuple(tuple(names) for names in document.get("unique", ())),
            other_columns=document.get("other_columns", True),
            minimum_rows=document.get("minimum_rows", 0),
        )

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a contract from TOML, or JSON. Raises DataVersionError."""
        path = Path(path).expanduser()
        try:
            text = path.read_text(encoding="utf8")
            document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        except (OSError, ValueError) as error:
            message = f"The contract {path} cannot be read: {error}"
            raise DataVersionError(message, hint=_HINT, path=str(path)) from error
        return cls.from_dict(document)

    @classmethod
    def infer(cls, version: DatasetVersion) -> Self:
        """Return a first contract, which the version keeps: to be read, and made wider or tighter.

        It has the columns with their types, a key that is unique, the range of numbers, the values
        of texts that have at most 20, and which columns are never missing.
        """
        rules = {
            name: _inferred(kind, version.statistics.get(name, {}))
            for name, kind in version.schema.items()
        }
        for name in version.key if len(version.key) == 1 else ():
            if version.statistics.get(name, {}).get("distinct") == version.num_rows:
                rules[name] = replace(rules[name], unique=True, allowed=None)
        return cls(columns=rules, other_columns=False)

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` reads, without what is not expected; dates as text."""
        return {
            "columns": {name: _said(rule) for name, rule in self.columns.items()},
            "unique": [list(names) for names in self.unique],
            "other_columns": self.other_columns,
            "minimum_rows": self.minimum_rows,
        }

    def to_json(self) -> str:
        """Return the document; equal contracts give equal texts."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))


def as_contract(contract: Contract | Mapping[str, Any] | str | Path) -> Contract:
    """Return a contract that was given as one, a dictionary or a file. Raises DataVersionError."""
    if isinstance(contract, Contract):
        return contract
    if isinstance(contract, str | Path):
        return Contract.from_file(contract)
    return Contract.from_dict(contract)


def refusal(dataset_name: str, violations: tuple[Violation, ...]) -> ContractError:
    """Return the error that lists all violations."""
    message = f"{dataset_name} breaks its contract: {'; '.join(v.message for v in violations)}."
    hint = "Mend the data or the contract, or register it with on_violation='warn'."
    return ContractError(message, hint=hint, dataset=dataset_name, violations=violations)


def _faults(document: object) -> Iterator[str]:
    if not isinstance(document, dict):
        yield f"it is {type(document).__name__}, not a table of rules"
        return
    known = [each.name for each in fields(Contract)]
    yield from (f"there is no rule {name!r} for datasets" for name in document if name not in known)
    unique = document.get("unique", ())
    if not _is_list(unique) or not all(_is_list(n) and n and _are_texts(n) for n in unique):
        yield "unique is not a list of lists of columns"
    if not isinstance(document.get("other_columns", True), bool):
        yield "other_columns is not true or false"
    rows = document.get("minimum_rows", 0)
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
        yield "minimum_rows is not a number of rows"
    columns = document.get("columns", {})
    if not isinstance(columns, dict):
        yield "columns is not a table of columns"
        return
    for name, rule in columns.items():
        yield from (f"{name}: {fault}" for fault in _rule_faults(rule))


def _rule_faults(rule: object) -> Iterator[str]:
    if not isinstance(rule, dict):
        yield "its rules are not a table"
        return
    value: Any
    for name, value in rule.items():
        if name not in _KINDS:
            yield f"there is no rule {name!r} for columns"
            continue
        kinds, wanted = _KINDS[name]
        fits = isinstance(value, kinds) and isinstance(value, bool) == (bool in kinds)
        if not fits or (name == "max_missing" and not 0 <= value <= 1):
            yield f"{name} is not {wanted}"
        elif name == "pattern" and (fault := _pattern_fault(value)):
            yield fault


def _pattern_fault(pattern: str) -> str:
    import pyarrow as pa  # not needed to log
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""]), whole(pattern))
    except pa.ArrowInvalid as error:
        return f"the pattern {pattern!r} cannot be read: {error}"
    return ""


def whole(pattern: str) -> str:
    """Return the pattern that matches whole texts.

    >>> whole("a|b")
    '\\\\A(?:a|b)\\\\z'
    """
    return rf"\A(?:{pattern})\z"


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _are_texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


def _rule(document: Mapping[str, Any]) -> ColumnRule:
    allowed = document.get("allowed")
    values = {**document, "allowed": None if allowed is None else tuple(allowed)}
    return ColumnRule(**values)


def _said(rule: ColumnRule) -> dict[str, Any]:
    plain = ColumnRule()
    said = {
        each.name: getattr(rule, each.name)
        for each in fields(ColumnRule)
        if getattr(rule, each.name) != getattr(plain, each.name)
    }
    if rule.allowed is not None:
        said["allowed"] = [_text_of_time(value) for value in rule.allowed]
    return {name: _text_of_time(value) for name, value in said.items()}


def _text_of_time(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _inferred(kind: str, statistics: Mapping[str, Any]) -> ColumnRule:
    least, greatest = (_number(statistics.get(name)) for name in ("min", "max"))
    top = statistics.get("top") or ()
    values = [each["value"] for each in top]
    all_there = sum(each["count"] for each in top) == statistics.get("count")
    texts = bool(values) and all_there and _are_texts(values) and len(values) <= _MOST_ALLOWED
    complete = statistics.get("missing") == 0 and bool(statistics.get("count"))
    return ColumnRule(
        type=kind,
        minimum=least,
        maximum=greatest,
        allowed=tuple(sorted(values)) if texts and "shortest" in statistics else None,
        max_missing=0.0 if complete else None,
    )


def _number(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
