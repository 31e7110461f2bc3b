"""What is different between two cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from core.models.sentences import as_text, title_of
from core.models.statements import STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.models.card import ModelCard

Kind = Literal["added", "removed", "changed"]
_DIGITS: Final = 4  # one more than a reader of a card is shown
_RECORDED: Final = ("model_type", "task", "version", "features", "importance_method")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is different: what it is, and both texts; empty where it is not there."""

    part: str
    name: str
    before: str
    after: str

    @property
    def kind(self) -> Kind:
        """Whether it is new, gone, or another."""
        if not self.before:
            return "added"
        return "removed" if not self.after else "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDifference:
    """All changes from one card to another, in the order of a card."""

    before: str
    after: str
    changes: tuple[Change, ...]

    def parts(self) -> dict[str, int]:
        """Return how many changes each part has."""
        names = dict.fromkeys(change.part for change in self.changes)
        return {name: sum(change.part == name for change in self.changes) for name in names}


def compare_cards(before: ModelCard, after: ModelCard) -> CardDifference:
    """Return what is different, by the texts and numbers that a reader sees.

    >>> from datetime import UTC, datetime
    >>> from core.models.card import ModelCard
    >>> first = ModelCard(model_id="m", model_name="risk", model_type="skops", version="v1",
    ...     date=datetime(2026, 1, 1, tzinfo=UTC), intended_use="Triage")
    >>> compare_cards(first, first).changes
    ()
    """
    pairs = (
        *_pairs("Statement", _stated(before), _stated(after)),
        *_pairs("Model", _recorded(before), _recorded(after)),
        *_pairs("Data", _data(before), _data(after)),
        *_pairs("Parameter", _params(before), _params(after)),
        *_pairs("Figure", _figures(before), _figures(after)),
        *_pairs("Importance", _importance(before), _importance(after)),
        *_pairs("Drift", _drift(before), _drift(after)),
    )
    return CardDifference(before=before.digest, after=after.digest, changes=tuple(pairs))


def _pairs(part: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        first, last = before.get(name, ""), after.get(name, "")
        if first != last:
            yield Change(part=part, name=name, before=first, after=last)


def _stated(card: ModelCard) -> dict[str, str]:
    titles = {statement.key: statement.title for statement in STATEMENTS}
    return {titles[key]: as_text(said) for key, said in card.all_said().items()}


def _recorded(card: ModelCard) -> dict[str, str]:
    found = {name.replace("_", " "): as_text(getattr(card, name)) for name in _RECORDED}
    if card.artifact is not None:
        found |= {"file": card.artifact.digest, "format": card.artifact.format}
    if card.run is not None:
        found |= {"run": card.run.run_id, "code": card.run.git_commit or card.run.code_version}
    return found


def _data(card: ModelCard) -> dict[str, str]:
    return {
        data.name: f"{data.role}: {data.num_rows:,} rows, content {data.content_digest[:16]}"
        for data in card.datasets
    }


def _params(card: ModelCard) -> dict[str, str]:
    return dict(card.run.params) if card.run is not None else {}


def _figures(card: ModelCard) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in card.evaluations:
        for name, estimate in each.evaluation.metrics.items():
            found[f"{title_of(name)} in {each.name}"] = estimate.text(_DIGITS)
        report = each.evaluation.fairness
        for group in report.groups if report is not None else ():
            for name, estimate in group.metrics.items():
                label = f"{title_of(name)} of {group.attribute}: {group.group} in {each.name}"
                found[label] = estimate.text(_DIGITS)
    return found


def _importance(card: ModelCard) -> dict[str, str]:
    return {name: f"{value:.4f}" for name, value in card.feature_importance.items()}


def _drift(card: ModelCard) -> dict[str, str]:
    return {
        f"{one.reference} to {one.current}": ", ".join(one.drifted_columns) or "none"
        for one in card.drift
    }
