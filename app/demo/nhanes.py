"""Adults of NHANES 2011-18 from the official transport files, with the outcome PHQ-9 >= 10.

    DEMO   DPQ   SLQ   BMX   BPX   SMQ        one file of each a cycle, joined on SEQN
      |     |     |     |     |     |
      v     v     v     v     v     v
    2011-12 (G)  2013-14 (H)  ->  train, validation
    2015-16 (I)                ->  first follow-up
    2017-18 (J)                ->  second follow-up

Answers are recoded by the lists below, which follow the NHANES codebooks of these cycles. A
code that no list names (7 / 9, 77 / 99 and the like: refused, don't know) becomes missing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from app.demo.cohort import Cohort, split_validation
from lake.errors import MhrasError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CYCLES = {"G": "2011_12", "H": "2013_14", "I": "2015_16", "J": "2017_18"}
TRAINING = ("G", "H")
FILES = ("DEMO", "DPQ", "SLQ", "BMX", "BPX", "SMQ")
ADULT = 18
POSITIVE_SCREEN = 10
PHQ9 = tuple(f"DPQ0{item}0" for item in range(1, 10))
SLEEP = {"G": "SLD010H", "H": "SLD010H", "I": "SLD012", "J": "SLD012"}
SLEEP_UNKNOWN = (77, 99)
YES, NO = 1, 2

SEX = {1: "male", 2: "female"}
ETHNICITY = {
    1: "Mexican American",
    2: "other Hispanic",
    3: "non-Hispanic White",
    4: "non-Hispanic Black",
    6: "non-Hispanic Asian",
    7: "other or multiracial",
}
EDUCATION = {
    1: "less than 9th grade",
    2: "9th to 11th grade",
    3: "high school",
    4: "some college",
    5: "college graduate",
}
MARITAL_STATUS = {
    1: "married",
    2: "widowed",
    3: "divorced",
    4: "separated",
    5: "never married",
    6: "living with partner",
}
SMOKES_NOW = {1: "current", 2: "current", 3: "former"}

NUMERIC = ("age", "income_ratio", "sleep_hours", "bmi", "systolic", "diastolic")
CATEGORICAL = ("sex", "ethnicity", "education", "marital_status", "smoking")
WEB = "https://wwwn.cdc.gov/nchs/nhanes/"
_DESCRIPTION = f"""\
Risk of a positive depression screen in adults of the US population survey NHANES.

- **Outcome**: PHQ-9 total of {POSITIVE_SCREEN} or more, in people of {ADULT} years and over who
  answered all nine items.
- **Split by time**: models are fitted on 2011-14 (80 % train, 20 % validation, stratified by
  outcome with a fixed seed) and followed into 2015-16 and 2017-18, people never seen before.
- **Limits**: survey weights are not used, so figures describe the people examined and not the
  US population. Education and marital status were asked from 20 years on; at 18 and 19 they are
  missing. Sleep was asked in whole hours (up to 12) in 2011-14 and in half hours (up to 14 or
  more) from 2015 on. Blood pressure is the mean of up to four readings.
"""


class CohortFilesError(MhrasError, FileNotFoundError):
    """Say which files of a data set are missing or cannot be read. Facts: folder, files."""

    code = "cohort_files"


def load_nhanes(folder: Path) -> Cohort:
    """Load four NHANES cycles from the `.XPT` files in `folder`.

    Raises CohortFilesError naming all files that are missing or are no transport files.
    """
    _require_files(folder)
    tables = [_load_cycle(folder, letter) for letter in CYCLES]
    people = pd.concat(tables, ignore_index=True)
    outcome = (people["phq9"].to_numpy() >= POSITIVE_SCREEN).astype(np.int64)
    cycle = people["cycle"].to_numpy()
    before = np.flatnonzero(np.isin(cycle, TRAINING))
    train, validation = split_validation(outcome, before)
    followed = [letter for letter in CYCLES if letter not in TRAINING]
    after = {CYCLES[letter]: np.flatnonzero(cycle == letter) for letter in followed}
    return Cohort(
        name="nhanes-depression-screen",
        title="NHANES 2011-18",
        outcome_name=f"PHQ-9 >= {POSITIVE_SCREEN}",
        description=_DESCRIPTION,
        source=f"National Health and Nutrition Examination Survey, NCHS, {WEB}",
        split="temporal",
        features=people[[*NUMERIC, *CATEGORICAL]],
        outcome=outcome,
        numeric=NUMERIC,
        categorical=CATEGORICAL,
        parts={"train": train, "validation": validation, **after},
        held_out=tuple(after),
        # the end of each cycle: when in its two years somebody was asked is not published
        moments={
            "validation": _end_of(TRAINING[-1]),
            **{CYCLES[letter]: _end_of(letter) for letter in followed},
        },
        reference=("age", "sex"),
        groups=("sex", "ethnicity"),
    )


def _end_of(letter: str) -> datetime:
    """Return the last day of a cycle.

    >>> _end_of("I").isoformat()
    '2016-12-31T00:00:00+00:00'
    """
    return datetime(2000 + int(CYCLES[letter][-2:]), 12, 31, tzinfo=UTC)


def recode(raw: pd.DataFrame, *, sleep: str) -> pd.DataFrame:
    """Turn NHANES variables into features and `phq9`; unknown codes become missing.

    `sleep` is the name of the sleep variable in this cycle.
    """
    return pd.DataFrame(
        {
            "age": raw["RIDAGEYR"],
            "income_ratio": raw["INDFMPIR"],
            "sleep_hours": raw[sleep].mask(raw[sleep].isin(SLEEP_UNKNOWN)),
            "bmi": raw["BMXBMI"],
            "systolic": blood_pressure(raw, "BPXSY"),
            "diastolic": blood_pressure(raw, "BPXDI"),
            "sex": named(raw["RIAGENDR"], SEX),
            "ethnicity": named(raw["RIDRETH3"], ETHNICITY),
            "education": named(raw["DMDEDUC2"], EDUCATION),
            "marital_status": named(raw["DMDMARTL"], MARITAL_STATUS),
            "smoking": smoking(raw),
            "phq9": phq9_total(raw),
        }
    )


def named(codes: pd.Series[Any], names: Mapping[int, str]) -> pd.Series[Any]:
    """Name the codes; what `names` does not list is missing.

    >>> named(pd.Series([1.0, 2.0, 9.0]), {1: "male", 2: "female"}).tolist()
    ['male', 'female', nan]
    """
    return codes.map(names).astype(object)


def phq9_total(raw: pd.DataFrame) -> pd.Series[Any]:
    """Add up the nine PHQ-9 items; missing unless all nine are answered 0 to 3."""
    items = raw[list(PHQ9)]
    return items.where(items.isin((0, 1, 2, 3))).sum(axis="columns", min_count=len(PHQ9))


def blood_pressure(raw: pd.DataFrame, prefix: str) -> pd.Series[Any]:
    """Average the readings in mmHg; a reading of 0 is no pressure and counts as missing."""
    readings = raw[[f"{prefix}{reading}" for reading in range(1, 5)]]
    return readings.mask(readings == 0).mean(axis="columns")


def smoking(raw: pd.DataFrame) -> pd.Series[Any]:
    """Answer never, former or current from "100 cigarettes in life" and "smokes now"."""
    ever = raw["SMQ020"]
    status = named(raw["SMQ040"], SMOKES_NOW).where(ever == YES)
    return status.mask(ever == NO, "never")


def _load_cycle(folder: Path, letter: str) -> pd.DataFrame:
    joined = _read(folder, "DEMO", letter)
    for name in FILES[1:]:
        columns = _read(folder, name, letter)
        joined = joined.merge(columns, on="SEQN", how="left", validate="one_to_one")
    adults = joined[joined["RIDAGEYR"] >= ADULT]
    people = recode(adults, sleep=SLEEP[letter]).assign(cycle=letter)
    return people[people["phq9"].notna()]


def _read(folder: Path, name: str, letter: str) -> pd.DataFrame:
    path = folder / f"{name}_{letter}.XPT"
    try:
        table = pd.read_sas(path, format="xport")
    except ValueError as error:
        raise CohortFilesError(
            f"{path} is not a SAS transport file: {error}.",
            hint=f"Download it again from {WEB}.",
            folder=str(folder),
            files=[path.name],
        ) from error
    numbers = table.select_dtypes("number")
    # pandas turns the zero of a SAS transport file into 5.4e-79
    return numbers.mask(numbers.abs() < 1e-70, 0.0)


def _require_files(folder: Path) -> None:
    wanted = [f"{name}_{letter}.XPT" for letter in CYCLES for name in FILES]
    missing = [name for name in wanted if not (folder / name).is_file()]
    if missing:
        raise CohortFilesError(
            f"{folder} lacks {len(missing)} of the {len(wanted)} NHANES files: "
            f"{', '.join(missing)}.",
            hint=f"Download them from {WEB} into this folder.",
            folder=str(folder),
            files=missing,
        )
