"""Torture a new lake for as long as you like.

python -m tests.torture --seconds 600 --folder /mnt/shared
python -m tests.torture --seconds 60 --store s3        a server on this machine, from moto
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.s3_server import ENVIRONMENT, s3_server
from tests.torture.run import Torture, torture
from tests.torture.work import Pace, Place

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> int:
    """Run it as asked, print what happened, and fail when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--store", choices=("folder", "s3"), default="folder")
    parser.add_argument("--folder", type=Path, help="where all is kept; else a temporary one")
    parser.add_argument("--seed", type=int, default=0, help="of who is killed when")
    parser.add_argument("--writers", type=int, default=Torture.writers)
    parser.add_argument("--kills", type=float, default=Torture.kills_a_second, help="a second")
    parser.add_argument("--settle", type=float, default=Pace.settle, help="seconds, of the lake")
    parser.add_argument("--grace", type=float, default=Pace.grace, help="seconds, of the lake")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="torture-") as name:
        folder = Path(name)
        with _place(given.store, folder) as place:
            plan = Torture(
                place=place,
                counters=folder / "counters",
                seconds=given.seconds,
                seed=given.seed,
                writers=given.writers,
                kills_a_second=given.kills,
                pace=Pace(settle=given.settle, grace=given.grace),
            )
            outcome = torture(plan)
    print(outcome.table())  # noqa: T201 - what it is for
    return 1 if outcome.violations else 0


@contextlib.contextmanager
def _place(store: str, folder: Path) -> Iterator[Place]:
    if store == "folder":
        yield Place(str(folder / "lake"))
        return
    with s3_server() as server:
        os.environ.update(ENVIRONMENT | {"AWS_ENDPOINT_URL": server.url})
        yield Place(f"{server.new_bucket()}/lake", (folder / "here", folder / "elsewhere"))


if __name__ == "__main__":
    sys.exit(main())
