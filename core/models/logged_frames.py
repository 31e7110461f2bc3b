"""Frames of predictions and of outcomes: read whole or refused, with everything that is wrong.

predictions    entity, time, and a probability (two classes), a class (several) or a value
outcomes       entity, time, and 0 or 1, a class, or a value
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.datasets.sources import read_all
from core.errors import PredictionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.models.version import ModelVersion

_EXAMPLES: Final = 3
_MOMENT: Final = pa.timestamp("us")
# probabilities of several classes that were rounded to four digits still are
_SUM_WITHIN: Final = 1e-3


class Reading:
    """Reads columns of a frame and gathers what is wrong with them."""

    def __init__(self, frame: Any) -> None:
        self.table = frame if isinstance(frame, pa.Table) else read_all(frame)
        self.faults: list[str] = []

    def column(self, name: str, role: str) -> pa.ChunkedArray | None:
        """Return a column, whole and without categories; None when it is not there."""
        if name not in self.table.column_names:
            self.faults.append(f"the column {name!r} ({role}) is missing")
            return None
        column = self.table[name]
        if is_a.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        self._refuse(name, pc.is_null(column, nan_is_null=True), "has no value")
        return column

    def entity(self, name: str) -> pa.ChunkedArray | None:
        """Return whom or what rows are of, as text."""
        column = self.column(name, "entity")
        if column is None or is_a.is_string(column.type):
            return column
        if not (_is_text(column.type) or is_a.is_integer(column.type)):
            self.faults.append(f"{name} is {column.type}: entities are text or whole numbers")
            return None
        return column.cast(pa.string())

    def moment(self, given: str | datetime | date) -> Any:
        """Return when it was: a column, or one time for all rows; UTC unless a zone is said."""
        if isinstance(given, str):
            column = self.column(given, "time")
            if column is None:
                return None
            if not (is_a.is_timestamp(column.type) or is_a.is_date(column.type)):
                self.faults.append(f"{given} is {column.type}: times are timestamps or dates")
                return None
            if is_a.is_timestamp(column.type) and column.type.tz:
                column = column.cast(pa.timestamp(column.type.unit, "UTC"))
            return column.cast(options=pc.CastOptions(_MOMENT, allow_time_truncate=True))
        said: Any = given
        if not isinstance(said, date) or said != said:  # noqa: PLR0124  # pandas' NaT is a date
            self.faults.append(f"{given!r} is no time: name a column, or give a datetime or a date")
            return None
        moment = given if isinstance(given, datetime) else datetime(*given.timetuple()[:3])  # noqa: DTZ001  # UTC, as below
        moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
        return pa.repeat(pa.scalar(moment, _MOMENT), self.table.num_rows)

    def number(self, name: str, role: str, *, within: tuple[float, float] | None = None) -> Any:
        """Return numbers, each finite and, when that is said, between two others."""
        column = self.column(name, role)
        if column is None:
            return None
        kind = column.type
        if not (is_a.is_integer(kind) or is_a.is_floating(kind) or is_a.is_decimal(kind)):
            if is_a.is_boolean(kind):
                return column.cast(pa.int8()).cast(pa.float64())
            self.faults.append(f"{name} is {kind}: the {role} is a number")
            return None
        numbers = column.cast(pa.float64())
        self._refuse(name, pc.is_inf(numbers), "is infinite")
        if within is not None:
            outside = pc.or_(pc.less(numbers, within[0]), pc.greater(numbers, within[1]))
            self._refuse(name, outside, f"is outside of {within[0]:g} to {within[1]:g}")
        return numbers

    def label(self, name: str, role: str, classes: Sequence[str]) -> pa.ChunkedArray | None:
        """Return classes as text, each one of those the model knows when these are known."""
        column = self.column(name, role)
        if column is None:
            return None
        text = column.cast(pa.string())
        if classes:
            known = pc.is_in(text, value_set=pa.array(classes, pa.string()))
            self._refuse(name, pc.invert(known), f"is none of {', '.join(classes[:10])}")
        return text

    def once(self, entity: Any, moment: Any) -> None:
        """Refuse rows of the same entity and time: which of them would count?"""
        if entity is None or moment is None:
            return
        import polars as pl  # five times as fast here as Arrow, and there anyway

        pairs = pl.DataFrame({"entity": pl.from_arrow(entity), "at": pl.from_arrow(moment)})
        if pairs.hash_rows().n_unique() == pairs.height:  # a third of the time, and nearly always
            return
        repeated = pairs.height - pairs.n_unique()
        if repeated:
            again = pairs.filter(pairs.is_duplicated())["entity"].unique(maintain_order=True)
            shown = ", ".join(map(repr, again.head(_EXAMPLES).to_list()))
            rows = "1 row repeats" if repeated == 1 else f"{repeated:,} rows repeat"
            self.faults.append(f"{rows} an entity and time: {shown}")

    def _refuse(self, name: str, mask: pa.ChunkedArray, why: str) -> None:
        bad = pc.sum(mask).as_py() or 0
        if bad:
            places = pc.indices_nonzero(mask).slice(0, _EXAMPLES).to_pylist()
            shown = ", ".join(str(place) for place in places)
            rows = f"row {shown}" if bad == 1 else f"{bad:,} rows ({shown}{', …' * (bad > 3)})"
            self.faults.append(f"{name} {why} in {rows}")

    def done(self, what: str) -> None:
        """Raise PredictionError when anything was wrong."""
        if self.faults:
            message = f"No {what} logged: {'; '.join(self.faults)}."
            hint = f"The frame has the columns {', '.join(self.table.column_names[:30])}."
            raise PredictionError(message, hint=hint, faults=tuple(self.faults))


def read_predictions(
    frame: Any,
    version: ModelVersion,
    *,
    entity: str,
    time: str | datetime | date,
    prediction: str,
    probabilities: Mapping[str, str] | None,
    features: Sequence[str] | None,
) -> dict[str, Any]:
    """Return the columns of the table `predictions` that a frame gives. Raises PredictionError."""
    reading = Reading(frame)
    columns: dict[str, Any] = {
        "entity": reading.entity(entity),
        "predicted_at": reading.moment(time),
    }
    reading.once(columns["entity"], columns["predicted_at"])
    if version.task == "multiclass":
        classes = version.signature.classes if version.signature else ()
        columns["label"] = reading.label(prediction, "prediction", classes)
        columns["probabilities"] = _probabilities(reading, probabilities or {}, classes)
    else:
        within = (0.0, 1.0) if version.task == "binary" else None
        columns["prediction"] = reading.number(prediction, "prediction", within=within)
    columns["features"] = _features(reading, version, features)
    reading.done("predictions")
    return {name: column for name, column in columns.items() if column is not None}


def read_outcomes(
    frame: Any,
    version: ModelVersion,
    *,
    entity: str,
    outcome: str,
    time: str | datetime | date,
) -> dict[str, Any]:
    """Return the columns of the table `outcomes` that a frame gives. Raises PredictionError."""
    reading = Reading(frame)
    columns: dict[str, Any] = {
        "entity": reading.entity(entity),
        "observed_at": reading.moment(time),
    }
    reading.once(columns["entity"], columns["observed_at"])
    classes = version.signature.classes if version.signature else ()
    if version.task == "multiclass":
        columns["label"] = reading.label(outcome, "outcome", classes)
    elif version.task == "binary":
        columns["outcome"] = _yes_or_no(reading, outcome, classes)
    else:
        columns["outcome"] = reading.number(outcome, "outcome")
    reading.done("outcomes")
    return {name: column for name, column in columns.items() if column is not None}


def _yes_or_no(reading: Reading, name: str, classes: Sequence[str]) -> Any:
    """Return 0 and 1, of numbers, of true and false, or of the names of two classes."""
    named = name in reading.table.column_names and _is_text(reading.table[name].type)
    if named and len(classes) == 2:
        text = reading.label(name, "outcome", classes)
        return pc.equal(text, classes[1]).cast(pa.int8()).cast(pa.float64())
    numbers = reading.number(name, "outcome")
    if numbers is not None:
        neither = pc.invert(pc.is_in(numbers, value_set=pa.array([0.0, 1.0])))
        reading._refuse(name, pc.and_(pc.is_valid(numbers), neither), "is neither 0 nor 1")
    return numbers


def _probabilities(
    reading: Reading, columns: Mapping[str, str], classes: Sequence[str]
) -> pa.ChunkedArray | None:
    """Return probabilities by class as JSON; None when none are given."""
    strange = [name for name in columns if classes and name not in classes]
    if strange:
        reading.faults.append(f"probabilities of {', '.join(strange)}, which are no classes")
    found = {
        label: reading.number(column, f"probability of {label}", within=(0.0, 1.0))
        for label, column in columns.items()
    }
    if not found or any(each is None for each in found.values()):
        return None
    total = sum((_numpy(each) for each in found.values()), start=0.0)
    off = pa.chunked_array([pa.array(abs(total - 1.0) > _SUM_WITHIN)])
    reading._refuse("the sum of the probabilities", off, "is not 1")
    return _as_json(pa.table(found))


def _numpy(column: pa.ChunkedArray) -> Any:
    return column.to_numpy()


def _features(
    reading: Reading, version: ModelVersion, wanted: Sequence[str] | None
) -> pa.ChunkedArray | None:
    """Return what the model was given, as JSON: the columns named, or the inputs it has, if any."""
    names = [*(wanted if wanted is not None else version.feature_names)]
    schema = reading.table.schema
    if wanted is None and not set(names) & set(schema.names):
        return None
    signature = version.signature
    if signature is not None and signature.inputs:
        chosen = [field for field in schema if field.name in {*names, *signature.inputs}]
        reading.faults += signature.faults(pa.schema(chosen))
        names += [name for name in signature.inputs if name not in names]
    else:
        missing = [name for name in names if name not in schema.names]
        reading.faults += [f"the input {name!r} is missing" for name in missing]
    if reading.faults:
        return None
    return _as_json(reading.table.select(list(dict.fromkeys(names))))


def _as_json(table: pa.Table) -> pa.ChunkedArray:
    """Return each row as a JSON object; NaN, which JSON does not have, is null."""
    import polars as pl  # as above
    import polars.selectors as cs

    rows = pl.DataFrame(pl.from_arrow(table)).with_columns(cs.float().fill_nan(None))
    rows = rows.with_columns(cs.categorical().cast(pl.String))
    text = rows.select(pl.struct(pl.all()).struct.json_encode().alias("json"))["json"]
    return pa.chunked_array([text.to_arrow().cast(pa.string())])


def _is_text(kind: pa.DataType) -> bool:
    if is_a.is_dictionary(kind):
        return _is_text(kind.value_type)
    tests: tuple[Callable[[Any], bool], ...] = (is_a.is_string, is_a.is_large_string)
    return any(test(kind) for test in tests) or bool(is_a.is_string_view(kind))
