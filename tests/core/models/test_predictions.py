"""Predictions are kept whole or refused whole, and meet the outcomes that came later."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from catalog.export import export_catalog
from core import Workbench
from core.errors import ModelNotFoundError, PredictionError
from core.frames import FrameError
from core.models.signature import Signature
from lake.compact import compact
from tests.core.models.conftest import run_with

if TYPE_CHECKING:
    from pathlib import Path

JANUARY = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOON = JANUARY.replace(tzinfo=None)  # as it comes back: UTC without a zone
BINARY = Signature(task="binary", inputs={"age": "double"}, classes=("no", "yes"))


def model(workbench: Workbench, signature: Signature | None = BINARY, name: str = "risk") -> Any:
    run_id = run_with(workbench, "{}", "model.json")
    return workbench.models.register_model(
        name, run_id=run_id, artifact="model.json", signature=signature
    )


def log(workbench: Workbench, probabilities: list[float], at: datetime = JANUARY) -> int:
    frame = {"person": [*range(len(probabilities))], "prediction": probabilities}
    return workbench.models.log_predictions("risk", frame, entity="person", time=at)


def outcomes(workbench: Workbench, people: list[int], values: list[Any], at: datetime) -> int:
    frame = {"person": people, "outcome": values}
    return workbench.models.log_outcomes("risk", frame, entity="person", time=at)


def joined(workbench: Workbench, *columns: str) -> list[tuple[Any, ...]]:
    rows = workbench.models.predictions("risk").to_pylist()
    return [tuple(row[column] for column in columns) for row in rows]


def test_an_outcome_belongs_to_the_last_prediction_before_it(workbench: Workbench) -> None:
    model(workbench)
    log(workbench, [0.1, 0.2])
    log(workbench, [0.3, 0.4], JANUARY + timedelta(days=30))
    outcomes(workbench, [0], [1], JANUARY + timedelta(days=10))
    outcomes(workbench, [0, 1], [0, 1], JANUARY + timedelta(days=40))
    outcomes(workbench, [1], [0], JANUARY - timedelta(days=1))  # before any prediction
    assert joined(workbench, "entity", "prediction", "outcome") == [
        ("0", 0.1, 1.0),
        ("1", 0.2, None),
        ("0", 0.3, 0.0),
        ("1", 0.4, 1.0),
    ]


def test_the_latest_outcome_wins_and_what_was_logged_twice_is_said(workbench: Workbench) -> None:
    model(workbench)
    log(workbench, [0.1, 0.2])
    log(workbench, [0.15])
    later = JANUARY + timedelta(days=10)
    outcomes(workbench, [0], [0], later)
    outcomes(workbench, [0], [1], later + timedelta(days=1))
    outcomes(workbench, [1], [0], later)
    outcomes(workbench, [1], [1], later)  # a correction of the same time
    assert joined(workbench, "entity", "prediction", "times_logged", "outcome") == [
        ("0", 0.15, 2, 1.0),
        ("1", 0.2, 1, 1.0),
    ]
    assert workbench.sql("select * from predictions").num_rows == 3


def test_every_version_gets_the_outcomes_of_the_model(workbench: Workbench) -> None:
    model(workbench)
    log(workbench, [0.1])
    run_id = run_with(workbench, '{"a": 2}', "model.json")
    second = workbench.models.register_model("risk", run_id=run_id, artifact="model.json")
    log(workbench, [0.9])
    outcomes(workbench, [0], [True], JANUARY)
    found = workbench.sql("select version, prediction, outcome from prediction_outcomes order by 1")
    assert found.to_pylist() == [
        {"version": "v1", "prediction": 0.1, "outcome": 1.0},
        {"version": "v2", "prediction": 0.9, "outcome": 1.0},
    ]
    assert workbench.models.predictions(second.name).num_rows == 1


def test_batches_in_any_order_are_joined_as_the_definition_says(
    workbench: Workbench,
) -> None:
    first = model(workbench)
    run_id = run_with(workbench, '{"a": 2}', "model.json")
    second = workbench.models.register_model("risk", run_id=run_id, artifact="model.json")
    random = np.random.default_rng(3)
    made: dict[tuple[str, int, int], float] = {}
    seen: dict[tuple[int, int], int] = {}
    for _ in range(40):
        at, people = int(random.integers(6)), [int(p) for p in random.permutation(8)[:5]]
        moment, values = JANUARY + timedelta(days=at), random.integers(0, 2, 5).tolist()
        if random.random() < 0.5:
            outcomes(workbench, people, values, moment)
            seen |= {(person, at): value for person, value in zip(people, values, strict=True)}
            continue
        version = (first, second)[int(random.integers(2))]
        frame = {"person": people, "prediction": random.random(5).tolist()}
        workbench.models.log_predictions(version, frame, entity="person", time=moment)
        said = zip(people, frame["prediction"], strict=True)
        made |= {(version.version, person, at): value for person, value in said}
    expected = {}
    for (label, person, at), value in made.items():
        later = [when for (v, p, when) in made if (v, p) == (label, person) and when > at]
        until = min(later, default=99)
        known = [when for (p, when) in seen if p == person and at <= when < until]
        outcome = float(seen[person, max(known)]) if known else None
        expected[label, str(person), at] = (value, outcome)
    found = workbench.sql("select * from prediction_outcomes").to_pylist()
    assert expected == {
        (row["version"], row["entity"], (row["predicted_at"] - NOON).days): (
            row["prediction"],
            row["outcome"],
        )
        for row in found
    }
    of_second = workbench.models.predictions(second)
    key = ("predicted_at", "entity")
    rows = [{n: row[n] for n in of_second.column_names} for row in found if row["version"] == "v2"]
    assert of_second.to_pylist() == sorted(rows, key=lambda row: tuple(row[n] for n in key))


def test_a_time_may_be_bounded_without_outcomes_going_to_other_predictions(
    workbench: Workbench,
) -> None:
    model(workbench)
    for month in range(3):
        log(workbench, [month / 10], JANUARY + timedelta(days=30 * month))
    outcomes(workbench, [0], [1], JANUARY + timedelta(days=100))
    table = workbench.models.predictions(
        "risk", since=JANUARY + timedelta(days=30), until=JANUARY + timedelta(days=60)
    )
    assert table.select(["prediction", "outcome"]).to_pylist() == [
        {"prediction": 0.1, "outcome": None}
    ]


@pytest.mark.parametrize("rows", [50, 3_000])
@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow"])
def test_frames_of_any_kind_and_size_come_back_to_the_last_digit(
    workbench: Workbench, rows: int, kind: str
) -> None:
    model(workbench)
    random = np.random.default_rng(rows)
    given: dict[str, Any] = {
        "id": [f"p{n:05d}" for n in range(rows)],
        "at": [NOON + timedelta(seconds=n) for n in range(rows)],
        "p": random.random(rows),
        "age": random.normal(50, 9, rows),
    }
    frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "arrow": pa.table}[kind](given)
    count = workbench.models.log_predictions("risk", frame, entity="id", time="at", prediction="p")
    assert count == rows
    found = workbench.models.predictions("risk", features=True)
    assert found["entity"].to_pylist() == given["id"]
    assert found["predicted_at"].to_pylist() == given["at"]
    assert found["prediction"].to_pylist() == given["p"].tolist()
    ages = [json.loads(text)["age"] for text in found["features"].to_pylist()]
    assert ages == given["age"].tolist()


def test_times_with_a_zone_are_kept_in_utc(workbench: Workbench) -> None:
    model(workbench)
    at = pd.to_datetime(["2026-01-05T12:00:00+02:00"])
    frame = pd.DataFrame({"person": ["a"], "prediction": [0.5], "at": at})
    workbench.models.log_predictions("risk", frame, entity="person", time="at")
    frame = pd.DataFrame({"person": ["b"], "prediction": [0.5]})
    workbench.models.log_predictions("risk", frame, entity="person", time=date(2026, 1, 6))
    assert joined(workbench, "predicted_at") == [
        (NOON - timedelta(hours=2),),
        (NOON + timedelta(hours=12),),
    ]


def test_a_bad_frame_is_refused_whole_with_all_that_is_wrong(workbench: Workbench) -> None:
    model(workbench)
    frame = pd.DataFrame(
        {
            "person": ["a", None, "c", "c", "e"],
            "p": [0.5, 1.2, np.nan, -0.1, np.inf],
            "age": ["x"] * 5,
        }
    )
    with pytest.raises(PredictionError) as caught:
        workbench.models.log_predictions(
            "risk", frame, entity="person", time="when", prediction="p"
        )
    assert caught.value.faults == (
        "person has no value in row 1",
        "the column 'when' (time) is missing",
        "p has no value in row 2",
        "p is infinite in row 4",
        "p is outside of 0 to 1 in 3 rows (1, 3, 4)",
        "age is string, the model takes double",
    )
    assert "The frame has the columns person, p, age." in str(caught.value)
    with pytest.raises(ModelNotFoundError, match=r"no model 'other'. Models: risk"):
        workbench.models.log_predictions("other", frame, entity="person", time="when")
    assert workbench.sql("select * from predictions").num_rows == 0


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ({"person": [0, 0, 0]}, "2 rows repeat an entity and time: '0'"),
        ({"person": [0.5, 1.5, 2.5]}, "entities are text or whole numbers"),
        ({"person": [0, 1, 2], "at": ["monday"] * 3}, "times are timestamps or dates"),
    ],
)
def test_rows_that_nobody_could_find_again_are_refused(
    workbench: Workbench, frame: dict[str, Any], why: str
) -> None:
    model(workbench)
    at = "at" if "at" in frame else JANUARY
    frame = {**frame, "prediction": [0.1, 0.2, 0.3]}
    with pytest.raises(PredictionError, match=why):
        workbench.models.log_predictions("risk", frame, entity="person", time=at)


@pytest.mark.parametrize("time", [5, None, pd.NaT, np.datetime64("2026-01-01"), 1.5])
def test_what_is_no_time_is_refused(workbench: Workbench, time: Any) -> None:
    model(workbench)
    frame = {"person": [1, 1], "prediction": [0.1, 0.2]}
    with pytest.raises(PredictionError, match="is no time: name a column, or give a datetime"):
        workbench.models.log_predictions("risk", frame, entity="person", time=time)


@pytest.mark.parametrize(
    "frame",
    [
        {"person": [1], "prediction": [0.1, 0.2]},
        pd.DataFrame({"person": ["a", 1], "prediction": [0.1, 0.2]}),
        pd.DataFrame({"person": ["a"], "prediction": [1 + 2j]}),
        pd.DataFrame([[1, 0.1, 0.2]], columns=["person", "prediction", "prediction"]),
        "there/is/no/such.parquet",
    ],
)
def test_what_is_no_table_is_refused(workbench: Workbench, frame: Any) -> None:
    model(workbench)
    with pytest.raises(FrameError):
        workbench.models.log_predictions("risk", frame, entity="person", time=JANUARY)


def test_bad_outcomes_are_refused_whole(workbench: Workbench) -> None:
    model(workbench)
    with pytest.raises(PredictionError, match=r"outcome is neither 0 nor 1 in row 1"):
        outcomes(workbench, [0, 1], [1, 2], JANUARY)
    with pytest.raises(PredictionError, match=r"outcome is none of no, yes in row 0"):
        outcomes(workbench, [0], ["maybe"], JANUARY)
    with pytest.raises(PredictionError, match=r"outcome has no value in row 0"):
        outcomes(workbench, [0, 1], [None, 1.0], JANUARY)
    assert workbench.sql("select * from outcomes").num_rows == 0
    log(workbench, [0.5, 0.5])
    outcomes(workbench, [0, 1], ["no", "yes"], JANUARY)
    assert joined(workbench, "outcome") == [(0.0,), (1.0,)]


def test_classes_and_their_probabilities_are_kept(workbench: Workbench) -> None:
    model(workbench, Signature(task="multiclass", classes=("low", "mid", "high")))
    frame = {"person": ["a"], "said": ["mid"], "l": [0.2], "m": [0.5], "h": [0.3]}
    columns = {"low": "l", "mid": "m", "high": "h"}
    models = workbench.models
    models.log_predictions(
        "risk", frame, entity="person", time=JANUARY, prediction="said", probabilities=columns
    )
    outcomes(workbench, [0], ["high"], JANUARY)
    frame["outcome"] = ["high"]
    models.log_outcomes("risk", frame, entity="person", time=JANUARY)
    ((label, probabilities, outcome),) = joined(
        workbench, "label", "probabilities", "outcome_label"
    )
    assert (label, outcome) == ("mid", "high")
    assert json.loads(probabilities) == {"low": 0.2, "mid": 0.5, "high": 0.3}
    bad = {**frame, "said": ["none"], "l": [0.9]}
    with pytest.raises(PredictionError) as caught:
        models.log_predictions(
            "risk", bad, entity="person", time=JANUARY, prediction="said", probabilities=columns
        )
    assert caught.value.faults == (
        "said is none of low, mid, high in row 0",
        "the sum of the probabilities is not 1 in row 0",
    )


def test_a_value_may_be_any_number(workbench: Workbench) -> None:
    model(workbench, Signature(task="regression"))
    log(workbench, [-3.5, 1e9])
    outcomes(workbench, [0, 1], [-2.5, 7], JANUARY)
    assert joined(workbench, "prediction", "outcome") == [(-3.5, -2.5), (1e9, 7.0)]


def test_a_stock_duckdb_sees_predictions_before_and_after_compaction(workbench: Workbench) -> None:
    model(workbench)
    log(workbench, [0.1, 0.2])
    frame = {"person": [f"x{n}" for n in range(2_500)], "prediction": [0.5] * 2_500}
    workbench.models.log_predictions("risk", frame, entity="person", time=JANUARY)
    outcomes(workbench, [0], [1], JANUARY)
    workbench.lake.flush()
    path = export_catalog(workbench.lake)
    query = "select count(*), count(outcome) from prediction_outcomes"
    for _ in range(2):
        with duckdb.connect(path, read_only=True) as stock:
            assert stock.execute("select count(*) from predictions").fetchall() == [(2_502,)]
            assert stock.execute(query).fetchall() == [(2_502, 1)]
            (found,) = stock.execute("select production, versions from models").fetchall()
            assert found == (None, 1)
        assert workbench.sql(query).to_pydict() == {
            "count_star()": [2_502],
            "count(outcome)": [1],
        }
        for name in ("predictions", "outcomes"):
            compact(workbench.lake.table(name), minimum=1, settle=0, partition_rows=20)


def test_another_process_sees_predictions_at_once(workbench: Workbench, tmp_path: Path) -> None:
    model(workbench)
    log(workbench, [0.25])
    with Workbench(tmp_path / "lake", create=False) as other:
        assert other.models.predictions("risk")["prediction"].to_pylist() == [0.25]
        log(workbench, [0.75], JANUARY + timedelta(days=1))
        assert other.models.predictions("risk")["prediction"].to_pylist() == [0.25, 0.75]
