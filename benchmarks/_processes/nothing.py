"""A bare interpreter: what every other program costs before it has done anything."""

from __future__ import annotations
