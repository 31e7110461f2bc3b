"""What long work there is, and what each kind of it takes; core/worker/work.py does it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of work: a title to fill in, and the names of its parameters.

    `local` work needs files of the machine it was asked for on, and is done there.
    """

    about: str
    title: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    local: bool = False


KINDS: Final[dict[str, Kind]] = {
    "eda": Kind(
        about="Analyze a version of a dataset.",
        title="Analysis of {dataset}",
        required=("dataset",),
        optional=("target",),
    ),
    "drift": Kind(
        about="Compare a version of a dataset with the one it is measured by.",
        title="Drift from {reference} to {current}",
        required=("reference", "current"),
        optional=("columns", "method", "options"),
    ),
    "comparison": Kind(
        about="Set two versions side by side, or the rows with each of two values of a column.",
        title="Comparison of {first}",
        required=("first",),
        optional=("second", "split"),
    ),
    "cohort": Kind(
        about="Compare the rows for which a condition is true with all others.",
        title="A cohort of {dataset}",
        required=("dataset", "condition"),
    ),
    "import": Kind(
        about="Register a file as a version of a dataset.",
        title="Import into {dataset}",
        required=("path", "dataset"),
        optional=(
            *("source", "version", "key", "description", "owner", "licence", "metadata"),
            "tag",
            "temporary",  # the file goes when it is in
        ),
        local=True,
    ),
    "compaction": Kind(
        about="Merge the small files of the lake's tables.",
        title="Compaction",
        optional=("minimum",),
    ),
    "proof": Kind(
        about="Prove that the lake holds what it says it holds: structure, footers, or content.",
        title="Proof of the lake",
        optional=("level",),
    ),
}


def checked_parameters(kind: str, parameters: Mapping[str, Any]) -> str:
    """Return the parameters of a job as JSON has them. Raises JobError with all that is wrong.

    >>> checked_parameters("eda", {"dataset": "phq9@v3"})
    '{"dataset": "phq9@v3"}'
    >>> checked_parameters("eda", {"datset": "phq9@v3"})
    Traceback (most recent call last):
    ...
    core.errors.JobError: dataset is missing; datset is no parameter. eda takes dataset, target.
    """
    known = KINDS.get(kind)
    if known is None:
        message = f"There is no work called {kind!r}."
        raise JobError(message, hint=f"Ask for one of {', '.join(KINDS)}.", kind=kind)
    names = (*known.required, *known.optional)
    faults = [f"{name} is missing" for name in known.required if not parameters.get(name)]
    faults += [f"{name} is no parameter" for name in parameters if name not in names]
    text = ""
    try:
        text = json.dumps(dict(parameters), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        faults.append(f"the parameters are not what JSON can hold: {error}")
    if faults:
        hint = f"{kind} takes {', '.join(names)}."
        raise JobError(f"{'; '.join(faults)}.", hint=hint, kind=kind, faults=tuple(faults))
    return text


def title_of(kind: str, parameters: Mapping[str, Any]) -> str:
    """Say in a few words what a job does.

    >>> title_of("drift", {"reference": "phq9@v1", "current": "phq9@v2"})
    'Drift from phq9@v1 to phq9@v2'
    """
    return KINDS[kind].title.format_map({name: str(value) for name, value in parameters.items()})
