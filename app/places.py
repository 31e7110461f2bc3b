"""Where things are shown: the page of a run, a dataset, a model, a comment, and its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

Place = tuple[str, dict[str, str]]


def _of_label(page: str) -> Callable[[str, str], Place]:
    """Return how to find the page of a version such as phq9@v3."""

    def place(_id: str, label: str) -> Place:
        name, _, version = label.rpartition("@")
        return page, {"name": name, "version": version}

    return place


_PLACES: Final[dict[str, Callable[[str, str], Place]]] = {
    "run": lambda thing_id, _label: ("run", {"id": thing_id}),
    "experiment": lambda _id, label: ("runs", {"experiment": label}),
    "dataset": lambda _id, label: ("dataset", {"name": label}),
    "version": _of_label("dataset"),
    "dataset_version": _of_label("dataset"),
    "query": lambda thing_id, _label: ("sql", {"id": thing_id}),
    "model": lambda _id, label: ("model", {"name": label}),
    "model_version": _of_label("model"),
    "card": lambda _id, label: ("card", {"model": label}),
    "drift_report": lambda _id, label: (
        "drift",
        dict(zip(("reference", "current"), label.split(" to ", 1), strict=False)),
    ),
}


def place_of(kind: str, thing_id: str, label: str) -> Place:
    """Return the page that shows a thing, and the parameters of its address.

    >>> place_of("dataset_version", "0197", "phq9@v3")
    ('dataset', {'name': 'phq9', 'version': 'v3'})
    >>> place_of("drift_report", "0197", "phq9@v1 to phq9@v2")
    ('drift', {'reference': 'phq9@v1', 'current': 'phq9@v2'})
    """
    return _PLACES[kind](thing_id, label)


def place_of_comment(kind: str, thing_id: str, label: str) -> Place:
    """Return the page that shows the comments on a thing.

    >>> place_of_comment("run", "0197", "forest")
    ('run', {'id': '0197', 'tab': 'Comments'})
    """
    page, address = place_of(kind, thing_id, label)
    return page, {**address, "panel" if kind == "drift_report" else "tab": "Comments"}
