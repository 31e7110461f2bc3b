"""Is it chance? Runs that differ in nothing but their seed tell how far a metric moves by itself.

The mean of repeats has the interval of Student's t; two groups of repeats are compared by Welch's
test (Welch 1947), which lets each have its own spread, with Satterthwaite's degrees of freedom.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from statistics import fmean, variance
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVEL: Final = 0.95
_SEED: Final = re.compile(
    r"(^|[._/ -])(seed|random_?(state|seed)|repeat|repetition)$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Values of one metric from runs with the same params; `params` leaves out the seeds.

    `low` and `high` end the 95 % interval of the mean; None for a single value.
    """

    params: dict[str, str | None]
    run_ids: tuple[str, ...]
    values: tuple[float, ...]
    mean: float
    deviation: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WelchTest:
    """The second mean less the first, its 95 % interval, and how surprising it would be by chance.

    `p_value` is two-sided.
    """

    difference: float
    low: float
    high: float
    statistic: float
    degrees: float
    p_value: float


def is_seed(param_name: str) -> bool:
    """Say whether a param by its name tells repeats apart and nothing else.

    >>> [is_seed(name) for name in ("seed", "random_state", "model.seed", "seed_lr", "depth")]
    [True, True, True, False, False]
    """
    return _SEED.search(param_name) is not None


def repeats(
    run_ids: Sequence[str],
    params: Mapping[str, Sequence[str | None]],
    values: Sequence[float | None],
) -> list[Repeats]:
    """Group runs by their params, in the order of their first run.

    `params` has for each name, without those of seeds, the text for each run. Runs without a finite
    value are left out.

    >>> found = repeats(["a", "b", "c"], {"depth": ["2", "2", "4"]}, [0.5, 0.7, 0.8])
    >>> [(each.params["depth"], len(each.values), round(each.mean, 2)) for each in found]
    [('2', 2, 0.6), ('4', 1, 0.8)]
    """
    names = list(params)
    grouped: dict[tuple[str | None, ...], list[tuple[str, float]]] = {}
    for place, (run_id, value) in enumerate(zip(run_ids, values, strict=True)):
        if value is not None and math.isfinite(value):
            key = tuple(params[name][place] for name in names)
            grouped.setdefault(key, []).append((run_id, value))
    return [
        _described(dict(zip(names, key, strict=True)), members) for key, members in grouped.items()
    ]


def _described(params: dict[str, str | None], members: list[tuple[str, float]]) -> Repeats:
    values = tuple(value for _, value in members)
    mean, deviation, reach = fmean(values), None, None
    if len(values) > 1:
        deviation = math.sqrt(variance(values))
        reach = _reach(len(values) - 1) * deviation / math.sqrt(len(values))
    return Repeats(
        params=params,
        run_ids=tuple(run_id for run_id, _ in members),
        values=values,
        mean=mean,
        deviation=deviation,
        low=None if reach is None else mean - reach,
        high=None if reach is None else mean + reach,
    )


def welch_test(first: Sequence[float], second: Sequence[float]) -> WelchTest | None:
    """Compare the means of two groups; None where that cannot be told.

    It takes two values in each group, and values that are not all the same in both.

    >>> found = welch_test([0.70, 0.72, 0.71], [0.74, 0.75, 0.79])
    >>> round(found.difference, 3), round(found.p_value, 3)
    (0.05, 0.067)
    """
    if min(len(first), len(second)) < 2:
        return None
    parts = [variance(values) / len(values) for values in (first, second)]
    if sum(parts) == 0:
        return None
    from scipy.stats import t  # 0.5 s, for who asks

    error = math.sqrt(sum(parts))
    degrees = sum(parts) ** 2 / sum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (first, second), strict=True)
    )
    difference = fmean(second) - fmean(first)
    statistic, reach = difference / error, _reach(degrees) * error
    return WelchTest(
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        statistic=statistic,
        degrees=degrees,
        p_value=float(2 * t.sf(abs(statistic), degrees)),
    )


def _reach(degrees: float) -> float:
    """How many standard errors lie between a mean and the end of its interval."""
    from scipy.stats import t  # as above

    return float(t.ppf(0.5 + LEVEL / 2, degrees))
