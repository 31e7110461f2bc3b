"""Torture a new lake for as long as you like.

python -m tests.torture --seconds 600 --store folder
python -m tests.torture --seconds 60 --store s3          a server on this machine, from moto
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.torture.run import Torture, torture
from tests.torture.work import Pace


def main() -> int:
    """Run it as asked, print what happened, and fail when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--folder", type=Path, help="where the lake is made; else a temporary one")
    parser.add_argument("--seed", type=int, default=0, help="of who is killed when")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--settle", type=float, default=Pace.settle, help="seconds, of the lake")
    parser.add_argument("--grace", type=float, default=Pace.grace, help="seconds, of the lake")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="torture-") as name:
        folder = Path(name)
        plan = Torture(
            url=str(folder / "lake"),
            counters=folder / "counters",
            seconds=given.seconds,
            seed=given.seed,
            writers=given.writers,
            pace=Pace(settle=given.settle, grace=given.grace),
        )
        outcome = torture(plan)
    print(outcome.table())  # noqa: T201 - what it is for
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main())
