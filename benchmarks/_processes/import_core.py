"""Import what a user imports."""

from __future__ import annotations

from core import Workbench

print(Workbench.__name__)
