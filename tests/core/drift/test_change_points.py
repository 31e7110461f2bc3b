"""Change points, beside plain implementations of the papers' formulas and published examples."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from core.drift.change_points import Cut, Moments, adwin, page_hinkley


def rows(values: list[float]) -> list[Moments]:
    return [Moments(1, value, 0.0) for value in values]


def first_alarm_by_definition(
    values: list[float], tolerance: float, threshold: float
) -> int | None:
    """Take every sum anew from the definition of the Page-Hinkley test."""
    for end in range(1, len(values) + 1):
        means = [np.mean(values[: n + 1]) for n in range(end)]
        for sign in (1, -1):
            steps = [sign * (v - m) - tolerance for v, m in zip(values, means, strict=False)]
            sums = np.cumsum([0.0, *steps])
            if sums[-1] - sums.min() > threshold:
                return end - 1
    return None


def windows_by_definition(values: list[float], confidence: float) -> list[int]:
    """Drop the oldest value while any cut of the window differs: figure 1 of the paper."""
    window: list[float] = []
    alarms = []
    for place, value in enumerate(values):
        window.append(value)
        kept = len(window)
        while any(_differs(window, cut, confidence) for cut in range(1, len(window))):
            window = window[1:]
        if len(window) < kept:
            alarms.append(place)
    return alarms


def _differs(window: list[float], cut: int, confidence: float) -> bool:
    size = 1 / (1 / cut + 1 / (len(window) - cut))
    logarithm = math.log(2 / (confidence / len(window)))
    bound = math.sqrt(2 / size * np.var(window) * logarithm) + 2 / (3 * size) * logarithm
    return bool(abs(np.mean(window[:cut]) - np.mean(window[cut:])) >= bound)


@given(st.lists(st.integers(-8, 8).map(float), max_size=30))
def test_page_hinkley_is_its_definition(values: list[float]) -> None:
    found = page_hinkley(values, tolerance=0.3, threshold=5.2)
    first = first_alarm_by_definition(values, 0.3, 5.2)
    assert (found[0].at if found else None) == first


def test_page_hinkley_finds_what_a_published_example_finds() -> None:
    """The example of river 0.10 for its PageHinkley, whose defaults these are."""
    random = np.random.RandomState(12345)
    stream = [*random.randint(2, size=1000), *random.randint(4, high=8, size=1000)]
    found = page_hinkley([float(v) for v in stream], tolerance=0.005, threshold=50, least=30)
    assert [cut.at for cut in found][:1] == [1009]


@given(st.integers(0, 20), st.integers(5, 20), st.sampled_from([0.0, 0.5, 1.0]))
def test_adwin_of_single_rows_is_that_of_the_paper(before: int, after: int, level: float) -> None:
    values = [0.0, 0.1] * before + [level] * after
    assert [cut.at for cut in adwin(rows(values), confidence=0.3)] == windows_by_definition(
        values, 0.3
    )


def test_adwin_finds_what_a_published_example_finds() -> None:
    """The example of MOA's ADWIN in CapyMOA, which looks at every 32nd value."""
    random = np.random.RandomState(0)
    stream = random.randint(2, size=2000)
    for place in range(999, 2000):
        stream[place] = random.randint(4, high=8)
    parts = [stream[n : n + 32] / 7 for n in range(0, 2000, 32)]
    chunks = [Moments(len(part), float(part.mean()), float(part.var())) for part in parts]
    found = adwin(chunks, confidence=0.001)
    assert found[0].at * 32 + 31 == 1023


def test_chunks_are_as_good_as_their_rows() -> None:
    random = np.random.default_rng(1)
    values = [*random.random(300) * 0.4, *random.random(300) * 0.4 + 0.6]
    chunks = [
        Moments(50, float(np.mean(part)), float(np.var(part)))
        for part in np.split(np.array(values), 12)
    ]
    assert adwin(chunks) == [Cut(at=6, since=6)]


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_level_that_stays_is_hardly_ever_cut(share: float) -> None:
    random = np.random.default_rng(2)
    cuts = 0
    for _ in range(100):
        means = random.binomial(100, share, size=40) / 100
        cuts += bool(adwin([Moments(100, m, m * (1 - m)) for m in means]))
    assert cuts == 0  # the paper's bound is 0.002 at each of 40 looks; it is far from reached


def test_series_without_values_have_no_change_points() -> None:
    assert (page_hinkley([], tolerance=1, threshold=1), adwin([])) == ([], [])
