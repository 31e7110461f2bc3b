"""The people of the demonstration: features, outcome, and who is held out.

Two loaders make the same value, so everything after them is one code path:

    RAND health insurance (statsmodels, offline)  --.
                                                     >--  Cohort  -->  models  -->  lake
    NHANES transport files (a folder)  ------------'
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

SEED = 20_240_229
FREQUENT_VISITS = 5
END_OF_RAND = datetime(1982, 12, 31, tzinfo=UTC)
HEALTH_LEVELS = ("excellent", "good", "fair", "poor")

_RAND_COLUMNS = {
    "lncoins": "log_coinsurance",
    "idp": "individual_deductible",
    "lpi": "log_participation_payment",
    "fmde": "log_deductible_maximum",
    "physlm": "physical_limitation",
    "disea": "chronic_diseases",
}
_RAND_DESCRIPTION = f"""\
Risk of frequent doctor visits in the RAND Health Insurance Experiment (1974-82).

- **Outcome**: {FREQUENT_VISITS} or more outpatient visits to a doctor in one year (`mdvis`).
- **Rows**: person-years; a person gives up to five of them and the data has no person id.
- **Split**: 60 / 20 / 20 % into train, validation and test, stratified by outcome with a fixed
  seed. Rows with the same values in all predictors always stay in one part: most of a person's
  years repeat them, and a plain random split would test on people seen in training. People of
  one family, and a person whose answers changed, may still be in two parts.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Hold one group of people with everything a risk model needs to be fitted and judged.

    `parts` gives row positions by name: `train`, `validation`, and each name of `held_out` in
    the order of time. Models see `train`, settings are chosen on `validation`, and figures
    are reported on the held-out parts. `outcome` is 1 for people who have it. `moments` says when
    the people of a part were asked, `reference` which columns make the model that others must
    beat, and `groups` in which columns people may not be treated differently.
    """

    name: str
    title: str
    outcome_name: str
    description: str
    source: str
    split: str
    features: pd.DataFrame
    outcome: NDArray[np.int64]
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    parts: Mapping[str, NDArray[np.intp]]
    held_out: tuple[str, ...]
    moments: Mapping[str, datetime]
    reference: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def prevalence(self) -> float:
        """Return the share of all rows that have the outcome, 0 to 1."""
        return float(self.outcome.mean())

    def prevalence_of(self, part: str) -> float:
        """Return the share of one part that has the outcome, 0 to 1."""
        return float(self.outcome[self.parts[part]].mean())


def load_rand() -> Cohort:
    """Load the RAND Health Insurance Experiment, which statsmodels carries: no network.

    >>> cohort = load_rand()
    >>> len(cohort.features), round(cohort.prevalence, 3)
    (20190, 0.2)
    """
    # 2 s that only the demonstration needs
    from statsmodels.datasets import randhie

    table: pd.DataFrame = randhie.load_pandas().data
    features = table[list(_RAND_COLUMNS)].rename(columns=_RAND_COLUMNS).astype("float64")
    features["self_rated_health"] = self_rated_health(table)
    outcome = (table["mdvis"].to_numpy() >= FREQUENT_VISITS).astype(np.int64)
    same_answers = features.groupby(list(features.columns)).ngroup().to_numpy().astype(np.int64)
    return Cohort(
        name="rand-frequent-visits",
        title="RAND Health Insurance Experiment",
        outcome_name=f"visits >= {FREQUENT_VISITS}",
        description=_RAND_DESCRIPTION,
        source="statsmodels.datasets.randhie (RAND corporation; Cameron and Trivedi 2005)",
        split="random",
        features=features,
        outcome=outcome,
        numeric=tuple(_RAND_COLUMNS.values()),
        categorical=("self_rated_health",),
        parts=split_by_group(outcome, same_answers),
        held_out=("test",),
        # the experiment ended in 1982; its rows do not say in which year they are
        moments={"validation": END_OF_RAND, "test": END_OF_RAND + timedelta(days=1)},
        reference=("chronic_diseases",),
        groups=("self_rated_health",),
    )


def self_rated_health(table: pd.DataFrame) -> NDArray[np.object_]:
    """Turn the three health indicators of the RAND data into one level a row."""
    good, fair, poor = (table[name].to_numpy() == 1 for name in ("hlthg", "hlthf", "hlthp"))
    level = np.select([poor, fair, good], [3, 2, 1], default=0)
    return np.array(HEALTH_LEVELS, dtype=object).take(level)


def split_by_group(
    outcome: NDArray[np.int64], groups: NDArray[np.int64]
) -> dict[str, NDArray[np.intp]]:
    """Divide rows 60 / 20 / 20 into train, validation and test; a group is never divided."""
    # 1 s that only the demonstration needs
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(n_splits=5, shuffle=True, random_state=SEED)
    fifths = [fifth for _, fifth in folds.split(outcome, outcome, groups)]
    rest = np.sort(np.concatenate(fifths[2:]))
    return {"train": rest, "validation": fifths[1], "test": fifths[0]}


def split_validation(
    outcome: NDArray[np.int64], rows: NDArray[np.intp], *, share: float = 0.2
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Set aside a stratified, seeded share of `rows`; answers (train, validation)."""
    # 1 s that only the demonstration needs
    from sklearn.model_selection import train_test_split

    train, validation = train_test_split(
        rows, test_size=share, random_state=SEED, stratify=outcome[rows]
    )
    return np.sort(train), np.sort(validation)
