"""A column as the checks see it: what several checks ask is worked out once.

Values nearer to zero than 1e-60 are taken as zero: nothing is measured so finely, and readers of
SAS transport files leave 5.4e-79 where a zero was.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.eda.quality.conditions import UNDERFLOW
from core.profile import vectors
from core.profile.measured import MeasuredColumn, in_one_piece, is_number, is_text, runs_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.eda.quality.codes import Codes

    Numbers = npt.NDArray[np.float64]
    Counts = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

Family = Literal["nothing", "flag", "number", "text", "time", "bytes", "other"]
TEXTS: Final = 20_000  # different texts of a column that are looked at one by one
IDENTIFIER_ROWS: Final = 20  # of fewer rows all values may differ by chance
IDENTIFIER_LENGTH: Final = 64  # characters: what is longer is written, not assigned
_A_FEW: Final = 1_000  # numbers that tell most columns of fractions
FEW_KINDS: Final = 64  # so many different values are listed, and kept in mind
_HEAVY: Final = (
    *("numbers", "ordered", "_distinct", "encoded", "texts", "some_words", "some_texts"),
    *("fingerprint",),
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
        measured: MeasuredColumn | None = None,
    ) -> None:
        self.name = name
        self.sql = sql
        self.type = given.type
        self.step = step
        self._given = given
        self._measured = measured
        self.rows = len(given)
        self.codes: Codes | None = None  # set when all columns were searched for them
        self.zeros_are_impossible = False

    @property
    def plausible(self) -> Numbers:
        """The finite numbers that are no codes and no impossible zeros, ascending."""
        left_out = [*self.codes.values] if self.codes else []
        left_out += [0.0] if self.zeros_are_impossible else []
        return self.ordered[~np.isin(self.ordered, left_out)] if left_out else self.ordered

    @property
    def measured(self) -> MeasuredColumn:
        """What is counted of the column, which others may have counted already."""
        if self._measured is None:
            given = in_one_piece(self._given)
            self._measured = MeasuredColumn(
                given.dictionary_encode() if is_text(given.type) else given
            )
        return self._measured

    @property
    def array(self) -> pa.Array:
        """The values in one piece."""
        return self.measured.column

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
        if self.family != "number":
            return False
        return self.measured.finite_range != (0, len(self.measured.values))

    @property
    def zero_sql(self) -> str:
        """The condition that a number is zero, or all but."""
        if self.has_underflow:
            return f"abs({self.sql}) < {UNDERFLOW!r}"
        return f"{self.sql} = 0"

    @cached_property
    def has_underflow(self) -> bool:
        """Whether some numbers are nearer to zero than anything that is measured."""
        if self.family != "number" or not is_a.is_floating(self.type):
            return False
        ordered = self.measured.values
        near = ordered[slice(*np.searchsorted(ordered, [-UNDERFLOW, UNDERFLOW], "left"))]
        return bool(((near != 0) & (near != -UNDERFLOW)).any())

    def underflows(self) -> Flags:
        """Return where numbers are nearer to zero than anything that is measured."""
        if self.family != "number" or not is_a.is_floating(self.type):
            return np.zeros(self.rows, dtype=bool)
        given = self.measured.floats
        flags: Flags = (given != 0) & (np.abs(given) < UNDERFLOW)
        return flags

    @cached_property
    def numbers(self) -> Numbers:
        """The numbers in the order of rows, missing ones as NaN; times in their own unit."""
        found = self.measured.floats
        return np.where(np.abs(found) < UNDERFLOW, 0.0, found) if self.has_underflow else found

    @cached_property
    def ordered(self) -> Numbers:
        """The finite numbers, ascending; none of what are no numbers."""
        if self.family not in {"number", "time"}:
            return np.empty(0)
        first, end = self.measured.finite_range
        found = self.measured.values[first:end]
        # as many as there are, and none moves past another
        return np.where(np.abs(found) < UNDERFLOW, 0.0, found) if self.has_underflow else found

    @cached_property
    def _distinct(self) -> tuple[Numbers, Counts]:
        if self.has_infinite or self.has_underflow or self.family not in {"number", "time"}:
            return runs_of(self.ordered)
        return self.measured.runs

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
        few = self.values[:_A_FEW]
        return bool((few == np.round(few)).all() and (self.values == np.round(self.values)).all())

    @cached_property
    def encoded(self) -> tuple[pa.Array, npt.NDArray[np.int32]]:
        """Different texts or flags, and each row's place among them; -1 where there is none."""
        found = self.measured
        if not is_a.is_dictionary(found.column.type):
            found = MeasuredColumn(found.column.dictionary_encode())
        words = found.column.dictionary
        return words.cast(pa.large_string()) if self.family == "text" else words, found.codes

    @cached_property
    def texts(self) -> tuple[pa.Array, Counts]:
        """The different texts, and how often each is there."""
        return self.measured.listed

    @cached_property
    def some_words(self) -> pa.Array:
        """The different texts; of very many, every n-th."""
        words, _ = self.texts
        step = max(1, -(-len(words) // TEXTS))
        return words if step == 1 else words.take(vectors.places(np.arange(0, len(words), step)))

    @cached_property
    def some_texts(self) -> list[tuple[str, int]]:
        """The same with their counts."""
        words, counts = self.texts
        step = max(1, -(-len(words) // TEXTS))
        return list(zip(self.some_words.to_pylist(), counts[::step].tolist(), strict=True))

    @cached_property
    def sampled(self) -> int | None:
        """How many different texts were looked at, when these were not all."""
        return len(self.some_words) if len(self.some_words) < len(self.texts[0]) else None

    @cached_property
    def missing(self) -> int:
        """How many nulls and NaN there are."""
        if self.family == "number" and is_a.is_floating(self.type):
            return self.rows - len(self.measured.values)
        return int(self._given.null_count)

    @cached_property
    def present(self) -> Flags:
        """Where values are, in the order of rows."""
        if not self.missing:
            return np.broadcast_to(np.bool_(True), self.rows)
        if self.family == "number":
            return ~np.isnan(self.measured.floats)
        return vectors.valid(self.array)

    @cached_property
    def distinct(self) -> int:
        """How many different values there are; -1 where that is not counted."""
        if self.family in {"number", "time"}:
            if is_a.is_integer(self.type) and len(self.values) and self._beyond_float():
                return int(pc.count_distinct(self.array, mode="only_valid").as_py())
            first, end = self.measured.finite_range
            ends = (first > 0) + (end < len(self.measured.values))  # -inf and inf
            return len(self.values) + ends
        if self.family == "text":
            return len(self.texts[0])
        if self.family == "flag":
            return int(pc.count_distinct(self.array, mode="only_valid").as_py())
        return -1

    def _beyond_float(self) -> bool:
        return bool(max(-self.values[0], self.values[-1]) >= 2.0**53)

    @cached_property
    def fingerprint(self) -> npt.NDArray[Any]:
        """Some bytes for each row, the same for the same values; missing ones are alike."""
        if self.family == "text":
            return self.encoded[1]
        if self.family in {"number", "time"} and not self._is_wide:
            found = self.measured.floats  # as they are: what SQL tells apart differs here too
            return found if self._is_plain else np.where(np.isnan(found), np.nan, found + 0.0)
        return MeasuredColumn(self.array.dictionary_encode()).codes

    @property
    def _is_plain(self) -> bool:
        """Whether equal numbers have equal bits: there is no NaN, and no -0.0."""
        ordered = self.measured.values
        zeros = slice(np.searchsorted(ordered, 0.0, "left"), np.searchsorted(ordered, 0.0, "right"))
        return not self.missing and not bool(np.signbit(ordered[zeros]).any())

    @cached_property
    def equal_pairs(self) -> float:
        """The share of pairs of rows that have the same value."""
        if self.family in {"number", "time"} and not self._is_wide:
            counts = self.measured.runs[1]
            squares = float(len(counts)) if not counts.strides[0] else float(counts @ counts)
        else:
            codes = self.fingerprint
            listed = np.bincount(codes[codes >= 0])
            squares = float(listed @ listed)
        squares += float(self.missing) ** 2
        return max(0.0, squares - self.rows) / max(1.0, self.rows * (self.rows - 1.0))

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
            return bool(pc.max(pc.utf8_length(self.some_words)).as_py() <= IDENTIFIER_LENGTH)
        if self.family != "number" or not self.is_whole:
            return False
        if self.ordered[-1] - self.ordered[0] < 2.0 * present:  # dense
            return True
        steps = np.diff(self.numbers[np.isfinite(self.numbers)])
        return bool((steps > 0).all() or (steps < 0).all())

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
        self._measured = None
