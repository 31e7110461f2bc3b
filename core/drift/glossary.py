"""What the tests of drift ask and when they say yes, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A test by its name in reports; `change` is what a column that fails it shows."""

    name: str
    title: str
    change: str
    question: str
    verdict: str


_SIGNIFICANT: Final = "Adjusted p below 0.05, and"
MEANINGS: Final = {
    meaning.name: meaning
    for meaning in (
        Meaning(
            name="type",
            title="Type",
            change="type",
            question="Are the values of another type, such as text where numbers were?",
            verdict="Always, when the type changed.",
        ),
        Meaning(
            name="missing_share",
            title="Missing values",
            change="missing values",
            question="Is a larger or smaller part of the rows without a value?",
            verdict=f"{_SIGNIFICANT} a difference of at least 5 percentage points.",
        ),
        Meaning(
            name="new_categories",
            title="New categories",
            change="new categories",
            question="How many rows have a value that the reference never has?",
            verdict=f"{_SIGNIFICANT} at least 1 % of the rows.",
        ),
        Meaning(
            name="lost_categories",
            title="Lost categories",
            change="lost categories",
            question="How many rows of the reference have a value that no longer occurs?",
            verdict=f"{_SIGNIFICANT} at least 5 % of the reference's rows.",
        ),
        Meaning(
            name="chi2",
            title="Chi-squared, two samples",
            change="shares of categories",
            question="Are the categories as frequent as before?",
            verdict=f"{_SIGNIFICANT} at least 10 % of the rows in another category.",
        ),
        Meaning(
            name="ks",
            title="Kolmogorov-Smirnov",
            change="distribution",
            question="How far apart are the two distributions where they differ most?",
            verdict=f"{_SIGNIFICANT} a shift of at least 0.1 robust standard deviations.",
        ),
        Meaning(
            name="mann_whitney",
            title="Mann-Whitney",
            change="distribution",
            question="Is a value of today more often above one of the reference than below it?",
            verdict=f"{_SIGNIFICANT} a shift of at least 0.1 robust standard deviations.",
        ),
        Meaning(
            name="range",
            title="Range",
            change="range",
            question="How many values are clearly beyond the least and greatest of the reference?",
            verdict=f"{_SIGNIFICANT} at least 5 % of the values.",
        ),
        Meaning(
            name="wasserstein",
            title="Wasserstein distance",
            change="distribution",
            question="How far must values move, in standard deviations, to get the other table?",
            verdict="Shown beside the tests; 0.1 is usual. Decides nothing by itself.",
        ),
        Meaning(
            name="psi",
            title="Population stability index",
            change="distribution",
            question="How much did the shares of the reference's tenths, or of categories, change?",
            verdict="Shown beside the tests; 0.2 is usual. Decides nothing by itself.",
        ),
        Meaning(
            name="js",
            title="Jensen-Shannon distance",
            change="distribution",
            question="How far apart are the shares, from 0 (equal) to 1 (nothing in common)?",
            verdict="Shown beside the tests; 0.1 is usual. Decides nothing by itself.",
        ),
    )
}
