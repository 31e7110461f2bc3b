"""Nothing is said of data in which nothing is wrong."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from core.eda.quality.registry import detect_issues


def clean(rows: int, seed: int) -> pa.Table:
    """Draw all the shapes that count as clean."""
    random = np.random.default_rng([rows, seed])
    stages = ["I", "II", "III", "IV"]
    return pa.table(
        {
            "normal": random.normal(size=rows),
            "height": random.normal(170, 9, rows).round(1),
            "age": np.round(random.normal(50, 12, rows)),
            "signed": np.round(random.normal(0, 5, rows)),
            "uniform": random.random(rows),
            "die": random.integers(1, 7, rows),
            "day": random.integers(0, 100, rows),
            "ticket": random.integers(0, 10**9, rows),
            **{f"poisson {mean}": random.poisson(mean, rows) for mean in (1, 2, 3, 5, 10, 20, 99)},
            "binomial": random.binomial(10, 0.3, rows),
            "code": random.choice([0, 1, 2, 3], rows, p=[0.6, 0.2, 0.15, 0.05]),
            "site": random.choice(list("abcde"), rows),
            "stage": random.choice(stages, rows, p=[0.5, 0.3, 0.15, 0.05]),
            "flag": random.random(rows) < 0.3,
        }
    )


@pytest.mark.parametrize(
    ("rows", "seeds"), [(30, 60), (100, 60), (300, 40), (1000, 25), (5000, 8), (50_000, 1)]
)
def test_clean_data_raise_no_alarm(rows: int, seeds: int) -> None:
    """Twenty columns, thousands of tests: at most one alarm of all seeds is the luck of chance."""
    alarms = [
        (seed, issue.issue_type, issue.columns)
        for seed in range(seeds)
        for issue in detect_issues(clean(rows, seed))
    ]
    assert len(alarms) <= 1, alarms


@pytest.mark.parametrize("rows", [100, 2000])
def test_a_target_of_clean_data_leaks_from_nowhere(rows: int) -> None:
    for seed in range(5):
        for target in ("flag", "normal", "site", "poisson 3"):
            assert detect_issues(clean(rows, seed + 500), target=target) == []
