"""Tables with one fault each, and their twins without it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 600


@dataclass(frozen=True)
class Planted:
    """A fault: how many rows it affects, in which columns of `faulty`; `clean` has none."""

    kind: str
    rows: int
    faulty: dict[str, Any]
    clean: dict[str, Any]
    columns: tuple[str, ...] = ("x",)
    settings: dict[str, Any] = field(default_factory=dict)


def _random() -> np.random.Generator:
    return np.random.default_rng(20)


def _normal() -> np.ndarray[Any, Any]:
    return _random().normal(100, 10, ROWS)


def _with(values: Any, places: Any, new: Any) -> list[Any]:
    changed = list(values)
    for place in range(ROWS)[places]:
        changed[place] = new(changed[place]) if callable(new) else new
    return changed


def _answers() -> list[int]:
    return [int(value) for value in _random().choice([0, 1, 2, 3], ROWS, p=[0.5, 0.2, 0.2, 0.1])]


def _words() -> list[str]:
    return [str(word) for word in _random().choice(["liver", "lung", "skin"], ROWS)]


def _sentences() -> list[str]:
    letters = np.array(list("abcdefgh"))
    random = _random()
    return ["".join(random.choice(letters, size)) for size in random.integers(3, 25, ROWS)]


def _column(
    kind: str, rows: int, faulty: Any, clean: Any, **settings: Any
) -> Callable[[], Planted]:
    return lambda: Planted(kind, rows, {"x": faulty()}, {"x": clean()}, settings=settings)


def _two(kind: str, rows: int, faulty: Any, clean: Any, **more: Any) -> Callable[[], Planted]:
    return lambda: Planted(kind, rows, faulty(), clean(), **more)


def _dates() -> list[dt.date]:
    days = _random().integers(0, 3000, ROWS)
    return [dt.date(2010, 1, 1) + dt.timedelta(days=int(day)) for day in days]


def _copied() -> dict[str, Any]:
    x, y = _normal(), _random().normal(size=ROWS)[::-1].copy()
    x[:7], y[:7] = x[-7:], y[-7:]
    return {"x": x, "y": y}


def _pair() -> dict[str, Any]:
    return {"x": _normal(), "y": _random().normal(size=ROWS)[::-1].copy()}


def _numbered(table: dict[str, Any]) -> dict[str, Any]:
    return {"id": [f"P{n:04}" for n in range(ROWS)], **table}


def _skipped(*, by_chance: bool) -> dict[str, Any]:
    smokes = _random().choice([1, 2], ROWS)
    started = _random().normal(18, 3, ROWS)
    lost = _random().permutation(smokes) if by_chance else smokes
    return {"smokes": smokes, "started": np.where(lost == 1, started, np.nan)}


def _skipped_rows() -> int:
    return int((_random().choice([1, 2], ROWS) == 2).sum())


def _battery(*, by_chance: bool) -> dict[str, Any]:
    """Three problems, never 0 to always 2, and how difficult they made it, if there were any."""
    random = _random()
    answers = random.choice([0.0, 1, 2, 9], (3, ROWS), p=[0.75, 0.15, 0.09, 0.01])
    answers[:, :30] = np.nan  # who left after the first page
    problems = {f"problem {n}": row for n, row in enumerate(answers)}
    asked = np.isin(answers, [1, 2]).any(axis=0)
    asked = random.permutation(asked) if by_chance else asked
    return {**problems, "difficult": np.where(asked, random.choice([0, 1, 2], ROWS), np.nan)}


def _battery_rows() -> int:
    return int(np.isnan(_battery(by_chance=False)["difficult"]).sum())


def _missing_together(*, together: bool) -> dict[str, Any]:
    x, y = _normal(), _random().normal(size=ROWS)
    x[:60] = np.nan
    y[slice(60) if together else slice(200, 260)] = np.nan
    return {"x": x, "y": y}


def _told(*, leaking: bool) -> dict[str, Any]:
    sick = (_random().random(ROWS) < 0.4).astype(int)
    noise = _random().normal(size=ROWS)[::-1]
    return {"x": noise + (9 if leaking else 1) * sick, "sick": sick}


def _classes(share: float) -> dict[str, Any]:
    return {"x": (np.arange(ROWS) < share * ROWS).astype(int)[_random().permutation(ROWS)]}


def _cards(*, right: bool) -> list[str]:
    return ["4111 1111 1111 1111" if right else "4111 1111 1111 1112"] * 9 + ["none of them"] * 591


def _dealt(*, evenly: bool) -> list[str]:
    words = list("abcdef")
    return words * 100 if evenly else [str(word) for word in _random().choice(words, ROWS)]


def _zeros(share: float) -> np.ndarray[Any, Any]:
    values = _random().lognormal(3, 1, ROWS)
    values[: int(share * ROWS)] = 0.0
    return _random().permutation(values)


CASES: dict[str, Callable[[], Planted]] = {
    "missing": _column("missing", 60, lambda: _with(_normal(), slice(60), None), _normal),
    "missing as NaN": _column("missing", 60, lambda: _with(_normal(), slice(60), np.nan), _normal),
    "empty column": _column("empty_column", ROWS, lambda: [None] * ROWS, _normal),
    "co-missing": _two(
        "co_missing",
        60,
        lambda: _missing_together(together=True),
        lambda: _missing_together(together=False),
        columns=("x", "y"),
    ),
    "skip pattern": _two(
        "skip_pattern",
        _skipped_rows(),
        lambda: _skipped(by_chance=False),
        lambda: _skipped(by_chance=True),
        columns=("started",),
    ),
    "skip pattern of several": _two(
        "skip_pattern",
        _battery_rows(),
        lambda: _battery(by_chance=False),
        lambda: _battery(by_chance=True),
        columns=("difficult",),
    ),
    "duplicates": _two("duplicate_rows", 7, _copied, _pair, columns=("x", "y")),
    "near duplicates": _two(
        "near_duplicates", 7, lambda: _numbered(_copied()), lambda: _numbered(_pair()), columns=()
    ),
    "duplicate columns": _two(
        "duplicate_columns",
        ROWS,
        lambda: {"x": _normal(), "y": _normal()},
        _pair,
        columns=("x", "y"),
    ),
    "constant": _column("constant", ROWS, lambda: ["a"] * ROWS, _words),
    "quasi-constant": _column(
        "quasi_constant", 598, lambda: [1] * 598 + [2, 3], lambda: [1] * 300 + [2, 3] * 150
    ),
    "imbalance of a target": _two(
        "imbalance", 30, lambda: _classes(0.05), lambda: _classes(0.4), settings={"target": "x"}
    ),
    "imbalance": _two("imbalance", 18, lambda: _classes(0.03), lambda: _classes(0.3)),
    "high cardinality": _column(
        "high_cardinality", ROWS, lambda: [f"town {n % 200}" for n in range(ROWS)], _words
    ),
    "identifier": _column("identifier", ROWS, lambda: range(5, 5 + ROWS), _answers),
    "identifier in text": _column(
        "identifier", ROWS, lambda: [f"P-{n}" for n in range(ROWS)], _words
    ),
    "uniform": _column("uniform", ROWS, lambda: _dealt(evenly=True), lambda: _dealt(evenly=False)),
    "skew": _column("skew", ROWS, lambda: _random().lognormal(0, 1.5, ROWS), _normal),
    "tiny groups": _column("tiny_groups", 3, lambda: _with(_words(), slice(3), "rare"), _words),
    "underflow": _column(
        "underflow", 50, lambda: _with(_normal(), slice(50), 5.397605346934028e-79), _normal
    ),
    "infinite": _column("infinite", 2, lambda: _with(_normal(), slice(2), -np.inf), _normal),
    "impossible zeros": _column(
        "impossible_zeros", 12, lambda: _with(_normal(), slice(12), 0.0), _normal
    ),
    "zeros": _column("zeros", 360, lambda: _zeros(0.6), lambda: _zeros(0)),
    "outliers": _column("outliers_iqr", 3, lambda: _with(_normal(), slice(3), 300.0), _normal),
    "outliers among many": _column(
        "outliers_mad", 180, lambda: _with(_normal(), slice(180), lambda v: v + 900), _normal
    ),
    "impossible values": _column(
        "impossible_values", 4, lambda: _with(_normal(), slice(4), lambda v: -v), _normal
    ),
    "dates for none": _column(
        "impossible_values", 5, lambda: _with(_dates(), slice(5), dt.date(1900, 1, 1)), _dates
    ),
    "dates ahead": _column(
        "impossible_values", 2, lambda: _with(_dates(), slice(2), dt.date(2207, 3, 1)), _dates
    ),
    "codes of one digit": _column(
        "sentinel_codes", 5, lambda: [*_answers()[5:], 7, 7, 9, 9, 9], _answers
    ),
    "codes of three digits": _column(
        "sentinel_codes", 3, lambda: _with(_normal().round(), slice(3), 999), _normal
    ),
    "negative codes": _column(
        "sentinel_codes", 9, lambda: _with(_normal().round(), slice(9), -9), _normal
    ),
    "codes among times": _column(
        "placeholders",
        4,
        lambda: _with([f"{n % 24:02}:{n % 60:02}" for n in range(ROWS)], slice(4), "99999"),
        lambda: [f"{n % 24:02}:{n % 60:02}" for n in range(ROWS)],
    ),
    "placeholders": _column("placeholders", 6, lambda: _with(_words(), slice(6), "N/A"), _words),
    "blank": _column("blank", 6, lambda: _with(_words(), slice(6), "  "), _words),
    "mixed types": _column("mixed_types", 90, lambda: _with(_words(), slice(90), "12.5"), _words),
    "mixed spellings": _column(
        "mixed_spellings", 30, lambda: _with(_words(), slice(30), "Lung "), _words
    ),
    "whitespace": _column(
        "whitespace", 30, lambda: _with(_words(), slice(30), lambda v: f" {v}"), _words
    ),
    "dates as text": _column("dates_as_text", ROWS, lambda: [str(day) for day in _dates()], _words),
    "numbers as text": _column(
        "numbers_as_text", ROWS, lambda: [f"{value:.2f}" for value in _normal()], _words
    ),
    "text as bytes": _column(
        "text_as_bytes", ROWS, lambda: [word.encode() for word in _words()], _words
    ),
    "encoding damage": _column(
        "encoding_damage",
        8,
        lambda: _with(_words(), slice(8), "Müller".encode().decode("latin-1")),
        lambda: _with(_words(), slice(8), "Müller"),
    ),
    "texts cut off": _column(
        "truncation",
        sum(len(text) >= 13 for text in _sentences()),
        lambda: [text[:13] for text in _sentences()],
        _sentences,
    ),
    "top-coded": _column(
        "truncation",
        int((_normal().round() >= 108).sum()),
        lambda: np.minimum(_normal().round(), 108),
        lambda: _normal().round(),
    ),
    "e-mail": _column(
        "personal_data",
        9,
        lambda: _with(_words(), slice(9), "call ana.diaz@example.org"),
        lambda: _with(_words(), slice(9), "at @ noon"),
    ),
    "telephone": _column(
        "personal_data",
        9,
        lambda: _with(_words(), slice(9), "+49 30 901820"),
        lambda: _with(_words(), slice(9), "30-50"),
    ),
    "cards": _column("personal_data", 9, lambda: _cards(right=True), lambda: _cards(right=False)),
    "correlated": _two(
        "correlated",
        ROWS,
        lambda: {"x": _normal(), "y": 2 * _normal() + _random().normal(size=ROWS)},
        _pair,
        columns=("x", "y"),
    ),
    "leakage": _two(
        "leakage",
        ROWS,
        lambda: _told(leaking=True),
        lambda: _told(leaking=False),
        columns=("x", "sick"),
        settings={"target": "sick"},
    ),
    "order": _column("order", ROWS, lambda: _normal() + np.arange(ROWS) / 20, _normal),
}


def table_of(columns: dict[str, Any]) -> pa.Table:
    """Return the columns as a table; lists and arrays alike."""
    return pa.table({name: pa.array(list(values)) for name, values in columns.items()})
