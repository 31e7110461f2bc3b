"""What every test runs under."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: a machine that is busy with another test is not a fault. The same examples every
# time in CI, so that a landing is never red for somebody else's luck; new ones at every desk.
settings.register_profile("workbench", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("workbench")
