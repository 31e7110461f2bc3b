"""How much the dearest tests do: enough at a desk, more in CI, all of it when it is asked for."""

from __future__ import annotations

import os
from typing import Final

EVERY_POINT: Final = bool(os.environ.get("MHRAS_TEST_EVERY_POINT"))
IN_FULL: Final = EVERY_POINT or bool(os.environ.get("CI"))
