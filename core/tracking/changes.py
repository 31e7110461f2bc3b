"""What changed since last time: a run against the run of its experiment before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.tracking.reader import RunReader
    from core.tracking.run import Run

Pair = tuple[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChanges:
    """Pairs of (before, now) by name; what is the same in both is left out."""

    run_id: str
    previous_run_id: str | None
    previous_run_name: str | None
    params: dict[str, Pair]
    metrics: dict[str, Pair]
    code: dict[str, Pair]
    packages: dict[str, Pair]

    @property
    def nothing(self) -> bool:
        """Whether the two runs are the same in all of these."""
        return not (self.params or self.metrics or self.code or self.packages)


def changes_since_previous(reader: RunReader, run_id: str) -> RunChanges:
    """Compare a run with the one of its experiment that was started before it.

    Deleted runs, and the run's own parent and children, are passed over. Raises RunNotFoundError.
    """
    run = reader.get_run(run_id)
    previous = _previous(reader, run)
    if previous is None:
        return RunChanges(
            run_id=run_id,
            previous_run_id=None,
            previous_run_name=None,
            params={},
            metrics={},
            code={},
            packages={},
        )
    before, now = reader.environment(previous.environment), reader.environment(run.environment)
    code = {
        "git_commit": (previous.git_commit, run.git_commit),
        "code_version": (previous.code_version, run.code_version),
    }
    return RunChanges(
        run_id=run_id,
        previous_run_id=previous.run_id,
        previous_run_name=previous.run_name,
        params=_pairs(previous.params, run.params),
        metrics=_pairs(previous.last_metrics, run.last_metrics),
        code={name: pair for name, pair in code.items() if pair[0] != pair[1]},
        packages=_pairs(before.get("packages", {}), now.get("packages", {})),
    )


def _previous(reader: RunReader, run: Run) -> Run | None:
    moment = run.start_time.isoformat()
    earlier = reader.search_runs(
        run.experiment_name, f"start_time < '{moment}'", ["start_time desc"], limit=100
    )
    family = {run.run_id, run.parent_run_id}
    return next(
        (r for r in earlier if r.run_id not in family and r.parent_run_id != run.run_id), None
    )


def _pairs(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Pair]:
    names = sorted({*before, *now})
    return {n: (before.get(n), now.get(n)) for n in names if before.get(n) != now.get(n)}
