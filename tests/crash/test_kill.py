"""`kill -9` loses nothing that was acknowledged, and doubles nothing."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from core import Workbench
from lake.verify import verify
from tests.support.counters import Counters
from tests.support.processes import Child, wait_until
from tests.support.workbenches import log_for_ever, steps_by_run

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    Pipe = Connection[Any, Any]

KILLS = 50


def kill_while_it_logs(lake: Path, returned: Counters, place: int) -> None:
    moment = random.randrange(300)  # noqa: S311 - no secret
    with Child(log_for_ever, lake, returned, place) as victim:
        wait_until(lambda: returned[place] > moment)
        for _ in range(random.randrange(10_000)):  # noqa: S311 - as above
            pass  # to any moment within a call, where waiting ends just after one
        victim.kill()


def recover(pipe: Pipe, lake: Path) -> None:
    with Workbench(lake) as workbench:
        pipe.send(workbench.lake.recover())


def test_fifty_kills_between_two_calls_lose_none_that_returned(memory_path: Path) -> None:
    lake = memory_path / "lake"
    with Counters(memory_path / "returned", KILLS) as returned, Workbench(lake) as watching:
        for place in range(KILLS):
            kill_while_it_logs(lake, returned, place)
            if place % 5 == 4:  # now and then, so that the watching one meets both
                with Child(recover, lake) as second:
                    second.hear()
                    second.end()
            steps = steps_by_run(watching)[str(place)]
            assert steps == list(range(len(steps)))
            assert len(steps) - returned[place] in {0, 1}
        with Child(recover, lake) as second:
            assert second.hear() == {}
        seen = steps_by_run(watching)
        others = steps_by_run(watching, metric="auc")
        for place, count in enumerate(returned.all()):
            # of the call that did not return there may be one metric without the other
            assert others[str(place)] in (list(range(count)), list(range(count + 1)))
    with Workbench(lake) as fresh:
        assert steps_by_run(fresh) == seen
        assert sorted(seen, key=int) == [str(place) for place in range(KILLS)]
        assert verify(fresh.lake.store, fresh.lake.specs.values(), "content") == []
