"""Reports of drift are kept, found again, and computed once."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from catalog.export import export_catalog
from core import Workbench
from core.drift.report import DriftReport
from core.errors import DatasetNotFoundError, DataVersionError, DriftReportNotFoundError
from core.maintenance import collect_garbage, verify_lake
from lake.backup import backup
from lake.compact import compact
from lake.store import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

SCORES = {"id": [*range(400)], "score": [float(n % 100) for n in range(400)], "sex": ["f"] * 400}
HIGHER = {**SCORES, "score": [value + 40 for value in SCORES["score"]]}


@pytest.fixture
def report(workbench: Workbench) -> DriftReport:
    workbench.datasets.register_dataset(SCORES, "scores", "form")
    workbench.datasets.register_dataset(HIGHER, "scores", "form")
    return workbench.datasets.detect_drift("scores@v1", "scores@v2")


def test_asking_twice_computes_and_stores_nothing(
    workbench: Workbench, report: DriftReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench.lake.flush()
    before = sorted(entry.name for entry in workbench.lake.store.everything())

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the rows were read again")

    monkeypatch.setattr("core.datasets.columns.read_columns", refuse)
    again = workbench.datasets.detect_drift("scores@v1", "scores@latest")
    assert again == report
    assert list(again.feature_drifts) == ["id", "score", "sex"]
    workbench.lake.flush()
    assert sorted(entry.name for entry in workbench.lake.store.everything()) == before
    with pytest.raises(AssertionError, match="read again"):
        workbench.datasets.detect_drift("scores@v1", "scores@v2", store=False)


def test_each_question_has_a_report_of_its_own(workbench: Workbench, report: DriftReport) -> None:
    detect = workbench.datasets.detect_drift
    back = detect("scores@v2", "scores@v1")
    some = detect("scores@v1", "scores@v2", columns=["sex", "score"])
    assert some == detect("scores@v1", "scores@v2", columns=["score", "sex", "sex"])
    assert some.parameters == {"columns": ["score", "sex"]}
    assert len({report.report_id, back.report_id, some.report_id}) == 3
    assert detect("scores@v1", HIGHER).report_id == ""
    assert detect("scores@v1", "scores@v2", store=False).report_id == ""
    assert len(workbench.datasets.drift_reports()) == 3


def test_what_json_cannot_hold_is_no_parameter_of_a_stored_report(
    workbench: Workbench, report: DriftReport
) -> None:
    assert report.drift_detected
    with pytest.raises(DataVersionError, match="with these parameters cannot be stored"):
        workbench.datasets.drift_over_time("scores@v1", time="score", every={"1mo"})  # type: ignore[arg-type]


def test_reports_are_searched(workbench: Workbench, report: DriftReport) -> None:
    datasets = workbench.datasets
    datasets.register_dataset(SCORES, "others", "form")
    same = datasets.detect_drift("scores@v1", "others@v1")

    def found(*names: str | None, **wanted: object) -> list[str]:
        return [each.report_id for each in datasets.drift_reports(*names, **wanted)]  # type: ignore[arg-type]

    assert found() == [same.report_id, report.report_id]
    assert found("scores") == found(drifted=True) == found(column="score") == [report.report_id]
    assert found("scores", "v1") == found() == found("scores@v1")
    assert found("scores", "v2") == [report.report_id]
    assert found(limit=1) == found(drifted=False) == [same.report_id]
    assert found(since=datetime.now(UTC) + timedelta(hours=1)) == found(column="sex") == []
    assert len(found(since=datetime(2020, 1, 1))) == 2  # noqa: DTZ001 - one without a zone
    with pytest.raises(DatasetNotFoundError):
        datasets.drift_reports("scores", "v9")


def test_a_line_says_what_was_found(workbench: Workbench, report: DriftReport) -> None:
    (line,) = workbench.datasets.drift_reports()
    assert (line.version1, line.version2, line.actor) == ("scores@v1", "scores@v2", "ana")
    assert (line.drifted_columns, line.feature_drifts) == (("score",), report.feature_drifts)
    assert (line.recommendations, line.created_at) == (report.recommendations, report.generated_at)
    assert (line.method, line.parameters, line.attachments) == ("exact", {}, ())


def test_a_report_is_found_by_the_beginning_of_its_id(
    workbench: Workbench, report: DriftReport
) -> None:
    get = workbench.datasets.get_drift_report
    assert get(report.report_id) == get(report.report_id[:20]) == report
    for wanted in ("", report.report_id[:4], "01a20770-0000", "'"):
        with pytest.raises(DriftReportNotFoundError, match="no report of drift"):
            get(wanted)


def test_reports_are_asked_for_in_sql_here_and_elsewhere(
    workbench: Workbench, report: DriftReport
) -> None:
    query = """
    select version1, version2, drift_detected, drift_score, feature_drifts['score'] as effect,
           drifted_columns ->> 0 as first, reference_rows,
           (statistical_tests -> 'score' -> 'ks' ->> 'p_value')::double as p_value
    from drift_reports"""
    (row,) = workbench.sql(query).to_pylist()
    assert row == {
        "version1": "scores@v1",
        "version2": "scores@v2",
        "drift_detected": True,
        "drift_score": report.drift_score,
        "effect": report.feature_drifts["score"],
        "first": "score",
        "reference_rows": 400,
        "p_value": report.statistical_tests["score"]["ks"]["p_value"],
    }
    workbench.lake.flush()
    with duckdb.connect(export_catalog(workbench.lake), read_only=True) as outside:
        assert outside.execute(query).fetchone() == tuple(row.values())


def test_files_are_attached_and_read(workbench: Workbench, report: DriftReport) -> None:
    reports = workbench.datasets._reports
    reports.attach(report.report_id, {"a.html": b"one", "b.json": b"two"})
    reports.attach(report.report_id, {"a.html": b"three"})
    assert workbench.datasets.drift_reports()[0].attachments == ("a.html", "b.json")
    assert reports.attachment(report.report_id, "a.html") == b"three"
    assert workbench.datasets.get_drift_report(report.report_id) == report
    with pytest.raises(DriftReportNotFoundError, match=r"no file 'c'. Its files: a\.html, b\.json"):
        reports.attachment(report.report_id, "c")


def test_maintenance_knows_reports(
    workbench: Workbench, report: DriftReport, tmp_path: Path
) -> None:
    workbench.datasets._reports.attach(report.report_id, {"a.html": b"one"})
    workbench.lake.flush()
    compact(workbench.lake.table("drift_reports"), minimum=1, settle=0)
    garbage = collect_garbage(workbench, dry_run=True)
    assert (garbage.marked, garbage.held) == ((), "")
    assert verify_lake(workbench, level="content").problems == ()
    backup(LocalStore(tmp_path / "lake"), LocalStore(tmp_path / "copy"))
    with Workbench(tmp_path / "copy", create=False) as copy:
        assert copy.datasets.get_drift_report(report.report_id) == report
        assert copy.datasets._reports.attachment(report.report_id, "a.html") == b"one"


def test_a_lost_report_is_named(workbench: Workbench, report: DriftReport) -> None:
    workbench.datasets._reports.attach(report.report_id, {"a.html": b"one"})
    row = workbench.sql("select digest, attachments['a.html'] as file from drift_reports")
    workbench.lake.flush()
    for digest in next(iter(row.to_pylist())).values():
        workbench.lake.store.delete(f"objects/{digest[:2]}/{digest}")
    name = f"the report of drift between scores@v1 and scores@v2 ({report.report_id})"
    found = {finding.affects for finding in verify_lake(workbench).findings}
    assert found == {(name,), (f"a.html of {name}",)}


def test_a_damaged_row_names_its_report(workbench: Workbench, report: DriftReport) -> None:
    workbench.lake.flush()
    (key,) = workbench.lake.table("drift_reports").snapshot().tail
    path = workbench.lake.root / key
    path.write_bytes(path.read_bytes()[:-9] + b"123456789")
    (finding,) = verify_lake(workbench, level="content").findings
    assert (finding.problem.path, report.drift_detected) == (key, True)
    assert finding.affects == ("rows of the table drift_reports, nobody can tell which",)


def test_a_report_comes_back_from_json_as_it_was(report: DriftReport) -> None:
    tests = {"NaN": {"ks": {"statistic": math.inf, "p_value": None, "drifted": True}}}
    strange = replace(
        report,
        statistical_tests=tests,
        drifted_columns=("NaN", "Infinity"),
        feature_drifts={"NaN": -math.inf},
        parameters={"columns": ["NaN"], "by": "Infinity"},
    )
    plain = strange.to_dict()
    assert plain["statistical_tests"] == {
        "NaN": {"ks": {"statistic": "Infinity", "p_value": None, "drifted": True}}
    }
    assert DriftReport.from_dict(plain) == strange
    assert DriftReport.from_dict({**plain, "of a newer version": 1}) == strange
    nothing = replace(report, feature_drifts={"x": math.nan})
    assert math.isnan(DriftReport.from_dict(nothing.to_dict()).feature_drifts["x"])


def test_a_deleted_report_is_gone_and_its_bytes_are_freed(
    workbench: Workbench, report: DriftReport
) -> None:
    datasets = workbench.datasets
    series = datasets.drift_over_time("scores@v1", "scores")
    datasets.stored_reports.attach(report.report_id, {"a.html": b"one"})
    for each in (report, series):
        datasets.delete_drift_report(each.report_id[:20])
        with pytest.raises(DriftReportNotFoundError):
            datasets.delete_drift_report(each.report_id)
    assert datasets.drift_reports() == datasets.drift_series() == []
    assert workbench.sql("from drift_reports").num_rows == 0
    workbench.lake.flush()
    days = [datetime.now(UTC) + timedelta(days=n) for n in (8, 16)]
    assert len(collect_garbage(workbench, now=days[0]).marked) == 3
    assert [g.kind for g in collect_garbage(workbench, now=days[1]).deleted] == ["object"] * 3
    assert verify_lake(workbench).findings == ()


def test_who_asks_again_after_a_deletion_gets_another_report(
    workbench: Workbench, report: DriftReport
) -> None:
    ids = {report.report_id}
    for _ in range(2):
        workbench.datasets.delete_drift_report(report.report_id)
        report = workbench.datasets.detect_drift("scores@v1", "scores@v2")
        assert workbench.datasets.detect_drift("scores@v1", "scores@v2") == report
        ids.add(report.report_id)
        assert [each.report_id for each in workbench.datasets.drift_reports()] == [report.report_id]
    assert len(ids) == 3
