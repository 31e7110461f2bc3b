"""A column and a table as the checks see them: what several checks ask is worked out once.

Values nearer to zero than 1e-60 are taken as zero: nothing is measured so finely, and readers of
SAS transport files leave 5.4e-79 where a zero was.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.eda.quality.conditions import UNDERFLOW, sql_names
from core.profile.measured import is_number
from core.storable import to_stored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from core.eda.quality.codes import Codes

    Numbers = npt.NDArray[np.float64]
    Counts = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

Family = Literal["nothing", "flag", "number", "text", "time", "bytes", "other"]
SAMPLE: Final = 100_000  # rows that relations between columns are looked for in
TEXTS: Final = 20_000  # different texts of a column that are looked at one by one
IDENTIFIER_ROWS: Final = 20  # of fewer rows all values may differ by chance
IDENTIFIER_LENGTH: Final = 64  # characters: what is longer is written, not assigned
FEW_KINDS: Final = 64  # so many different values are listed, and kept in mind
_HEAVY: Final = (
    *("array", "numbers", "ordered", "_distinct", "encoded", "texts", "some_texts", "fingerprint"),
)


class ExaminedColumn:
    """One column."""

    def __init__(
        self,
        name: str,
        sql: str,
        given: pa.ChunkedArray,
        *,
        step: int = 1,
        known: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.sql = sql
        self.type = given.type
        self.known = known or {}
        self.step = step
        self._given = given
        self.rows = len(given)
        self.codes: Codes | None = None  # set when all columns were searched for them
        self.zeros_are_impossible = False

    @property
    def measured(self) -> Numbers:
        """The finite numbers that are no codes and no impossible zeros, ascending."""
        left_out = [*self.codes.values] if self.codes else []
        left_out += [0.0] if self.zeros_are_impossible else []
        return self.ordered[~np.isin(self.ordered, left_out)] if left_out else self.ordered

    @cached_property
    def array(self) -> pa.Array:
        """The values in one piece."""
        return to_stored(self._given)

    @cached_property
    def family(self) -> Family:
        """What the values are, whatever their width."""
        kind = self.type.value_type if is_a.is_dictionary(self.type) else self.type
        is_text = is_a.is_string(kind) or is_a.is_large_string(kind) or is_a.is_string_view(kind)
        is_bytes = is_a.is_binary(kind) or is_a.is_large_binary(kind) or is_a.is_binary_view(kind)
        clocked = is_a.is_timestamp(kind) or is_a.is_date(kind)
        tests: tuple[tuple[Family, bool], ...] = (
            ("nothing", is_a.is_null(kind) or self._given.null_count == self.rows),
            ("flag", is_a.is_boolean(kind)),
            ("number", is_number(kind)),
            ("text", is_text),
            ("time", clocked),
            ("bytes", is_bytes),
        )
        return next((family for family, is_so in tests if is_so), "other")

    @cached_property
    def text_sql(self) -> str:
        """The column as a text in SQL."""
        return f"{self.sql}::varchar" if is_a.is_dictionary(self.type) else self.sql

    @property
    def present_sql(self) -> str:
        """The condition that a value is there and is a number, if it is one at all."""
        present = f"{self.sql} is not null"
        return f"{present} and not isnan({self.sql})" if self.has_nan else present

    @property
    def missing_sql(self) -> str:
        """The condition that no value is there."""
        missing = f"{self.sql} is null"
        return f"({missing} or isnan({self.sql}))" if self.has_nan else missing

    @cached_property
    def has_nan(self) -> bool:
        """Whether NaN stands for some missing values."""
        return bool(is_a.is_floating(self.type)) and self.missing > self._given.null_count

    @cached_property
    def has_infinite(self) -> bool:
        """Whether some numbers are infinite."""
        can_be = self.family == "number" and is_a.is_floating(self.type)
        return bool(can_be and np.isinf(self.numbers).any())

    @property
    def zero_sql(self) -> str:
        """The condition that a number is zero, or all but."""
        if self.has_underflow:
            return f"abs({self.sql}) < {UNDERFLOW!r}"
        return f"{self.sql} = 0"

    @cached_property
    def has_underflow(self) -> bool:
        """Whether some numbers are nearer to zero than anything that is measured."""
        return bool(self.underflows().any())

    def underflows(self) -> Flags:
        """Return where numbers are nearer to zero than anything that is measured."""
        if self.family != "number" or not is_a.is_floating(self.type):
            return np.zeros(self.rows, dtype=bool)
        given = self._as_floats()
        flags: Flags = (given != 0) & (np.abs(given) < UNDERFLOW)
        return flags

    def _as_floats(self) -> Numbers:
        array = self.array
        if self.family == "time":
            array = array.cast(pa.int32() if array.type.bit_width == 32 else pa.int64())
        values = array.cast(pa.float64(), safe=False)
        if values.null_count:
            values = values.fill_null(np.nan)
        found: Numbers = values.to_numpy(zero_copy_only=False)
        return found

    @cached_property
    def numbers(self) -> Numbers:
        """The numbers in the order of rows, missing ones as NaN; times in their own unit."""
        found = self._as_floats()
        return np.where(np.abs(found) < UNDERFLOW, 0.0, found) if self.has_underflow else found

    @cached_property
    def ordered(self) -> Numbers:
        """The finite numbers, ascending; none of what are no numbers."""
        if self.family not in {"number", "time"}:
            return np.empty(0)
        values = self.numbers
        return np.sort(values[np.isfinite(values)])

    @cached_property
    def _distinct(self) -> tuple[Numbers, Counts]:
        ordered = self.ordered
        if not len(ordered):
            return ordered, np.empty(0, np.int64)
        starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
        return ordered[starts], np.diff(starts, append=len(ordered))

    @property
    def values(self) -> Numbers:
        """The different finite numbers, ascending."""
        return self._distinct[0]

    @property
    def counts(self) -> Counts:
        """How often each of `values` is there."""
        return self._distinct[1]

    @cached_property
    def is_whole(self) -> bool:
        """Whether all finite numbers are whole, if there are any."""
        if is_a.is_integer(self.type):
            return True
        return bool((self.values == np.round(self.values)).all())

    @cached_property
    def encoded(self) -> tuple[pa.Array, npt.NDArray[np.int64]]:
        """Different texts, and the place of each row's text among them; -1 where there is none."""
        given = self._given
        if is_a.is_dictionary(given.type):
            whole = given.unify_dictionaries()
            pieces = [piece.indices.cast(pa.int64()) for piece in whole.chunks]
            codes = pa.concat_arrays(pieces).fill_null(-1).to_numpy(zero_copy_only=False)
            return whole.chunk(0).dictionary.cast(pa.large_string()), codes
        one = self.array.dictionary_encode()
        codes = one.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        return one.dictionary, codes

    @cached_property
    def texts(self) -> tuple[pa.Array, Counts]:
        """The different texts, and how often each is there."""
        words, codes = self.encoded
        counts = np.bincount(codes[codes >= 0], minlength=len(words))
        used = counts > 0
        return words.filter(pa.array(used)), counts[used]

    @cached_property
    def some_texts(self) -> list[tuple[str, int]]:
        """The different texts with their counts; of very many, every n-th."""
        words, counts = self.texts
        step = max(1, -(-len(words) // TEXTS))
        some = words[::step] if step == 1 else words.take(pa.array(range(0, len(words), step)))
        return list(zip(some.to_pylist(), counts[::step].tolist(), strict=True))

    @cached_property
    def sampled(self) -> int | None:
        """How many different texts were looked at, when these were not all."""
        return len(self.some_texts) if len(self.some_texts) < len(self.texts[0]) else None

    @cached_property
    def missing(self) -> int:
        """How many nulls and NaN there are."""
        if "missing" in self.known:
            return int(self.known["missing"])
        if is_a.is_floating(self.type) and self.family == "number":
            return int(np.isnan(self.numbers).sum())
        return int(self._given.null_count)

    @cached_property
    def present(self) -> Flags:
        """Where values are, in the order of rows."""
        if self.family == "number":
            return ~np.isnan(self.numbers)
        flags: Flags = np.asarray(self._given.is_valid())
        return flags

    @cached_property
    def distinct(self) -> int:
        """How many different values there are; -1 where that is not counted."""
        if self.family in {"number", "time"}:
            if is_a.is_integer(self.type) and len(self.values) and self._beyond_float():
                return int(pc.count_distinct(self.array, mode="only_valid").as_py())
            infinite = np.unique(self.numbers[np.isinf(self.numbers)])
            return len(self.values) + len(infinite)
        if self.family == "text":
            return len(self.texts[0])
        if self.family == "flag":
            return int(pc.count_distinct(self.array, mode="only_valid").as_py())
        return -1

    def _beyond_float(self) -> bool:
        return bool(max(-self.values[0], self.values[-1]) >= 2.0**53)

    @cached_property
    def fingerprint(self) -> npt.NDArray[np.uint64]:
        """A number for each row, the same for the same values; missing ones are alike."""
        if self.family == "text":
            found = self.encoded[1].astype(np.uint64)
        elif self.family in {"number", "time"} and not self._is_wide:
            found = (self.numbers + 0.0).view(np.uint64)  # + 0.0: -0.0 is 0.0
            found = np.where(np.isnan(self.numbers), np.uint64(1), found)
        else:
            encoded = self.array.dictionary_encode()
            codes = encoded.indices.cast(pa.int64()).fill_null(-1)
            found = codes.to_numpy(zero_copy_only=False).astype(np.uint64)
        return found

    @cached_property
    def _is_wide(self) -> bool:
        """Whether it has whole numbers that float64 cannot tell apart."""
        wide = is_a.is_decimal(self.type) or is_a.is_timestamp(self.type)
        if not wide and is_a.is_integer(self.type) and self.type.bit_width == 64:
            wide = bool(len(self.values)) and self._beyond_float()
        return bool(wide)

    @property
    def is_hashable(self) -> bool:
        """Whether rows can be compared by it."""
        return self.family != "other" or not is_a.is_nested(self.type)

    @cached_property
    def is_identifier(self) -> bool:
        """Whether it numbers or names the rows: all different, and not by being measured finely.

        Whole numbers must follow each other with hardly a gap, or always rise or fall.
        """
        present = self.rows - self.missing
        if present < IDENTIFIER_ROWS or self.distinct < present:
            return False
        if self.family == "text":
            return max(len(value) for value, _ in self.some_texts) <= IDENTIFIER_LENGTH
        if self.family != "number" or not self.is_whole:
            return False
        values = self.numbers[np.isfinite(self.numbers)]
        dense = self.ordered[-1] - self.ordered[0] < 2.0 * present
        steps = np.diff(values)
        return bool(dense or (steps > 0).all() or (steps < 0).all())

    @cached_property
    def sample(self) -> Numbers:
        """Every n-th of `all_codes`."""
        return self.all_codes()[:: self.step].copy()

    def all_codes(self) -> Numbers:
        """Return the numbers; of texts and flags their places among `kinds`; NaN where missing."""
        if self.family in {"number", "time"}:
            return self.numbers
        if self.family not in {"text", "flag"}:
            return np.empty(0)
        codes = self.encoded[1].astype(np.float64)
        return np.where(codes < 0, np.nan, codes)

    @cached_property
    def kinds(self) -> list[float | str | bool]:
        """The different values, in the order of their codes; none when there are too many."""
        if self.family in {"text", "flag"}:
            words = self.encoded[0]
            listed: list[float | str | bool] = words.to_pylist() if len(words) <= FEW_KINDS else []
            return listed
        if self.family == "number" and len(self.values) <= FEW_KINDS and not self.has_infinite:
            return [*self.values.tolist()]
        return []

    @cached_property
    def kind_counts(self) -> Counts:
        """How often each of the numbers among `kinds` is there."""
        few = self.family == "number" and bool(self.kinds)
        return self.counts.copy() if few else np.empty(0, np.int64)

    def forget(self) -> None:
        """Let go of all that is as long as the table, but for where values are."""
        for fact in ("present", "missing", "distinct", "has_nan", "has_infinite", "has_underflow"):
            getattr(self, fact)
        for fact in ("is_identifier", "sample", "kinds", "kind_counts", "is_whole"):
            getattr(self, fact)
        for name in _HEAVY:
            self.__dict__.pop(name, None)


@dataclass
class ExaminedTable:
    """All columns, and what is asked of them together."""

    columns: list[ExaminedColumn]
    rows: int
    target: str | None = None
    step: int = 1  # every so many rows are looked at where relations are looked for
    today: dt.date = field(default_factory=lambda: dt.datetime.now(dt.UTC).date())

    @property
    def sampled(self) -> int | None:
        """How many rows that are, when these are not all."""
        return len(range(0, self.rows, self.step)) if self.step > 1 else None

    @cached_property
    def places(self) -> dict[str, int]:
        """At which place each column stands."""
        return {column.name: place for place, column in enumerate(self.columns)}

    def column(self, name: str) -> ExaminedColumn:
        """Return a column by its name."""
        return self.columns[self.places[name]]

    @property
    def tests(self) -> int:
        """By how much a level of significance is divided: there is one test for each column."""
        return max(1, len(self.columns))


def examine(
    table: pa.Table, target: str | None, statistics: Mapping[str, Mapping[str, Any]] | None
) -> ExaminedTable:
    """Prepare a table whose names are all different."""
    names: Sequence[str] = table.column_names
    step = max(1, -(-table.num_rows // SAMPLE))
    columns = [
        ExaminedColumn(name, sql, table[name], step=step, known=(statistics or {}).get(name))
        for name, sql in zip(names, sql_names(names), strict=True)
    ]
    return ExaminedTable(columns, table.num_rows, target, step=step)
