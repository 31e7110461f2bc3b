"""Two cycles of a real survey, read as a clinician reads them.

What is expected was looked up in the data, and where it concerns people, also held against the
30 places at which a cycle is taken (SDMVSTRA x SDMVPSU), which vary more than people do:

    SDDSRVYR            number of the cycle
    SDMVSTRA            strata are numbered on: 104-118, then 119-133
    WTINT2YR, WTMEC2YR  other sampling weights: the 95th percentile rose from 91,600 to 114,600
    BPXSY1, 2, 3        118.1 to 120.5 mmHg, in adults and in children, p = 0.003 over places
    BPXML1              cuffs were inflated 3 mmHg higher, p = 0.005; the code 888 is gone
    BMXLEG              38.6 to 38.1 cm, p = 0.02, and back in the next cycle: how it is measured
    SMD030              120 and then 77 people who never smoked regularly (0)
    SMD100BR, SMDUPCA   brands that people smoke and their bar codes: ten smoke Camel Crush Fresh,
                        which nobody did, and nobody Winston Gold, which eight did
    SMD100TR, CO        tar and carbon monoxide of these brands; nicotine may be chance
    PEASCCT1            twelve codes for why there is no pressure became three
    BMIHT, BPAEN4       notes of examiners, in 105 and in 324 of the rows
    SLD010H, SLD012     hours of sleep were asked for, then computed in half hours
"""

from __future__ import annotations

import time
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from core.datasets.comparison import compare_tables
from core.datasets.sources import read_all

if TYPE_CHECKING:
    from core.drift.report import DriftReport

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "nhanes"
CYCLES = {"G": "2011-12", "H": "2013-14", "I": "2015-16", "J": "2017-18"}


def cycle(letter: str) -> Any:
    parts = ("DEMO", "DPQ", "SLQ", "BMX", "BPX", "SMQ")
    tables = [read_all(FOLDER / f"{part}_{letter}.XPT").to_pandas() for part in parts]
    return reduce(lambda joined, part: joined.merge(part, how="left", on="SEQN"), tables)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> DriftReport:
    if not FOLDER.is_dir():
        pytest.skip("the NHANES transport files are not here")
    with Workbench(tmp_path_factory.mktemp("survey") / "lake", durability="process") as wb:
        for letter, label in CYCLES.items():
            wb.datasets.register_dataset(cycle(letter), "nhanes", "NCHS", version=label)
        assert len(wb.datasets.list_versions("nhanes")) == len(CYCLES)
        found = wb.datasets.detect_drift("nhanes@2013-14", "nhanes@2015-16")
        started = time.process_time()
        assert wb.datasets.detect_drift("nhanes@2013-14", "nhanes@2015-16") == found
        assert time.process_time() - started < 0.5
    return found


def test_what_changed_is_named_and_nothing_else(report: DriftReport) -> None:
    assert set(report.drifted_columns) == {
        *("SDDSRVYR", "SDMVSTRA", "WTINT2YR", "WTMEC2YR"),
        *("BPXSY1", "BPXSY2", "BPXSY3", "BPXML1", "PEASCCT1", "BPAEN4"),
        *("BMXLEG", "BMIHT", "SMD030", "SMD100TR", "SMD100CO"),
        *("SMD100BR", "SMDUPCA"),
    }
    assert report.only_in_reference == ("SLD010H", "SLQ060", "PEASCST1", "PEASCTM1")
    assert len(report.only_in_current) == 16


def test_depression_and_the_people_are_the_same(report: DriftReport) -> None:
    items = [name for name in report.feature_drifts if name.startswith("DPQ")]
    people = ["RIDAGEYR", "RIAGENDR", "RIDRETH3", "DMDEDUC2", "DMDMARTL", "INDFMPIR", "BMXBMI"]
    assert len(items) == 10
    assert not {*items, *people, "SEQN"} & {*report.drifted_columns}


def test_the_advice_reads_as_a_clinician_would_say_it(report: DriftReport) -> None:
    said = dict(text.split(": ", 1) for text in report.recommendations if ": " in text)
    assert said["SDDSRVYR"].startswith("is '9' in every row and was '8': a label")
    assert said["SDMVSTRA"].startswith("the codes 104 to 118 go on as 119 to 133")
    pressure = next(text for names, text in said.items() if "BPXSY1" in names)
    assert "In BPXSY1, the median went from 116 to 118." in pressure
    assert "The code 888 (14 rows) no longer occurs." in said["BPXML1"]
    assert "'3' went from 2% to 75%, among the 236 rows (2.4%)" in said["PEASCCT1"]
    (sleep,) = [text for text in report.recommendations if text.startswith("SLD010H is gone")]
    assert "SLD012 is new, with a median of 8 after 7 in 63% of the rows." in sleep
    assert "It comes in steps of 0.5 and no longer of 1." in sleep
    assert said["Columns are gone"].startswith("'PEASCST1', 'PEASCTM1'; 'SLD010H'; 'SLQ060'.")


def test_with_its_places_the_survey_shows_how_little_is_certain() -> None:
    """As svychisq and svyranktest would: 30 places a cycle in 15 strata, 30 degrees of freedom."""
    if not FOLDER.is_dir():
        pytest.skip("the NHANES transport files are not here")
    tables = [cycle(letter) for letter in "HI"]
    found = compare_tables(*tables, cluster="SDMVPSU", strata="SDMVSTRA")
    assert found.clusters is not None
    assert (found.clusters.reference, found.clusters.current) == (30, 30)
    assert (found.clusters.shared, found.clusters.freedom) == (0, 30)
    assert found.drifted_columns == ("SDDSRVYR", "PEASCCT1")  # another coding, in all places
    assert not {"SDMVPSU", "SDMVSTRA"} & {*found.feature_drifts}  # which is how rows were drawn
    pressure = found.statistical_tests["BPXSY1"]["mann_whitney"]
    assert pressure["p_value"] == pytest.approx(0.003, abs=0.001)
    assert 5 < float(pressure["design_effect"] or 0) < 8
