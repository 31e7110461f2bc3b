"""Pages of a lake in a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import Workbench
from tests.support.sample_lake import log_sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from streamlit.testing.v1 import AppTest

    Opener = Callable[..., AppTest]


def titles(app: AppTest) -> list[str]:
    assert not app.exception
    assert not app.error
    return [title.value for title in app.title]


def test_every_page_opens(
    open_page: Opener, bucket: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"{bucket}/lake"
    with Workbench(url) as bench:
        sample = log_sample(bench, tmp_path)
    assert titles(open_page(url)) == ["Home"]
    runs = open_page(url, "runs", filter="metrics.auc > 0.5")
    assert titles(runs) == ["Runs"]
    assert "forest-4" in list(runs.dataframe[0].value["run"])
    assert titles(open_page(url, "runs", view="Charts")) == ["Runs"]
    assert titles(open_page(url, "runs", run=[sample.finished, sample.failed])) == ["Runs"]
    for tab in ("Overview", "Metrics", "Artifacts"):
        assert titles(open_page(url, "run", id=sample.finished, tab=tab)) == ["forest-4"]
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_bucket_without_a_lake_is_a_card(open_page: Opener, bucket: str) -> None:
    assert titles(open_page(bucket)) == ["There is no lake here"]
