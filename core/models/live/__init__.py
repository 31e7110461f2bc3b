"""A model in service: what it is worth over time, what drifts, when to say so, what to do.

performance   figures of each chunk of time         alerts     lines, and when one is crossed
follow        all of it on one axis of time          report     what comes back
document      the report for readers
"""

from __future__ import annotations
