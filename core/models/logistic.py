"""A logistic model of events, fitted by Newton's steps; its coefficients know their influences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.models.influence import Figure

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

_STEPS: Final = 100
_ENOUGH: Final = 1e-10  # of a step, by the size of what it is added to
_NO_END = "the logistic recalibration does not converge"


@dataclass(frozen=True)
class Logistic:
    """The model: logit of the risk = design @ coefficients + offset."""

    design: Numbers
    offset: Numbers
    events: Flags
    weights: Numbers

    def first_coefficient(self, start: Numbers) -> Figure:
        """Return the first coefficient, with the influences of which the sandwich is made."""
        beta = start
        try:
            for _ in range(_STEPS):
                residuals, curvature = self._at(beta)
                step = np.asarray(
                    np.linalg.solve(curvature, self.design.T @ residuals), dtype=np.float64
                )
                if float(np.abs(step).max()) < _ENOUGH * (1 + float(np.abs(beta).max())):
                    moved = self.design @ np.linalg.inv(curvature)[0]
                    return Figure(float(beta[0]), residuals * moved)
                beta = self._nearer(beta, step)
        except np.linalg.LinAlgError:
            return Figure.missing(_NO_END)
        return Figure.missing(_NO_END)

    def _at(self, beta: Numbers) -> tuple[Numbers, Numbers]:
        from scipy.special import expit  # 50 ms that only evaluations need

        risk = expit(self.design @ beta + self.offset)
        spread = self.weights * risk * (1 - risk)
        return self.weights * (self.events - risk), (self.design * spread[:, None]).T @ self.design

    def _nearer(self, beta: Numbers, step: Numbers) -> Numbers:
        """Return where a step leads, halved until the likelihood does not fall."""
        before = self._likelihood(beta)
        slack = 1e-9 * abs(before)
        while self._likelihood(beta + step) < before - slack:
            step = step / 2
        return beta + step

    def _likelihood(self, beta: Numbers) -> float:
        line = self.design @ beta + self.offset
        return float(self.weights @ (self.events * line - np.logaddexp(0, line)))
