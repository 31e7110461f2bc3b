"""Models: versions, predictions, how well they do, and what is said of them on a card."""

from __future__ import annotations
