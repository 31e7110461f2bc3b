"""Measurements beside their goals and their peers: `make bench`, or one of the scripts here."""

from __future__ import annotations

import sys
from pathlib import Path

# Python looks into a script's own folder first, where `import lake` would find the script lake.py.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [place for place in sys.path if Path(place).resolve() != _HERE]
