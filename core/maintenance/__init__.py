"""Keeping a lake sound and small: proof, repair, garbage collection.

verify_lake(workbench)         what is damaged, and which runs and dataset versions that concerns
repair_lake(workbench)         good bytes from a mirror, the rest out of the way
collect_garbage(workbench)     what nobody can see any more
"""

from __future__ import annotations

from core.maintenance.garbage import Garbage, GarbageReport, collect_garbage
from core.maintenance.mending import Mended, repair_identity, repair_lake
from core.maintenance.proof import Finding, VerifyReport, verify_lake

__all__ = [
    "Finding",
    "Garbage",
    "GarbageReport",
    "Mended",
    "VerifyReport",
    "collect_garbage",
    "repair_identity",
    "repair_lake",
    "verify_lake",
]
