"""What acting on a prediction is worth: decision curves (Vickers and Elkin 2006)."""

from __future__ import annotations

from dataclasses import dataclass

from core.models.interval import Estimate  # noqa: TC001 - from_dict reads the fields


@dataclass(frozen=True, slots=True, kw_only=True)
class NetBenefit:
    """Net benefit at one threshold, in true positives a row; treating nobody has 0.

    `advantage` is `model` less the better one of treating all and treating nobody.
    """

    threshold: float
    model: Estimate
    treat_all: Estimate
    advantage: Estimate
