"""How much is measured, and on what data."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPERIMENT: Final = "search"
CONDITION: Final = "metrics.acc > 0.9 and params.lr = '0.01'"
ORDER: Final = "metrics.acc desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Numbers of things, and of repetitions."""

    points: int = 1_000_000
    runs: int = 10_000
    committed_runs: int = 200
    imported: int = 200_000
    imports: int = 5
    history: int = 100_000
    repeat: int = 5
    live_processes: int = 20
    live_runs: int = 10
    peer_runs: int = 200
    peer_calls: int = 300
    killed_after: float = 0.5
    settle: float = 2.0


FULL: Final = Scale()
QUICK: Final = Scale(
    points=100_000,
    runs=2_000,
    committed_runs=20,
    imported=20_000,
    imports=2,
    history=20_000,
    repeat=2,
    live_processes=4,
    live_runs=5,
    peer_runs=20,
    peer_calls=50,
)
TINY: Final = Scale(
    points=2_000,
    runs=50,
    committed_runs=3,
    imported=500,
    imports=1,
    history=1_000,
    repeat=1,
    live_processes=1,
    live_runs=1,
    peer_runs=3,
    peer_calls=5,
    killed_after=0.1,
    settle=0.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunData:
    """What one run logs: 5 params, 3 metrics, 2 tags."""

    params: dict[str, str | int | float]
    metrics: dict[str, float]
    tags: dict[str, str]


def run_data(count: int, seed: int = 7) -> Iterator[RunData]:
    """The same runs for everybody: one in forty matches `CONDITION`."""
    source = random.Random(seed)  # noqa: S311 - made-up data
    for i in range(count):
        yield RunData(
            params={
                "lr": source.choice((0.1, 0.01, 0.001, 0.0001)),
                "depth": source.randrange(2, 12),
                "model": source.choice(("forest", "boosting", "linear")),
                "optimizer": source.choice(("adam", "sgd")),
                "seed": i,
            },
            metrics={"acc": source.random(), "loss": source.random(), "auc": source.random()},
            tags={"team": source.choice("abcd"), "stage": source.choice(("dev", "final"))},
        )
