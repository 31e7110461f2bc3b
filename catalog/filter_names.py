"""What a filter or an order key can speak of: metrics, params, tags and attributes of a run.

    metrics.auc     metric."val auc"    best(metrics.auc); min, max and last likewise
    params.depth    param.`a.b`         parameters.model.depth, parameter.model.depth
    tags.team       tag."mlflow.user"
    status          run.status          attributes."Run ID", attribute.run_id, attr.Created
    dataset.name    datasets.digest     dataset.context: of the datasets a run read

The key is all that follows the first dot: that of `params.model.depth` is `model.depth`. Case
counts in keys, not in the words before the dot nor in the names of attributes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast, get_args

from catalog.errors import FilterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Aggregate = Literal["last", "min", "max", "best"]
Kind = Literal["metric", "param", "tag", "attribute"]


@dataclass(frozen=True, slots=True)
class Name:
    """What a filter or an order key speaks of; `aggregate` is of metrics only.

    >>> Name("metric", "auc", "best")
    Name(kind='metric', key='auc', aggregate='best')
    """

    kind: Kind
    key: str
    aggregate: Aggregate = "last"


@dataclass(frozen=True, slots=True)
class Operand:
    """A name as it stands at a position of the text."""

    name: Name
    position: int
    source: str


PREFIXES: Final[dict[str, Kind | Literal["dataset"]]] = {
    **dict.fromkeys(("metric", "metrics"), "metric"),
    **dict.fromkeys(("param", "params", "parameter", "parameters"), "param"),
    **dict.fromkeys(("tag", "tags"), "tag"),
    **dict.fromkeys(("attribute", "attributes", "attr", "run"), "attribute"),
    **dict.fromkeys(("dataset", "datasets"), "dataset"),
}

_EXAMPLES: Final = {
    "metric": "metrics.auc > 0.8",
    "param": "params.model = 'rf'",
    "tag": "tags.team = 'a'",
    "attribute": "run.status = 'FINISHED'",
    "dataset": "dataset.name = 'phq9'",
}

# What the column of an attribute holds: `text` is varchar, `texts` varchar[], `time` a naive UTC
# timestamp, `seconds` a double.
ATTRIBUTES: Final[dict[str, Literal["text", "texts", "time", "seconds"]]] = {
    "run_id": "text",
    "run_name": "text",
    "experiment_id": "text",
    "experiment_name": "text",
    "status": "text",
    "start_time": "time",
    "end_time": "time",
    "duration": "seconds",
    "actor": "text",
    "git_commit": "text",
    "code_version": "text",
    "parent_run_id": "text",
    "note": "text",
    "error": "text",
    "artifact_uri": "text",
    "dataset_name": "texts",
    "dataset_digest": "texts",
    "dataset_context": "texts",
}

_ALIASES: Final = {
    "created": "start_time",
    "experiment": "experiment_name",
    "name": "run_name",
    "parent": "parent_run_id",
    "user": "actor",
    "user_id": "actor",
}

_SAMPLES: Final = {"time": ("'2026-01-01'", "'2026-02-01'"), "seconds": ("'15m'", "'2h'")}

AGGREGATES: Final[tuple[str, ...]] = get_args(Aggregate)


def read_name(parts: Sequence[tuple[int, str]], text: str) -> Name:
    """Tell what the parts of a dotted name, each with its position in `text`, speak of.

    >>> read_name([(0, "Metrics"), (8, "val auc")], 'Metrics."val auc" > 0.8')
    Name(kind='metric', key='val auc', aggregate='last')
    >>> read_name([(0, "attributes"), (11, "Run ID")], 'attributes."Run ID" = "a"').key
    'run_id'
    """
    (start, first), *rest = parts
    if not rest:
        return _bare(first, start, text)
    prefix = PREFIXES.get(first.lower())
    if prefix is None:
        raise FilterError.at(
            start,
            text,
            f"{first!r} is not a kind of name",
            hint=_nearest(first, PREFIXES, "Names begin with", "metrics params tags attributes"),
            example="metrics.auc > 0.8",
        )
    position, key = rest[0][0], ".".join(part for _, part in rest)
    if not key:
        raise FilterError.at(position, text, f"the {prefix} has no name", example=_EXAMPLES[prefix])
    if prefix == "attribute":
        return _attribute(key, position, text)
    if prefix == "dataset":
        return _dataset(key, position, text)
    return Name(prefix, key)


def with_aggregate(name: Name, aggregate: str) -> Name:
    """Give the metric's name for one of its AGGREGATES."""
    return Name(name.kind, name.key, cast("Aggregate", aggregate))


def sample(operand: Operand, operator: str) -> str:
    """Write a comparison of this operand that is right, to be shown in an error.

    >>> sample(Operand(Name("attribute", "duration"), 0, "duration"), "between")
    "duration between '15m' and '2h'"
    """
    low, high = "'a'", "'b'"
    if operand.name.kind == "metric":
        low, high = "0.8", "0.9"
    elif operand.name.kind == "attribute":
        low, high = _SAMPLES.get(ATTRIBUTES[operand.name.key], (low, high))
    match operator:
        case "in" | "not in":
            return f"{operand.source} {operator} ({low}, {high})"
        case "between":
            return f"{operand.source} between {low} and {high}"
        case "like" | "ilike":
            return f"{operand.source} {operator} 'a%'"
    return f"{operand.source} {operator} {low}"


def close_names(word: str, known: Iterable[str]) -> list[str]:
    """Give up to three of the known names that resemble the word, the nearest first."""
    from difflib import get_close_matches  # 4 ms that only a wrong filter needs

    return get_close_matches(word.lower(), list(known), n=3)


def _bare(word: str, position: int, text: str) -> Name:
    if word.lower() in PREFIXES:
        raise FilterError.at(
            position,
            text,
            f"{word!r} says a kind of name, not which one",
            hint="Put a dot and the name after it.",
            example=_EXAMPLES[PREFIXES[word.lower()]],
        )
    return _attribute(word, position, text)


def _attribute(word: str, position: int, text: str) -> Name:
    key = "_".join(word.lower().split())
    key = _ALIASES.get(key, key)
    if key in ATTRIBUTES:
        return Name("attribute", key)
    prefixed = "Metrics, params and tags need their prefix."
    known = _nearest(key, (*ATTRIBUTES, *_ALIASES), "A run has", " ".join(ATTRIBUTES))
    raise FilterError.at(
        position,
        text,
        f"a run has no attribute {word!r}",
        hint=f"{known} {prefixed}",
        example="metrics.auc > 0.8 and params.model = 'rf' and status = 'FINISHED'",
    )


def _dataset(word: str, position: int, text: str) -> Name:
    key = f"dataset_{word.lower()}"
    if key in ATTRIBUTES:
        return Name("attribute", key)
    raise FilterError.at(
        position,
        text,
        f"a dataset has no {word!r}",
        hint="There are name, digest and context.",
        example="dataset.name = 'phq9'",
    )


def _nearest(word: str, known: Iterable[str], otherwise: str, all_known: str) -> str:
    if near := close_names(word, known):
        return f"Did you mean {' or '.join(near)}?"
    return f"{otherwise} {', '.join(all_known.split())}."
