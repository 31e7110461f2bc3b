"""A lake to look at: real health data, models really fitted, nothing made up.

    cohort     who the people are, and which of them are held out
    nhanes     the same from the NHANES transport files
    models     three model families that learn in steps
    evaluate   figures, curves and files of a fitted model
    register   the best model in service: judged, in production, followed by outcomes
    build      runs all of it under the tracker

Importing this package loads scikit-learn, pandas and Arrow: import it where it is needed.
"""

from __future__ import annotations

from app.demo.build import DemoSummary, build_demo
from app.demo.nhanes import CohortFilesError

__all__ = ["CohortFilesError", "DemoSummary", "build_demo"]
